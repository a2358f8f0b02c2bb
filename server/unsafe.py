"""What a server in production refuses to start with. Each has one sentence in both languages, with the remedy."""

from urllib.parse import unquote, urlsplit

from server.settings import Settings, address, is_loopback
from storage import leap
from storage.database import reading
from storage.erase import RESTORING
from storage.secret import problem as secret_problem

# What stores and guides ship with; anybody tries these.
DEFAULT_KEYS = frozenset(
    ["", "minio", "minioadmin", "minio123", "admin", "root", "password", "changeme", "secret", "test", "sotay", "any"]
)


class Unsafe(Exception):
    """Not with this setting. `name` is the last part of a key `cli.unsafe.*`."""

    def __init__(self, name: str, **values: object) -> None:
        super().__init__(name)
        self.name = name
        self.values = values


def refuse_processes(chosen: Settings, processes: int) -> None:
    """Raises Unsafe for several server processes on SQLite, in production or not."""
    if chosen.database_url.startswith("sqlite") and processes > 1:
        raise Unsafe("sqlite_processes")


def refuse_settings(chosen: Settings) -> None:
    """Raises Unsafe for what the settings alone show, BadSetting for an address of the figures that is none."""
    address(chosen.metrics)
    if not chosen.production:
        return
    if not chosen.base_url.startswith("https://"):
        raise Unsafe("base_url", url=chosen.base_url)
    # one that is missing is the database's to say (`opened`): it knows if it ever had one
    if (wrong := secret_problem(chosen.secret_file)) and wrong != "missing":
        raise Unsafe(f"secret_{wrong}", path=chosen.secret_file)
    _refuse_store(chosen)
    database = urlsplit(chosen.database_url)
    if database.scheme != "sqlite" and not is_loopback(database.hostname or "localhost") and not database.password:
        raise Unsafe("database_password")


def _refuse_store(chosen: Settings) -> None:
    store = urlsplit(chosen.media_url)
    if not store.scheme.startswith("s3+"):
        return
    key, secret = unquote(store.username or ""), unquote(store.password or "")
    if key.lower() in DEFAULT_KEYS or secret.lower() in DEFAULT_KEYS or key == secret:
        raise Unsafe("media_keys")
    host = store.hostname or ""
    inside = {one.partition(":")[0] for one in chosen.inside_hosts}
    if store.scheme == "s3+http" and not is_loopback(host) and host not in inside:
        raise Unsafe("media_plain", host=host)


async def refuse_contents(chosen: Settings) -> None:
    """Raises Unsafe for what the open database shows: sample data, a restore that was cut off, a
    clock that does not go on from where it was last here."""
    if not chosen.production:
        return
    async with reading() as conn:
        if await conn.fetch("SELECT value FROM meta WHERE key = $1", RESTORING):
            raise Unsafe("restoring")
        sample = "SELECT login FROM accounts WHERE sample UNION SELECT code FROM areas WHERE sample LIMIT 1"
        if await conn.fetch(sample):
            raise Unsafe("sample")
    try:
        await leap.look()
    except leap.Leapt as leapt:
        raise Unsafe("clock", last=f"{leapt.last:%d/%m/%Y}", today=f"{leapt.today:%d/%m/%Y}") from leapt
