"""`sotay backup`, `sotay restore`, `sotay check-backup`, `sotay backup-key`: one command each."""

import asyncio
import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import click

from server.cli import say
from server.opening import opened
from server.settings import settings
from storage import alive, backup, backup_file, clock, database, restore, schema
from storage.backup_file import BadBackup, BadKey
from storage.failures import failure
from storage.migrate import migrate
from storage.objects import StoreAway
from storage.secret import WrongSecret
from storage.seed import shipped
from sync.words import word

T = TypeVar("T")


def run(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Runs `work`; what an operator can mend ends with status 2 and a sentence in both languages."""
    try:
        return asyncio.run(work())
    except BadBackup as bad:
        say.stop(f"cli.restore.{bad.why}", detail=bad.detail)
    except BadKey:
        say.stop("cli.backup.bad_key")
    except restore.NotEmpty:
        say.stop("cli.restore.not_empty")
    except StoreAway as away:
        if failure(away) == "full":
            raise
        say.stop("cli.backup.store_away")


@click.command("backup-key")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup_key(file: Path) -> None:
    """Tạo cặp khoá sao lưu / Make the key pair of backups: FILE gets the private half (keep it
    offline), the public half is printed."""
    public, private = backup_file.make_key()
    try:
        say.write_private(file, f"# Sổ Tay, {clock.local_day(clock.now()):%d/%m/%Y}; public: {public}\n{private}\n")
    except FileExistsError:
        say.stop("cli.backup.key_exists", path=file)
    say.both("cli.backup.key_made", err=True, path=file)
    click.echo(f"SOTAY_BACKUP_KEY={public}")


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup_command(file: Path) -> None:
    """Sao lưu / Write a sealed backup of database and photos to FILE while the server goes on (name it *.sotay: those
    older than 30 days beside it are removed)."""
    public = settings().backup_key
    if not public:
        say.stop("cli.backup.no_key")
    path = file.absolute()

    async def work() -> backup.Report:
        async with opened(settings()):
            return await backup.back_up(path, public)

    made = run(work)
    size = f"{made.size / 1e6:.1f}"
    for language in ("vi", "en"):
        shown = size.replace(".", ",") if language == "vi" else size
        values = {"rows": made.rows, "objects": made.objects, "size": shown, "removed": made.removed, "path": file}
        click.echo(word(language, "cli.backup.done", **values))


def key_option(command: Callable[..., None]) -> Callable[..., None]:
    kind = click.Path(path_type=Path, exists=True, dir_okay=False)
    return click.option("--key", "key_file", required=True, type=kind, help="file with the private half")(command)


def private_half(key_file: Path) -> Any:
    """Raises BadKey for what holds none, OSError."""
    try:
        return backup_file.identity(key_file.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise BadKey(str(key_file)) from error


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@key_option
@click.option("--replace", is_flag=True, help="put it in place of what is in the database now")
@click.option("--new-secret", is_flag=True, help="no copy of the secret file is left: go on with another one")
def restore_command(file: Path, key_file: Path, replace: bool, new_secret: bool) -> None:
    """Phục hồi từ bản sao lưu / Restore a backup. Stop server and worker first, put the secret file in place. What was
    erased since it was made is erased again."""

    async def work() -> restore.Restored:
        key = private_half(key_file)
        async with opened(settings(), unready=True), alive.alone():
            await schema.missing()
            try:
                done = await restore.restore(file, key, replace=replace, new_secret=new_secret)
                await shipped()  # what came with the versions since
                return done
            except WrongSecret as wrong:
                say.stop(f"cli.restore.secret_{wrong.why}", path=wrong.file)

    done = run(work)
    day = clock.local_day(done.at)
    say.both("cli.restore.done", day=f"{day:%d/%m/%Y}", rows=done.rows, objects=done.objects)
    if done.factors:
        say.both("cli.secret_anew", path=settings().secret_file, n=done.factors)
    say.both("cli.restore.listed" if done.listed else "cli.restore.unlisted", texts=done.texts, authors=done.authors)


@click.command("check-backup")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@key_option
def check_backup(file: Path, key_file: Path) -> None:
    """Thử bản sao lưu / Prove a backup: read it whole, put its rows into a database of its own and compare every
    table. Changes nothing."""

    async def work() -> tuple[str, int]:
        key = private_half(key_file)
        with tempfile.TemporaryDirectory(prefix="sotay-check-") as folder:
            async with database.opened(f"sqlite:///{folder}/check.db"):
                await migrate()
                header, rows = await restore.rehearse(file, key)
        return f"{clock.local_day(header.at):%d/%m/%Y}", rows

    day, rows = run(work)
    say.both("cli.check_backup.good", day=day, rows=rows, path=file)


COMMANDS = (backup_key, backup_command, restore_command, check_backup)
