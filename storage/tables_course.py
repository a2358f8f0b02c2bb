"""The tables behind an issue's course in time: terms, days off, "still so", checks of a rumour, text templates."""

from piccolo.columns import BigInt, Boolean, Integer, Serial, Text, Varchar
from piccolo.table import Table


class Holiday(Table, tablename="holidays"):
    """A day that is no working day though it looks like one, or the other way round. The ward's row wins over the common."""

    id = Varchar(length=40, primary_key=True)  # `ward:day`, so that there is one a ward and day
    ward = Varchar(length=20, default="", index=True)  # empty: everywhere
    day = Varchar(length=10)
    vi = Varchar(length=80)
    en = Varchar(length=80)
    works = Boolean(default=False)  # a Saturday or Sunday worked in exchange for a day off


class WardTerm(Table, tablename="ward_terms"):
    """How many working days a unit has for an answer, where a ward sets its own; see `sync/working_days.py`."""

    ward = Varchar(length=20, primary_key=True)
    days = Integer(default=10)


class StillSo(Table, tablename="still_so"):
    """One "still so" about an issue since its last answer, until 30 days are over or the issue is taken up again.

    `tag` is keyed by month, issue and account: it counts distinct reporters of one issue and says nothing of another's.
    """

    id = Serial(primary_key=True)
    issue = BigInt(index=True)
    month = Varchar(length=7)
    tag = Varchar(length=32, null=True, default=None)
    day = Varchar(length=10)


class RumourCheck(Table, tablename="rumour_checks"):
    """A note of the office on checking a claim: whom it asked, what the papers say. Officials' words."""

    id = Serial(primary_key=True)
    issue = BigInt(index=True)
    at = BigInt()
    written_by = Varchar(length=36)
    text = Text()


class TextTemplate(Table, tablename="text_templates"):
    """Words of the office to begin an answer or a notice with."""

    id = Varchar(length=36, primary_key=True)
    ward = Varchar(length=20, index=True)
    title = Varchar(length=160)
    text = Text()
    written_by = Varchar(length=36)
    at = BigInt()
