"""Many accounts from one table: each fault by row, all or nothing, no place for a person; and tables that bite."""

import asyncio
import io
import zipfile
from datetime import datetime

import openpyxl
import pytest

from admin import sheets
from admin.account_import import COLUMNS, REQUIRED
from admin.sheets import Unreadable
from areas_changed import today
from cast import BINH
from panel import Official, PanelPage, signed_in
from storage import people
from storage.database import reading
from town import Town

AT = "/panel/accounts/import"
HEAD = ("Tên đăng nhập", "Vai trò", "Loại", "Khu vực", "Từ ngày", "Đến ngày")


def workbook(*rows: tuple[object, ...]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)  # type: ignore[union-attr]
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


async def upload(official: Official, data: bytes, label: str = "bang.xlsx") -> PanelPage:
    token = dict((await official.see(AT)).form(AT).fields)["csrf"]
    return PanelPage(await official.http.post(AT, data={"csrf": token}, files={"file": (label, data)}))


async def logins() -> set[str]:
    async with reading() as conn:
        return {row["login"] for row in await conn.fetch("SELECT login FROM accounts")}


async def test_every_fault_is_named_and_nothing_is_made(town: Town) -> None:
    before = await logins()
    rows = [
        ("ctv-t1", "cộng tác", "", "11455-T01", "", ""),
        ("lan", "người ghi", "", "11455-T01", "", ""),
        ("ctv-t2", "người ghi", "cộng tác viên", "Tổ dân phố mẫu 2", "", ""),
        ("ctv-t2", "người ghi", "lạ", "Tổ dân phố 99", "31/02/2026", "x"),
        ("Nguyễn Văn A", "đơn vị", "", "11737-T01", "01/01/2020", ""),
    ]
    async with signed_in(town, BINH) as binh:
        page = await upload(binh, workbook(HEAD, *rows))
        assert page.status == 200 and "4 trong 5 dòng có lỗi" in page.text
        for said in (
            "vai trò “cộng tác”",
            "Đã có tài khoản lan",
            "ctv-t2 đã có ở dòng 4",
            "loại “lạ”",
            "khu vực “Tổ dân phố 99”",
            "“31/02/2026” không phải ngày",
            "“Nguyễn Văn A”",
            "khu vực “11737-T01”",
            "Ngày 01/01/2020 đã qua",
        ):
            assert said in page.text, said
        assert not any("apply" in dict(form.fields).get("do", "") for form in page.forms)
        # sent all the same, as somebody might: judged once more
        token = dict(page.form(AT).fields)["csrf"]
        text = "login,role,area\nctv-t2,reporter,11455-T02\nlan,reporter,11455-T01\n"
        again = await binh.http.post(AT, data={"csrf": token, "do": "apply", "rows": text})
        assert again.status_code == 200 and "1 trong 2 dòng" in again.text
    assert await logins() == before


async def test_two_who_take_the_same_table_make_it_once(town: Town) -> None:
    async with signed_in(town, BINH) as one, signed_in(town, BINH) as other:
        rows = [("ctv-t2", "người ghi", "", "11455-T02", "", ""), ("doc-2", "người đọc", "", "11455", "", "")]
        pages = [await upload(each, workbook(HEAD, *rows)) for each in (one, other)]
        done = await asyncio.gather(one.send(pages[0], AT, do="apply"), other.send(pages[1], AT, do="apply"))
    secrets = [page.html.count('<code class="secret">') for page in done]
    assert sorted(secrets) == [0, 1], "one of them is given the password"
    late = done[secrets.index(0)]
    assert late.status == 200 and "Đã có tài khoản doc-2" in late.text
    async with reading() as conn:
        made = await conn.fetch(
            "SELECT subject FROM audit WHERE action = 'account.made' AND subject IN ('ctv-t2', 'doc-2')"
        )
    assert sorted(row["subject"] for row in made) == ["ctv-t2", "doc-2"]


