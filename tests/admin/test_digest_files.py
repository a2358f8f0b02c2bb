"""The digest's files: the prescribed forms, the ward's own template, the same bytes twice, nobody's name (S9)."""

import io
import re
import zipfile
from collections.abc import Iterator
from xml.etree import ElementTree

import pytest
from docx import Document

from admin import digest_files, digest_template
from admin.digest import Block, Digest, Sheet
from admin.digest_docx import fill
from admin.digest_files import FORMATS, Format
from admin.digest_form import FORMS, BadTemplate, Form, letterhead
from storage import clock
from storage.catalogue import Catalogue
from sync import mask
from sync.area import Area, AreaTree
from ward_template import WHOLE, template

TODAY = clock.local_day(clock.now())
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
AREAS = (
    Area("31", "", "city", "Thành phố Hải Phòng", "2025-07-01"),
    Area("11455", "31", "ward", "Phường Đồ Sơn", "2025-07-01"),
)
WORLD = Catalogue("1", AreaTree(AREAS), {}, {}, {}, {}, mask.gazetteer([]), {})


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    yield
    clock.move(clock.system)


def write(one: Digest, kind: Format, form: Form, template: bytes | None = None) -> bytes:
    return digest_files.write(one, WORLD, kind, form, lambda: template or digest_template.shipped(form)).data


def text_of(docx: bytes) -> str:
    return "\n".join(node.text or "" for node in body(docx).iter(f"{W}t"))


def body(docx: bytes) -> ElementTree.Element:
    with zipfile.ZipFile(io.BytesIO(docx)) as archive:
        return ElementTree.fromstring(archive.read("word/document.xml"))


SAMPLE = Digest(
    area="11455",
    period="2026-11",
    office="11455",
    subject="Tổng hợp ý kiến, tháng 11/2026",
    until=TODAY,
    blocks=(
        Block("heading", "I. Tình hình chung"),
        Block("text", "Ngập <b>đường</b> & \u0007chợ\nDòng hai"),
        Block("table", rows=(("Lĩnh vực", "Mức chung", "Nhiều nhất ở"), ("=HYPERLINK(1)", "~5", "–"))),
        Block("item", "- Vấn đề số 1"),
        Block("last", "Số liệu theo mức"),
    ),
    sheets=(
        Sheet("Nội dung", (("Tổng hợp",), ("=1+1",))),
        Sheet("Vấn đề", (("Số", "Tiêu đề"), ("1", "=cmd|' /C calc'!A0"), ("2", "＝1+1"), ("3", "Ngập"))),
    ),
)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", FORMATS)
def test_twice_the_same_bytes_and_nobodys_name(kind: Format, form: Form) -> None:
    first = write(SAMPLE, kind, form)
    clock.move(lambda: clock.system() + 5 * clock.DAY_MS)
    assert first == write(SAMPLE, kind, form)
    office = "ĐẢNG ỦY PHƯỜNG ĐỒ SƠN" if form == "party" else "ỦY BAN NHÂN DÂN PHƯỜNG ĐỒ SƠN"
    if kind == "pdf":
        assert first.startswith(b"%PDF") and b"anonymous" not in first
        assert b"CrimsonText" in first.replace(b"-", b""), "its letters are inside"
        return
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        everything = b"\n".join(archive.read(name) for name in archive.namelist()).decode("utf-8", "replace")
        core = archive.read("docProps/core.xml").decode()
    assert re.findall(r"<dc:creator>([^<]*)<", core) == [office]
    assert re.findall(r"<cp:lastModifiedBy>([^<]*)<", core) == [office]
    assert "python-docx" not in everything and "2013" not in core


