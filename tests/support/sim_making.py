"""Making simulated towns: the template is filled once, every seed lives on a copy of it."""

import random
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import msgspec

from model_phone import Ask
from server.app import make_app
from server.settings import Settings
from sim_net import Gate, Server, Sim, chance_from, gated, store
from sim_town import BASE, GROUPS, HOUR, PHONES, Course, Template, Town
from storage import catalogue, clock, database, devices, month_key, people, secret, seed
from storage.migrate import migrate
from storage.viewer import Viewer


async def make_template(folder: Path) -> Template:
    path = folder / "simulated.db"
    secret.use(folder / "secret")
    secret.make()
    clock.move(lambda: BASE - HOUR)
    try:
        with chance_from(random.Random("template")):
            async with store(Gate()), database.opened(f"sqlite:///{path}"):
                catalogue.forget()
                await migrate()
                await seed.shipped()
                await seed.sample_ward()
                app = make_app(_settings(path), already_open=True)
                server = Server(app, Sim(0), Gate())
                enrolled = [await _enrol_new(server, n) for n in range(PHONES)]
                tree = (await catalogue.catalogue()).tree
                viewers = []
                for ward in ("11455", "11737"):
                    officer = await people.create(f"office-{ward}", "officer", [ward])
                    viewers.append(Viewer(officer.id, officer.login, officer.role, tuple(tree.below(ward))))
    finally:
        clock.move(clock.system)
    return Template(path, app, enrolled, viewers)


def _settings(path: Path) -> Settings:
    return Settings(
        database_url=f"sqlite:///{path}",
        media_url="file:///nowhere",
        data_dir=path.parent,
        base_url="http://127.0.0.1:8000",
        secret_file=path.parent / "secret",
        phone_dir=path.parent,
    )


async def _enrol_new(server: Server, n: int) -> dict[str, Any]:
    """Every fifth phone is the second one of an account."""
    login = f"writer-{n - 1 if n % 10 == 1 else n}"
    area = GROUPS[n // 2 % len(GROUPS)]
    account = await people.by_login(login) or await people.create(login, "reporter", [area])
    code = await devices.new_code(account.id)
    body = msgspec.json.encode({"code": code.typed, "platform": "android"})
    heard = await server.call(Ask("POST", "/v1/enrol", {"content-type": "application/json"}, body))
    return dict(heard.json())


@asynccontextmanager
async def town(number: int, template: Template, folder: Path, course: Course | None = None) -> AsyncIterator[Town]:
    """A town with its own copy of the database, its clock and chance from the seed."""
    path = folder / f"seed-{number}.db"
    shutil.copyfile(template.database, path)
    gate = Gate()
    with ExitStack() as stack:
        stack.enter_context(chance_from(random.Random(f"server {number}")))
        stack.enter_context(gated(gate))
        stack.enter_context(_clock_back())
        async with store(gate) as media, database.opened(f"sqlite:///{path}"):
            catalogue.forget()
            month_key.forget()
            one = Town(number, template, media, gate, course or Course())
            clock.move(one.clock)
            yield one
    _away(path)


def _away(path: Path) -> None:
    for ending in ("", "-wal", "-shm"):
        Path(f"{path}{ending}").unlink(missing_ok=True)


@contextmanager
def _clock_back() -> Iterator[None]:
    try:
        yield
    finally:
        clock.move(clock.system)
        catalogue.forget()
        month_key.forget()
