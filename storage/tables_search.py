"""The tables of search; see `storage/search_index.py`."""

from piccolo.columns import Serial, Text, Varchar
from piccolo.table import Table


class SearchText(Table, tablename="search_texts"):
    """One thing that can be found (unique: kind, doc). `words`: its marks (`sync/fold.py`), which die with its text."""

    id = Serial(primary_key=True)  # the newest change has the highest
    kind = Varchar(length=8)  # issue | answer | notice | note
    doc = Varchar(length=36)
    area = Varchar(length=20)
    words = Text()


class SearchDue(Table, tablename="search_due"):
    """What changed since the index saw it: `kind:doc`, written by triggers in the transaction of the change."""

    key = Varchar(length=48, primary_key=True)


class Synonym(Table, tablename="synonyms"):
    """A short form people type and what it stands for; either finds both. Editable."""

    short = Varchar(length=20, primary_key=True)
    long = Varchar(length=80)
