"""Opens what a process needs – database and object store – and closes it again.

Nothing is written to a database of another version, or with another secret than the one it is used with: one that another
program or another key writes to is not whole any more, and no later command mends it.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from server.settings import Settings
from storage import bucket, database, quota, schema, sealing, secret, space
from storage.bucket import Media
from storage.conn import BadSetting


def data_folder(settings: Settings) -> None:
    """Makes the data folder. Raises BadSetting."""
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise BadSetting(
            f"SOTAY_DATA_DIR={settings.data_dir}: {error.strerror}; name a folder this user may write to"
        ) from error


@asynccontextmanager
async def opened(settings: Settings, *, unready: bool = False) -> AsyncIterator[None]:
    """Raises NewerDatabase, OlderDatabase, WrongSecret; `unready`: what makes the database ready looks for itself."""
    data_folder(settings)
    space.watch([settings.data_dir, Path(settings.media_url.removeprefix("file://"))])
    quota.use(settings.quota)
    secret.use(settings.secret_file)
    media = Media(bucket.make_bucket(settings.media_url))
    bucket.use(media)
    async with database.opened(settings.database_url, settings.database_pool):
        if not unready:
            await schema.look()
            await sealing.look()
        yield
    media.close()