@pytest.mark.parametrize("form", FORMS)
def test_the_prescribed_form(form: Form) -> None:
    data = write(SAMPLE, "docx", form)
    document, text = Document(io.BytesIO(data)), text_of(data)
    section = document.sections[0]
    assert section.page_width is not None and section.page_height is not None
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
    margins = [section.top_margin, section.right_margin, section.bottom_margin, section.left_margin]
    assert [round(one.mm) for one in margins if one is not None] == [20, 15, 20, 30]
    assert document.styles["Normal"].font.name == "Times New Roman"  # type: ignore[attr-defined]
    assert section.different_first_page_header_footer and "PAGE" in section.header._element.xml
    head = {
        "party": ("THÀNH ỦY HẢI PHÒNG", "ĐẢNG ỦY PHƯỜNG ĐỒ SƠN", "*", "-BC/ĐU", "T/M BAN THƯỜNG VỤ"),
        "state": ("ỦY BAN NHÂN DÂN", "PHƯỜNG ĐỒ SƠN", "/BC-UBND", "Độc lập - Tự do - Hạnh phúc"),
    }[form]
    for line in (*head, "BÁO CÁO", "DỰ THẢO", "Nơi nhận:", SAMPLE.subject):
        assert line in text, line
    assert ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in text) == (form == "state")
    assert ("ĐẢNG CỘNG SẢN VIỆT NAM" in text) == (form == "party")
    assert "MẬT" not in text.upper().split(), "no field for secrecy"
    assert re.search(r"Đồ Sơn, ngày {4,}tháng {4,}năm \d{4}", text) and re.search(r"Số:? {6,}", text), "left open"
    sizes = {node.get(f"{W}val") for node in body(data).iter(f"{W}sz")} - {"4", "6"}
    assert sizes <= {"22", "24", "26", "28", "30"}
    assert "Ngập <b>đường</b> & chợ" in text and "{{" not in text


def test_a_city_speaks_for_itself() -> None:
    assert letterhead(WORLD, "31", "party", 2026).organ == ("THÀNH ỦY HẢI PHÒNG",)
    assert letterhead(WORLD, "31", "party", 2026).upper == "" and "TU" in letterhead(WORLD, "31", "party", 2026).number
    assert letterhead(WORLD, "31", "state", 2026).organ[1] == "THÀNH PHỐ HẢI PHÒNG"


def test_no_cell_is_a_formula_in_the_workbook() -> None:
    data = write(SAMPLE, "xlsx", "party")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    assert not any("<f>" in part or "<hyperlink" in part for part in parts.values())
    assert re.findall(r">('?[=＝][^<]*)<", parts["xl/sharedStrings.xml"]) == ["'=1+1", "'=cmd|' /C calc'!A0", "'＝1+1"]


# ---- the ward's own template ------------------------------------------------------------------------------------


def test_a_template_of_the_ward() -> None:
    data = write(SAMPLE, "docx", "party", template(*WHOLE, author="qzmot", last_modified_by="qzmot", comments="qzmot"))
    text = text_of(data)
    assert "Chánh Văn phòng" in text and f"Về việc {SAMPLE.subject}" in text and "Hải Phòng: Đồ Sơn, ngày" in text
    assert data == write(SAMPLE, "docx", "party", template(*WHOLE, author="qzhai"))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert not any(b"qzmot" in archive.read(name) for name in archive.namelist())
        assert "docProps/thumbnail.jpeg" not in archive.namelist()
        assert b"thumbnail" not in archive.read("_rels/.rels")


def test_a_place_that_word_cut_into_pieces_is_found() -> None:
    document = Document(io.BytesIO(template(*WHOLE)))
    paragraph = document.paragraphs[2]
    for run in paragraph.runs:
        run.text = ""
    for piece in ("Về việc {{TRI", "CH_", "YEU}} này"):
        paragraph.add_run(piece).bold = piece == "CH_"
    out = io.BytesIO()
    document.save(out)
    data = write(SAMPLE, "docx", "state", out.getvalue())
    assert f"Về việc {SAMPLE.subject} này" in text_of(data).replace("\n", "")


@pytest.mark.parametrize(
    ("given", "key", "named"),
    [
        (template(*WHOLE[1:]), "missing", "{{CO_QUAN}}"),
        (template(*WHOLE, "{{NGUOI_KY}}"), "unknown", "{{NGUOI_KY}}"),
        (b"no docx", "unreadable", ""),
        (b"PK" + b"\0" * 5_000_000, "unreadable", ""),
    ],
)
def test_a_template_that_cannot_be_filled(given: bytes, key: str, named: str) -> None:
    with pytest.raises(BadTemplate) as refused:
        write(SAMPLE, "docx", "party", given)
    assert refused.value.key == f"panel.digest.template.{key}"
    assert refused.value.values.get("names", "") == named


def test_a_template_with_tracked_changes_names_people() -> None:
    made = template(*WHOLE)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(made)) as before, zipfile.ZipFile(out, "w") as after:
        for name in before.namelist():
            data = before.read(name)
            after.writestr(name, data.replace(b"<w:r>", b'<w:ins w:id="1" w:author="qzmot"/><w:r>', 1))
    with pytest.raises(BadTemplate) as refused:
        fill(out.getvalue(), SAMPLE, letterhead(WORLD, "11455", "party", 2026))
    assert refused.value.key == "panel.digest.template.tracked"
