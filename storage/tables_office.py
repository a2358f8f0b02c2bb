"""The tables of what the office makes of notes – issues, answers, notices – and of the figures; see `storage/tables.py`."""

from piccolo.columns import BigInt, Boolean, Integer, Serial, Text, Varchar
from piccolo.table import Table

# ---- what the office makes of them ------------------------------------------------------------------------------


class Issue(Table, tablename="issues"):
    number = Serial(primary_key=True)
    ward = Varchar(length=20)
    lane = Varchar(length=8)
    kind = Varchar(length=12)
    topic = Varchar(length=8)
    area = Varchar(length=20)  # the smallest area that holds all its notes
    title = Varchar(length=160)
    summary = Text(default="")
    status = Varchar(length=10)  # open | routed | answered | closed
    truth = Varchar(length=16, default="")  # rumours: unchecked true partly_true false cannot_settle
    outcome = Varchar(length=16, default="")
    unit = Varchar(length=36, null=True, default=None)  # an account of role unit
    due_day = Varchar(length=10, null=True, default=None)  # until the end of this day
    due_at = BigInt(null=True, default=None)  # and until this instant, where the term is hours (urgent)
    routed_at = BigInt(null=True, default=None)  # to its unit, the last time
    refusals = Integer(default=0)  # how often a unit gave it back
    reopenings = Integer(default=0)  # how often it came up again after its answer or end
    harm = Integer(default=0)  # rumours: 1 little, 2 some, 3 great; 0 nobody has said yet
    first_week = Varchar(length=8, default="")  # rumours: the week in which the office first heard of it
    urgent = Boolean(default=False)
    created_at = BigInt()
    confirmed_at = BigInt(null=True, default=None)
    answered_at = BigInt(null=True, default=None)
    closed_at = BigInt(null=True, default=None)
    rev = Integer(default=1)
    merged_into = BigInt(null=True, default=None)  # closed as `merged`: its notes and counts are read with that issue's


class IssueMonth(Table, tablename="issue_months"):
    """Notes and distinct reporters of an issue in one month of receipt (unique: issue, month); reporters are never added."""

    id = Serial(primary_key=True)
    issue = BigInt(index=True)
    month = Varchar(length=7)
    notes = BigInt(default=0)
    reporters = BigInt(default=0)
    fixed_notes = BigInt(default=0)  # the part whose tags are gone: what `issue_shifts` say
    fixed_reporters = BigInt(default=0)


class IssueEvent(Table, tablename="issue_events"):
    """History of an issue: who of the office did what, when."""

    id = Serial(primary_key=True)
    issue = BigInt(index=True)
    at = BigInt()
    actor = Varchar(length=36)
    what = Varchar(length=16)
    detail = Text(default="{}")


class Answer(Table, tablename="answers"):
    id = Varchar(length=36, primary_key=True)
    issue = BigInt(index=True)
    issues = Text()
    version = Integer(default=1)
    topic = Varchar(length=8)
    areas = Text()
    title = Varchar(length=160)
    text = Text()
    status = Varchar(length=16)  # answered checking true partly_true false cannot_settle
    source = Varchar(length=200, null=True, default=None)
    valid_to = Varchar(length=10, null=True, default=None)
    state = Varchar(length=10)  # draft | approved | published | replaced | withdrawn (`sync/issue.py`)
    written_by = Varchar(length=36)
    approved_by = Varchar(length=36, null=True, default=None)
    created_at = BigInt()
    published_at = BigInt(null=True, default=None)


class Notice(Table, tablename="notices"):
    id = Varchar(length=36, primary_key=True)
    areas = Text()
    title = Varchar(length=160)
    text = Text()
    valid_from = Varchar(length=10)
    valid_to = Varchar(length=10)
    issues = Text(default="[]")
    state = Varchar(length=10, default="draft")  # draft | approved | published | withdrawn (`sync/issue.py`)
    written_by = Varchar(length=36)
    approved_by = Varchar(length=36, null=True, default=None)
    created_at = BigInt()
    published_at = BigInt(null=True, default=None)


# ---- figures ----------------------------------------------------------------------------------------------------


class Counted(Table, tablename="counted"):
    """What one note adds to the totals at present, so that its next change can be folded as a difference."""

    note = Varchar(length=36, primary_key=True)
    cells = Text()


class Total(Table, tablename="totals"):
    """Exact inner count of one cell (unique: lane, area, topic, period). Shown in bands only."""

    id = Serial(primary_key=True)
    lane = Varchar(length=8)
    area = Varchar(length=20)
    topic = Varchar(length=8)
    period = Varchar(length=8)  # 2026-W47 | 2026-11
    n = BigInt(default=0)


class Snapshot(Table, tablename="snapshots"):
    """The opinion figures as they may be shown (sync/disclosure.py), taken once a day and replaced by the next one (unique:
    ward, area, topic, period)."""

    id = Serial(primary_key=True)
    day = Varchar(length=10)
    ward = Varchar(length=20, index=True)
    area = Varchar(length=20)
    topic = Varchar(length=8)
    period = Varchar(length=8)
    n = BigInt(default=0)


# ---- short memory -----------------------------------------------------------------------------------------------


class Erased(Table, tablename="erased"):
    """How many notes the eraser took from the desk, by ward, month of erasing, lane and cause (`storage.erase.CAUSES`)."""

    cell = Varchar(length=60, primary_key=True)  # the four joined, so that counting is one statement
    ward = Varchar(length=20, index=True)
    month = Varchar(length=7)
    lane = Varchar(length=8)
    cause = Varchar(length=10)
    n = BigInt(default=0)
