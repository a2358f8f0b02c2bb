"""What the sample office has already done with older notes: grouped, confirmed, routed, answered some. Newer notes wait."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta

from storage import answers, clock, issue_course, issues, notes, people, text_templates
from storage.catalogue import catalogue
from storage.changes import Writing, writing
from storage.database import reading
from storage.viewer import Clash, Missing, Refused, Viewer
from sync.lanes import Topic

FRESH_DAYS = 6  # notes of the last days still wait at the desk
SMALLEST = 3
TEMPLATES = (
    ("Đã ghi nhận, sẽ trả lời", "Phường đã ghi nhận và giao đơn vị kiểm tra; trả lời trước ngày …"),
    ("Đã xử lý xong", "Đơn vị … đã xử lý xong ngày … Bà con thấy còn vướng thì báo lại tổ dân phố."),
    ("Chưa làm ngay được", "Việc này cần … nên chưa làm ngay được; dự kiến làm trong quý … Phường sẽ báo khi có lịch."),
)


async def work_off(ward: str, today: date, truths: Mapping[str, int]) -> None:
    """Groups the older notes by what they speak of (`truths`: note id → true issue) and works on the larger groups."""
    reader, officer = await viewer("tonghop", ward), await viewer("canbo", ward)
    world = await catalogue()
    async with writing() as w:
        for title, text in TEMPLATES:
            await text_templates.save(w, officer, ward, title, text)
    before = today - timedelta(days=FRESH_DAYS)
    groups: dict[tuple[int, str], list[str]] = defaultdict(list)
    async with reading() as conn:
        held = await notes.known(conn, list(truths), hold=False)
        fresh = {row["id"] for row in await conn.fetch("SELECT id FROM notes WHERE received_at > $1", _noon(before))}
    for id, note in held.items():
        if note.status == "received" and id not in fresh:
            groups[truths[id], note.content.topic].append(id)
    large = sorted((ids for ids in groups.values() if len(ids) >= SMALLEST), key=lambda ids: (-len(ids), ids))
    for place, ids in enumerate(large):
        topic = world.topics[held[ids[0]].content.topic]
        await _work_on(ids, topic, reader, officer, place, today)


async def viewer(login: str, ward: str) -> Viewer:
    account = await people.by_login(login)
    assert account is not None
    return Viewer(account.id, login, account.role, tuple((await catalogue()).tree.below(ward)))


def _noon(day: date) -> int:
    return int((day - date(1970, 1, 1)).days * clock.DAY_MS + clock.DAY_MS * 5 // 24)


async def _work_on(ids: list[str], topic: Topic, reader: Viewer, officer: Viewer, place: int, today: date) -> None:
    async with writing() as w:
        rows = await w.conn.fetch(f"SELECT id, rev FROM notes WHERE {w.conn.among('id', 1)}", ids)
        revs = {str(row["id"]): int(row["rev"]) for row in rows}
        number = await issues.open_new(w, reader, revs, topic.vi)
    if place % 5 == 4:
        return  # grouped today, its summary not confirmed yet
    summary = f"Nhiều người trong khu vực nêu: {topic.vi.lower()}. (Tóm tắt mẫu của văn phòng.)"
    async with writing() as w:
        await issues.confirm(w, reader, number, await _rev(w, number), topic.vi, summary)
    if place % 3 == 0:
        await _answer(number, topic, officer, today)
    elif place % 3 == 1:
        await _route(number, reader, today + timedelta(days=7 - 3 * (place % 5)))


async def _rev(w: Writing, number: int) -> int:
    return int((await w.conn.fetch("SELECT rev FROM issues WHERE number = $1", number))[0]["rev"])


async def _answer(number: int, topic: Topic, officer: Viewer, today: date) -> None:
    async with writing() as w:
        row = (await w.conn.fetch("SELECT area, kind FROM issues WHERE number = $1", number))[0]
        draft = answers.Draft(
            title=f"Trả lời: {topic.vi}",
            text="Phường đã cử người kiểm tra và đang xử lý; kết quả báo lại trong kỳ họp tổ dân phố tới. (Câu trả lời mẫu.)",
            status="checking" if row["kind"] == "rumour" else "answered",
            area=row["area"],
            source="UBND phường (mẫu)",
            valid_to=(today + timedelta(days=60)).isoformat(),
        )
        try:
            await answers.publish(w, officer, number, await _rev(w, number), draft)
        except (Refused, Missing, Clash):
            return  # below the threshold an opinion issue is hidden from the officer, as it should be


async def _route(number: int, reader: Viewer, due: date) -> None:
    unit = await people.by_login("donvi")
    assert unit is not None
    async with writing() as w:
        try:
            await issue_course.route(w, reader, number, await _rev(w, number), unit.id, due.isoformat())
        except Refused:
            return
