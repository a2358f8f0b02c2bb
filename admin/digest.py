"""The digest of a week or month: sentences first, then bands, what was answered, what is asked of whom.

It says what the overview shows outside the first reader's desk and nothing finer: place figures down to the area; opinion
figures only in the windows that exist for them (below the ward a week has the place lane only), from the daily snapshot;
issues once they exist for everybody. Written in Vietnamese, as the document goes to a meeting. The same blocks become a
DOCX, a PDF, an XLSX (`admin/digest_docx.py` …) and the preview.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal

import msgspec

from admin.overview import Window, banded, check_period, figures, rows_of, staffed
from admin.pages import Writer, write_day
from storage import digest as facts
from storage import erase
from storage.catalogue import Catalogue
from storage.conn import Conn
from storage.coverage import Staffing
from storage.digest import Matter, Reply, Span
from storage.overview import Matrix
from storage.viewer import Missing
from sync.bands import STEP, band

MOST_TOPICS, MOST_AREAS, MOST_TOLD, MOST_ITEMS = 12, 4, 8, 12
LEAST = "<5"

Kind = Literal["heading", "subheading", "text", "item", "table", "last"]


class Block(msgspec.Struct, frozen=True):
    """One piece of the text. A table's first row is its head."""

    kind: Kind
    text: str = ""
    rows: tuple[tuple[str, ...], ...] = ()


class Sheet(msgspec.Struct, frozen=True):
    """One sheet of the workbook; the first row is its head."""

    title: str
    rows: tuple[tuple[str, ...], ...]


class Digest(msgspec.Struct, frozen=True):
    """`office`: the ward (or city) whose document it is; `until`: the last day it tells of."""

    area: str
    period: str
    office: str
    subject: str
    until: date
    blocks: tuple[Block, ...]
    sheets: tuple[Sheet, ...]


async def gather(conn: Conn, world: Catalogue, area: str, period: str, today: date) -> Digest:
    """Raises Missing for an area that does not exist today and for anything but a week or month that has begun."""
    now = world.areas_now()
    if not now.is_open(area):
        raise Missing
    at = facts.span(check_period(period, today), today)
    codes, write = now.within(area), Writer("vi", world)
    rows = rows_of(now, area, "opinion", period)
    lanes = ("place", "opinion") if rows or now.ward(area) is None else ("place",)
    place = Window(area, "place", period, "", rows_of(now, area, "place", period))
    staffing = await staffed(conn, place, now)
    opinion = Window(area, "opinion", period, "", rows)
    office = now.ward(area) or area
    unread = await erase.unread(conn, [office], period) if "-W" not in period and office == area else 0
    return _Writing(
        write,
        area,
        period,
        at,
        place=await figures(conn, place, world.tree),
        staffing=staffing,
        opinion=await figures(conn, opinion, world.tree) if opinion.rows else None,
        matters=await facts.matters(conn, codes, lanes, at),
        replies=await facts.replies(conn, codes, lanes, at),
        unread=unread,
    ).digest(office)


def say(shown: str) -> str:
    """A band in a sentence: `khoảng 40`, `dưới 5`, `không có`."""
    return {"0": "không có", LEAST: "dưới 5"}.get(shown, f"khoảng {shown.removeprefix('~')}")


def _sentence(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "!", "?", "…", ".)")) else f"{text}."