async def test_all_of_them_are_made(town: Town) -> None:
    rows = [
        ("ctv-t2", "người ghi", "tuyên truyền viên", "Tổ dân phố mẫu 2; 11455-T03", datetime(2099, 1, 5), "31/12/2099"),
        ("doc-2", "Reader", None, 11455, None, None),
    ]
    async with signed_in(town, BINH) as binh:
        page = await upload(binh, workbook(HEAD, *rows))
        assert "2 dòng đều dùng được" in page.text and not {"ctv-t2", "doc-2"} & await logins()
        done = await binh.send(page, AT, do="apply")
        assert done.html.count('<code class="secret">') == 1, "one password, for the official"
    account = await people.by_login("ctv-t2")
    assert account is not None and (account.role, account.kind) == ("reporter", "propagandist")
    async with reading() as conn:
        held = await people.held_areas(conn, account.id)
        made = await conn.fetch("SELECT subject FROM audit WHERE action = 'account.made' ORDER BY n DESC LIMIT 2")
    assert [(one.area, one.valid_from, one.valid_to) for one in held] == [
        ("11455-T02", "2099-01-05", "2099-12-31"),
        ("11455-T03", "2099-01-05", "2099-12-31"),
    ]
    assert {row["subject"] for row in made} == {"ctv-t2", "doc-2"}
    assert today().isoformat() < "2099"


async def test_a_column_for_persons_is_refused_with_its_name(town: Town) -> None:
    async with signed_in(town, BINH) as binh:
        for column in ("Họ và tên", "Số điện thoại", "Ngày sinh", "Email"):
            page = await upload(binh, f"login,role,area,{column}\na,reader,11455,x\n".encode(), "a.csv")
            assert page.status == 422 and f"“{column}”" in page.text


def read(data: bytes, label: str = "a.csv") -> list[dict[str, str]]:
    return [line.cells for line in sheets.read(data, label, COLUMNS, REQUIRED)]


def test_tables_are_read_however_they_were_saved() -> None:
    wanted = [{"login": "a", "role": "reader", "area": "11455"}]
    for text in ("login,role,area\na,reader,11455\n", "\ufefflogin;role;area\r\na;reader;11455\r\n;;\r\n",
                 "Login\tVAI TRÒ\tkhu vuc\na\treader\t11455"):  # fmt: skip
        assert read(text.encode()) == wanted
    assert read(workbook(("login", "role", "area"), ("a", "reader", 11455.0)), "a.xlsx") == wanted


def member(name: str, content: bytes) -> bytes:
    """A workbook with one part replaced."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook(HEAD, ("a",)))) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for one in old.namelist():
            new.writestr(one, content if one == name else old.read(one))
    return out.getvalue()


LAUGHS = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><worksheet>&b;</worksheet>'


@pytest.mark.parametrize(
    ("data", "label", "reason"),
    [
        (b"", "a.csv", "empty"),
        (b"login,role,area\n", "a.csv", "empty"),
        (b"login,role\na,b\n", "a.csv", "lacking"),
        (b"login,login,role,area\na,a,b,c\n", "a.csv", "twice"),
        ("tên đăng nhập,role,area\nă,b,c".encode("utf-16"), "a.csv", "encoding"),
        (b'login,role,area\n"a,b,c', "a.csv", "csv"),
        (b"login,role,area\n" + b"a,reader,11455\n" * 2001, "a.csv", "rows"),
        (b"x" * (sheets.MOST_BYTES + 1), "a.csv", "large"),
        (b"PK\x03\x04nonsense", "a.xlsx", "workbook"),
        (member("xl/worksheets/sheet1.xml", LAUGHS), "a.xlsx", "workbook"),
        (member("xl/worksheets/sheet1.xml", b"<worksheet><sheetData><row"), "a.xlsx", "workbook"),
        (member("xl/worksheets/sheet1.xml", b" " * (33 * sheets.MOST_BYTES)), "a.xlsx", "large"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused_with_its_reason(data: bytes, label: str, reason: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read(data, label)
    assert refused.value.reason == reason
