"""Coverage and answering: who hears, who answers. Words and bands, days and not times, nobody ranked."""

from datetime import timedelta
from typing import Any

import pytest

from cast import BINH, HOA, LAN, MAI, MINH, SON, TUAN, YEN
from panel import grouped, opinions, signed_in
from storage import answering, clock, totals
from storage.changes import writing
from storage.database import reading
from storage.tables_office import Issue, IssueMonth
from storage.viewer import Viewer
from sync import windows
from town import Town, note

DAY = clock.local_day(clock.now())


async def test_silent_groups_are_told_from_groups_without_a_reporter(town: Town) -> None:
    lan = await town.enrol(LAN)
    await lan.push("notes", note())
    await totals.fold()
    async with signed_in(town, MAI) as mai:
        page = await mai.see("/panel/coverage?area=11455-K1")
        rows = {name: row for row in page.html.split("<tr>") for name in (1, 2, 3) if f"mẫu {name}</a>" in row}
        assert "có tin" in rows[1] and "im lặng" in rows[2] and "chưa có cộng tác viên" in rows[3]
        assert "chưa có dữ liệu" in rows[3] and "im lặng" not in rows[3], "nobody there is not silence"
        assert "ít cộng tác viên" in rows[1], "two reporters in the cluster: opinions can never show"
        assert LAN.login not in page.text and "Điện thoại" not in page.text
        overview = await mai.see("/panel/?area=11455-K1")
        assert "Chưa có cộng tác viên: Tổ dân phố mẫu 3, Tổ dân phố mẫu 4." in overview.text
        assert overview.html.count('class="unknown"') == 2
    for person in (SON, YEN):
        async with signed_in(town, person) as other:
            assert (await other.see("/panel/coverage")).status == 403


async def test_administrators_see_phones_that_stopped_by_day_and_notes_that_never_came(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    lan, minh, hoa = [await town.enrol(person) for person in (LAN, MINH, HOA)]
    lan.seq = 3  # three notes were written before and never came
    await lan.batch({"notes": [note(), note()]})
    lan.seq += 2
    await lan.batch({"notes": [note()]})
    await minh.batch({"notes": [note(area="11455-T02")]})
    async with signed_in(town, BINH) as binh:
        assert "Không thiếu số thứ tự nào" in (await binh.see("/panel/coverage")).text, "today they may be on their way"
        later = clock.now() + 4 * clock.DAY_MS
        monkeypatch.setattr(clock, "_source", lambda: later)
    async with signed_in(town, BINH) as binh:
        await hoa.batch()
        page = await binh.see("/panel/coverage?days=3")
        quiet, missing = page.html.split("<h2>")[1:3]
        assert LAN.login in quiet and MINH.login in quiet and HOA.login not in quiet and "4 ngày trước" in quiet
        assert LAN.login in missing and ">5</td>" in missing and MINH.login not in missing
        assert "<td" not in (await binh.see("/panel/coverage?days=7")).html.split("<h2>")[1]
        assert (await binh.see("/panel/coverage?days=5")).status == 404
        assert (await binh.see("/panel/coverage?area=11737")).status == 404


async def issues_of(town: Town, *rows: dict[str, Any]) -> None:
    """Issues as they lie in the store, made `ago` days ago and answered after `took` days."""
    async with reading() as conn:
        unit = (await conn.fetch("SELECT id FROM accounts WHERE login = 'son'"))[0]["id"]
    async with writing() as w:
        for row in rows:
            made = w.now - row["ago"] * clock.DAY_MS
            facts = {
                "ward": "11455",
                "lane": row.get("lane", "place"),
                "kind": "question",
                "topic": "10.1",
                "area": "11455-K1",
                "title": "Ngập",
                "status": "answered" if "took" in row else "routed",
                "unit": unit if row.get("unit", True) else None,
                "due_day": (DAY - timedelta(days=1)).isoformat() if row.get("late") else None,
                "created_at": made,
                "confirmed_at": made,
                "answered_at": made + int(row["took"] * clock.DAY_MS) if "took" in row else None,
            }
            number = (await w.conn.insert(Issue, [facts], returning="number"))[0]["number"]
            await w.conn.insert(
                IssueMonth,
                [{"issue": number, "month": windows.month_of(DAY), "notes": row.get("notes", 6), "reporters": 3}],
            )
            if row.get("still"):
                await w.conn.fetch(
                    "INSERT INTO mark_counts (mark, subject, area, month, n) VALUES ('still_so', $1, '', $2, $3)",
                    str(number),
                    windows.month_of(DAY),
                    row["still"],
                )


async def measured(viewer: Viewer) -> dict[str, answering.Measure]:
    now = clock.now()
    async with reading() as conn:
        found = await answering.measures(conn, viewer, viewer.codes, now - 80 * clock.DAY_MS, now + 1, now)
    return {one.unit: one for one in found}


async def test_shares_and_medians_stand_from_ten_up(town: Town) -> None:
    mai, son = Viewer("m", "mai", "officer", ("11455-K1",)), Viewer("x", "son", "unit", ("11455-K1",))
    assert await measured(mai) == {}
    await issues_of(town, *({"ago": 20, "took": n + 0.5, "still": 5 if n < 3 else 4} for n in range(9)))
    few = (await measured(mai))["son"]
    assert (few.issues, few.answered_share, few.waiting_days, few.repeats_share) == (9, None, None, None)
    await issues_of(town, {"ago": 20, "took": 9.5}, {"ago": 20, "late": True}, {"ago": 200, "took": 1})
    await issues_of(
        town, {"ago": 20, "unit": False}, {"ago": 2, "lane": "opinion", "notes": 4}, {"ago": 2, "lane": "opinion"}
    )
    found = await measured(mai)
    assert set(found) == {"", "son", "*"}, "the hidden opinion issue counts for nobody"
    assert found["son"] == answering.Measure(
        unit="son", issues=12, overdue=1, answered_share=85, waiting_days=5, repeats_share=30, refused=0
    )
    assert (found["*"].issues, found["*"].waiting_days, found[""].issues) == (13, 5, 1)
    assert await measured(son) == {}, "a unit is measured by its own issues"
    async with signed_in(town, MAI) as official:
        page = await official.see("/panel/answering")
        assert "đã trả lời 75 % vấn đề; 1 việc đang quá hạn" in page.text and "dưới 10" in page.text
        assert (await official.see(f"/panel/answering?period={windows.week_of(DAY)}")).status == 404
    async with signed_in(town, SON) as unit:
        assert "chưa giao đơn vị" not in (await unit.see("/panel/answering")).text


async def test_a_hidden_issue_moves_no_measure(town: Town) -> None:
    async with signed_in(town, TUAN) as tuan, signed_in(town, MAI) as mai:
        pages = [(await mai.see(f"/panel/{room}")).html for room in ("answering", "coverage")]
        await grouped(tuan, await opinions(town, 2, 1))
        assert [(await mai.see(f"/panel/{room}")).html for room in ("answering", "coverage")] == pages