class _Writing:
    def __init__(
        self,
        write: Writer,
        area: str,
        period: str,
        at: Span,
        *,
        place: Matrix,
        staffing: Mapping[str, Staffing],
        opinion: Matrix | None,
        matters: Sequence[Matter],
        replies: Sequence[Reply],
        unread: int,
    ) -> None:
        self.write, self.area, self.period, self.at = write, area, period, at
        self.place, self.staffing, self.opinion = place, staffing, opinion
        self.matters, self.replies, self.unread = matters, replies, unread
        self.blocks: list[Block] = []

    def t(self, key: str, **values: object) -> str:
        return self.write.t(f"panel.digest.doc.{key}", **values)

    def add(self, kind: Kind, text: str) -> None:
        self.blocks.append(Block(kind, text))

    def digest(self, office: str) -> Digest:
        first, last = (write_day(day.isoformat()) for day in (self.at.first, self.at.last))
        when = self.write.period(self.period).lower()
        subject = self.t("subject", period=when, first=first, last=last, area=self.write.area(self.area))
        self._general()
        self._places()
        self._opinions()
        self._rumours()
        self._answered()
        self._asked()
        self.add("last", self.t("last"))
        return Digest(
            self.area, self.period, office, subject, self.at.last, tuple(self.blocks), tuple(self._sheets(subject))
        )

    # ---- I: sentences first -------------------------------------------------------------------------------------

    def _general(self) -> None:
        self.add("heading", self.t("general"))
        self.add("text", self._total("place", self.place))
        if self.opinion is not None:
            self.add("text", self._total("opinion", self.opinion))
        for lane, shown in (("place", self.place), ("opinion", self.opinion)):
            if shown is not None and shown.rising:
                rises = "; ".join(
                    self.t("rise", topic=self.write.topic(topic), before=say(before), now=say(now))
                    for topic, before, now in shown.rising[:MOST_AREAS]
                )
                self.add("text", self.t(f"rising.{lane}", rises=rises))
        waiting = [one for one in self.matters if one.state == "open"]
        overdue = sum(one.overdue for one in waiting)
        facts = {"answered": len(self.replies), "waiting": len(waiting), "overdue": overdue}
        key = "office.quiet" if not any(facts.values()) else "office" if overdue or not waiting else "office.in_time"
        self.add("text", self.t(key, **facts))
        if self.unread >= STEP:
            self.add("text", self.t("unread", n=say(band(self.unread, zero_shown=False))))

    def _total(self, lane: str, shown: Matrix) -> str:
        if not shown.top:
            return self.t(f"total.{lane}.few", n=say(shown.total.band))
        top = [
            self.t("top", topic=self.write.topic(topic), n=say(shown.topic_totals[topic].band))
            for topic in shown.topics[:3]
            if shown.topic_totals[topic].band not in ("0", LEAST)
        ]
        return self.t(f"total.{lane}", n=say(shown.total.band), top="; ".join(top))

    # ---- II: matters by area and topic --------------------------------------------------------------------------

    def _places(self) -> None:
        self.add("heading", self.t("matters"))
        self.add("subheading", self.t("places"))
        self._table(self.place)
        self._items([one for one in self.matters if one.lane == "place" and one.state != "closed"])

    def _opinions(self) -> None:
        told = [one for one in self.matters if one.lane == "opinion" and one.kind != "rumour" and one.state != "closed"]
        if self.opinion is None and not told:
            return
        self.add("subheading", self.t("opinions"))
        if self.opinion is not None:
            self._table(self.opinion)
        self._items(told)

    def _table(self, shown: Matrix) -> None:
        """Where a topic stands out: areas whose own band is at least `~5`. The whole table is in the workbook."""
        if not shown.topics:
            self.add("text", self.t("nothing"))
            return
        rows = [(self.t("col.topic"), self.t("col.total"), self.t("col.most"))]
        for topic in shown.topics[:MOST_TOPICS]:
            cells = [(shown.cells[area, topic].band, area) for area in shown.areas]
            most = sorted(
                ((int(one.removeprefix("~")), area) for one, area in cells if one.startswith("~")),
                key=lambda pair: (-pair[0], pair[1]),
            )
            named = ", ".join(f"{self.write.area(area)} (~{n})" for n, area in most[:MOST_AREAS])
            rows.append((self.write.topic(topic), shown.topic_totals[topic].band, named or "–"))
        self.blocks.append(Block("table", rows=tuple(rows)))
        if len(shown.topics) > MOST_TOPICS:
            self.add("text", self.t("more_topics"))

    def _items(self, matters: Sequence[Matter]) -> None:
        for one in matters[:MOST_TOLD]:
            self.add("item", self.t("item", **self._told(one)) + self._standing(one))
        if len(matters) > MOST_TOLD:
            self.add("text", self.t("more_items", n=len(matters) - MOST_TOLD))

    def _told(self, one: Matter) -> dict[str, str]:
        return {
            "number": str(one.number),
            "title": one.title.rstrip(" ."),
            "area": self.write.area(one.area),
            "summary": _sentence(one.summary),
        }

    def _standing(self, one: Matter) -> str:
        parts = [self.t("item.notes", n=say(one.band))] if one.band else []
        if one.urgent:
            parts.append(self.t("item.urgent"))
        parts.append(self._state(one))
        said = "; ".join(parts)
        return f" {said[:1].upper()}{said[1:]}."

    def _state(self, one: Matter) -> str:
        if one.state == "closed":
            return self.write.t(f"panel.outcome.{one.outcome}").lower()
        if one.state == "answered":
            return self.t("state.answered")
        due = self.t("state.due", day=write_day(one.due_day)) if one.due_day else ""
        return self.t("state.overdue" if one.overdue else "state.open") + due

    # ---- III–V --------------------------------------------------------------------------------------------------

    def _rumours(self) -> None:
        rumours = [one for one in self.matters if one.kind == "rumour"]
        self.add("heading", self.t("rumours"))
        if not rumours:
            self.add("text", self.t("no_rumours"))
        for one in rumours[:MOST_ITEMS]:
            truth = self.write.t(f"panel.truth.{one.truth or 'unchecked'}")
            self.add("item", self.t("rumour", truth=truth, **self._told(one)))

    def _answered(self) -> None:
        self.add("heading", self.t("answered"))
        if not self.replies:
            self.add("text", self.t("no_answers"))
        for one in self.replies[:MOST_ITEMS]:
            status = f" ({self.write.t(f'panel.answer.status.{one.status}').lower()})" if one.kind == "rumour" else ""
            text = self.t("reply", number=one.issue, title=one.title.rstrip(" ."), text=one.text.strip(), status=status)
            self.add("item", text + (" " + self.t("origin", origin=one.origin) if one.origin else ""))
        if len(self.replies) > MOST_ITEMS:
            self.add("text", self.t("more_items", n=len(self.replies) - MOST_ITEMS))
        closed = [one for one in self.matters if one.state == "closed"]
        for ended in closed[:MOST_ITEMS]:
            self.add("item", self.t("closed", outcome=self._state(ended), **self._told(ended)))

    def _asked(self) -> None:
        self.add("heading", self.t("asked"))
        waiting = [one for one in self.matters if one.state == "open"]
        if not waiting:
            self.add("text", self.t("asked.none"))
        for unit in sorted({one.unit for one in waiting if one.unit}):
            self.add("text", self.t("asked.unit", unit=unit))
            self._asks([one for one in waiting if one.unit == unit])
        if loose := [one for one in waiting if not one.unit]:
            self.add("text", self.t("asked.loose"))
            self._asks(loose)

    def _asks(self, matters: Sequence[Matter]) -> None:
        for one in matters[:MOST_ITEMS]:
            self.add("item", self.t("ask", state=self._state(one), **self._told(one)))
        if len(matters) > MOST_ITEMS:
            self.add("text", self.t("more_items", n=len(matters) - MOST_ITEMS))

    # ---- the workbook -------------------------------------------------------------------------------------------

    def _sheets(self, subject: str) -> list[Sheet]:
        told = []
        for block in self.blocks:
            told += [(" · ".join(row),) for row in block.rows[1:]] or [(block.text,)]
        sheets = [Sheet(self.t("sheet.text"), ((subject,), *told))]
        for lane, shown in (("place", self.place), ("opinion", self.opinion)):
            if shown is not None:
                rows = banded(self.write, shown, self.staffing, self.t("col.area"), self.t("col.total"))
                sheets.append(Sheet(self.t(f"sheet.{lane}"), tuple(map(tuple, rows))))
        issues = [tuple(self.t(f"col.{name}") for name in ("number", "lane", "kind", "topic", "area", "title", "summary",
                  "notes", "state", "unit", "due"))]  # fmt: skip
        for one in self.matters:
            lane, kind = self.write.t(f"panel.lane.{one.lane}"), self.write.t(f"panel.kind.{one.kind}")
            issues.append((str(one.number), lane, kind, self.write.topic(one.topic), self.write.area(one.area), one.title,
                           one.summary, one.band or "–", self._state(one), one.unit, write_day(one.due_day)))  # fmt: skip
        replies = [tuple(self.t(f"col.{name}") for name in ("number", "title", "answer", "origin"))]
        replies += [(str(one.issue), one.title, one.text, one.origin) for one in self.replies]
        return [*sheets, Sheet(self.t("sheet.issues"), tuple(issues)), Sheet(self.t("sheet.answers"), tuple(replies))]
