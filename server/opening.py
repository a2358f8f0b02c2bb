"""Opens what a process needs – database and object store – and closes it again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from server.settings import Settings
from storage import bucket, database, quota, secret, space
from storage.bucket import Media
from storage.conn import BadSetting


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[None]:
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise BadSetting(
            f"SOTAY_DATA_DIR={settings.data_dir}: {error.strerror}; name a folder this user may write to"
        ) from error
    space.watch([settings.data_dir, Path(settings.media_url.removeprefix("file://"))])
    quota.use(settings.quota)
    secret.use(settings.secret_file)
    media = Media(bucket.make_bucket(settings.media_url))
    bucket.use(media)
    async with database.opened(settings.database_url, settings.database_pool):
        yield
    media.close()
