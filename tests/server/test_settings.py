"""Settings that are numbers: what stands in them is used, and what cannot be meant is refused with the way to write it."""

import pytest

from postgres import Cluster
from server.settings import settings
from storage import database
from storage.conn import BadSetting
from storage.engine_postgres import SafePostgresEngine


async def test_the_pool_is_as_large_as_said(monkeypatch: pytest.MonkeyPatch, postgres: Cluster) -> None:
    assert settings().database_pool == database.POOL
    monkeypatch.setenv("SOTAY_DATABASE_POOL", "3")
    async with database.opened(postgres.url(postgres.create_database()), settings().database_pool) as engine:
        assert isinstance(engine, SafePostgresEngine) and engine.pool is not None
        assert engine.pool.get_max_size() == 3


@pytest.mark.parametrize(
    ("name", "wrong"),
    [("SOTAY_DATABASE_POOL", one) for one in ("0", "1", "101", "8.5", "tám", "-3")]
    + [("SOTAY_QUOTA", one) for one in ("120", "0/5000", "a/b", "120/5000/1")],
)
def test_what_cannot_be_meant_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, wrong: str) -> None:
    monkeypatch.setenv(name, wrong)
    with pytest.raises(BadSetting, match=name):
        settings()
