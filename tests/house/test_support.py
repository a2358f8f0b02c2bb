"""The services the tests stand on are the real ones."""

import asyncio
from pathlib import Path

import pytest
import urllib3
from minio import Minio
from minio.error import S3Error

from chromium import Browser
from postgres import Cluster
from s3 import KEY, Store
from worlds import World


def test_postgres_is_durable_and_fresh(postgres: Cluster) -> None:
    first, second = postgres.create_database(), postgres.create_database()
    postgres.sql("CREATE TABLE t (a text); INSERT INTO t VALUES ('một')", first)
    assert postgres.sql("SHOW fsync") == "on"
    assert postgres.sql("SELECT to_regclass('t') IS NULL", second) == "t"
    copy = postgres.create_database(template=first)
    assert postgres.sql("SELECT a FROM t", copy) == "một"


def test_s3_checks_signatures(s3: Store) -> None:
    bucket = s3.create_bucket()
    assert s3.client().bucket_exists(bucket_name=bucket)
    stranger = Minio(
        f"127.0.0.1:{s3.port}", access_key=KEY, secret_key="wrong", secure=False, region="us-east-1",
        http_client=urllib3.PoolManager(retries=urllib3.Retry(total=0)),
    )  # fmt: skip
    with pytest.raises(S3Error):
        stranger.make_bucket(bucket_name="not-mine")


def test_worlds_differ(world: World) -> None:
    assert world.database_url.startswith({"embedded": "sqlite:///", "production": "postgresql://"}[world.name])
    assert world.data_dir.is_dir()


def test_the_browser_forgets_nothing_when_killed(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<!doctype html><meta charset=utf-8><title>Sổ Tay</title>")
    with Browser(tmp_path / "profile", phone=True) as browser:
        browser.page.goto(page.as_uri())
        browser.page.evaluate(
            """() => new Promise((done, failed) => {
                const opening = indexedDB.open("so", 1)
                opening.onupgradeneeded = () => opening.result.createObjectStore("tay")
                opening.onsuccess = () => {
                    const writing = opening.result.transaction("tay", "readwrite", { durability: "strict" })
                    writing.objectStore("tay").put("đã ghi", 1)
                    writing.oncomplete = () => done(null)
                    writing.onerror = failed
                }
            })"""
        )
        browser.kill()
        reopened = browser.reopen()
        reopened.goto(page.as_uri())
        read = reopened.evaluate(
            """() => new Promise((done) => {
                const opening = indexedDB.open("so", 1)
                opening.onsuccess = () => {
                    const reading = opening.result.transaction("tay").objectStore("tay").get(1)
                    reading.onsuccess = () => done(reading.result)
                }
            })"""
        )
    assert read == "đã ghi"


async def test_async_tests_run_after_a_browser() -> None:
    await asyncio.sleep(0)
