"""The tables of grouping and of several readers at one desk: see `storage/regroup.py`, `openings.py`, `undo.py`."""

from piccolo.columns import BigInt, Boolean, Integer, Serial, Text, Varchar
from piccolo.table import Table


class IssueShift(Table, tablename="issue_shifts"):
    """What was fixed of an issue's counts, one row a change and month: confirmed, split off (negative), split in.

    Append-only; `undone` rows do not count. `notes` 0 with reporters: known of a merged issue as a whole.
    """

    id = Serial(primary_key=True)
    issue = BigInt(index=True)
    month = Varchar(length=7)
    notes = BigInt(default=0)
    reporters = BigInt(default=0)
    undone = Boolean(default=False)


class IssueWeights(Table, tablename="issue_weights"):
    """What is known of confirmed notes' wording once their texts are gone: terms many of them shared (`likeness.kept`)."""

    issue = BigInt(primary_key=True)
    notes = Integer(default=0)
    terms = Text(default="{}")


class Opening(Table, tablename="openings"):
    """A note that a reader has open at the moment; forgotten some minutes after."""

    note = Varchar(length=36, primary_key=True)
    account = Varchar(length=36)
    until = BigInt()


class Undo(Table, tablename="undos"):
    """How things were before an act of the desk, for some seconds; sealed with a key that only the reader's page has."""

    id = Varchar(length=32, primary_key=True)
    account = Varchar(length=36)
    until = BigInt(index=True)
    sealed = Text()
