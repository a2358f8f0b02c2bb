"""P13: four processes as two hosts on one PostgreSQL and S3, no request bound to a host; one host after the other loses
its power while phones push and send photos in parts. CI: one power cut; `--full`: 20 (each host comes back)."""

import asyncio
import time
from functools import partial

import httpx
import pytest

from cast import LAN, TUAN
from panel import Official
from processes import wait_until
from pushing_phones import AREAS, Crowd, check_all_there_once, tokens
from storage import bucket, database, devices, people
from storage.bucket import Media, media
from storage.database import reading
from storage.samples.pictures import sample_photo
from town import FieldPhone, note, opened
from two_hosts import PUBLIC, Balancer, PhotoPhone, photo_phone, roaming, two_hosts
from worlds import World

PHOTO = sample_photo(13, "broken_lamp")


async def wander(world: World, urls: list[str]) -> None:
    """A phone and an official for whom every request goes to the other host."""
    async with opened(world):
        account = await people.by_login(LAN.login)
        assert account is not None
        code = await devices.new_code(account.id)
    async with httpx.AsyncClient(transport=Balancer(urls), base_url=PUBLIC, timeout=30) as http:
        enrolled = await http.post("/v1/enrol", json={"code": code.typed, "platform": "android"})
        lan = FieldPhone(http, enrolled.raise_for_status().json())
        for _ in range(3):
            sent = note()
            assert "push" not in await lan.batch({"notes": [sent]})
            await lan.batch(pull=["notes"])
            assert lan.documents["notes"][sent["id"]]["text"] == sent["text"]
        tuan = Official(http, TUAN)
        assert (await tuan.sign_in()).status == 200
        for path in ("/panel/", "/panel/desk", "/panel/issues"):
            page = await tuan.see(path)
            assert page.status == 200 and page.path == path
        await tuan.send(page, "/panel/sign-out")
        assert (await tuan.see("/panel/desk")).path.startswith("/panel/sign-in")


async def keys_and_photos(world: World, rows: list[str]) -> tuple[list[str], int, dict[str, str]]:
    """Keys of months, most tags of one author, photos by state."""
    bucket.use(Media(bucket.make_bucket(world.media_url)))
    async with database.opened(world.database_url), reading() as conn:
        tags = await conn.fetch("SELECT author, COUNT(DISTINCT tag) AS n, COUNT(*) - COUNT(tag) AS without FROM notes"
                                " WHERE author IS NOT NULL GROUP BY author")  # fmt: skip
        states = await conn.fetch(f"SELECT id, state FROM photos WHERE {conn.among('id', 1)}", rows)
    assert sum(row["without"] for row in tags) == 0, "notes without a tag: the key was not found"
    return await media().keys("window/"), max(row["n"] for row in tags), {row["id"]: row["state"] for row in states}


def all_stored(world: World, photos: PhotoPhone) -> bool:
    ids = [row["id"] for row in photos.rows]
    return set(asyncio.run(keys_and_photos(world, ids))[2].values()) == {"stored"}


def lose_hosts(world: World, cuts: int) -> None:
    phones = tokens(world, 4)
    with two_hosts(world) as hosts:
        asyncio.run(wander(world, [host.url for host in hosts]))
        crowd = Crowd(hosts[0].url, phones)
        for n, phone in enumerate(crowd.phones):
            phone.wire = roaming(hosts, phone.wire.token, n)
        camera = photo_phone(hosts, phones[0][0], AREAS[LAN], PHOTO)
        alone: list[float] = []
        with crowd:
            camera.start()
            for n in range(cuts):
                wait_until(partial(crowd.has, len(crowd.acknowledged) + 40), 30, "pushes on both hosts")
                lost = hosts[(n + 1) % 2]
                lost.lose_power()
                began, before = time.monotonic(), crowd.statuses[0]
                wait_until(partial(crowd.has, len(crowd.acknowledged) + 40), 30, "pushes on the host that is left")
                alone.append(time.monotonic() - began)
                wait_until(lambda before=before: crowd.statuses[0] > before + 3, 30, "requests that met the cut")
                if n + 1 < cuts:
                    lost.come_back()
            camera.stopping.set()
            camera.join(60)
        crowd.settle()
        assert not camera.is_alive() and camera.shrunk == [] and len(camera.rows) >= cuts
        assert set(crowd.statuses) <= {0, 200} and not crowd.lies(), crowd.statuses
        wait_until(partial(all_stored, world, camera), 90, "every photo rebuilt", pause=0.3)
    keys, tags, _ = asyncio.run(keys_and_photos(world, [row["id"] for row in camera.rows]))
    assert len(keys) == 1 and tags == 1, "one key of the month for all processes"
    check_all_there_once(world, crowd)
    print(f"P13: {cuts} hosts lost, {len(crowd.acknowledged)} notes and {len(camera.rows)} photos acknowledged, 0 lost; "
          f"{crowd.statuses[0]} requests without an answer; 40 more notes within {max(alone):.1f} s of a cut")  # fmt: skip


@pytest.mark.parametrize("kind", ["production"], indirect=True)
@pytest.mark.timeout(150)
def test_no_request_is_bound_to_a_host_and_a_lost_host_loses_nothing(settled: World) -> None:
    lose_hosts(settled, 1)


@pytest.mark.full
@pytest.mark.parametrize("kind", ["production"], indirect=True)
@pytest.mark.timeout(1800)
def test_twenty_lost_hosts(settled: World) -> None:
    lose_hosts(settled, 20)
