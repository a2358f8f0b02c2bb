"""The tables of search; see `storage/search_index.py`."""

from piccolo.columns import Boolean, Serial, Text, Varchar
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
    """A ward's own row about a short form people type, over the shipped `sync/data/synonyms.csv`; an empty ward: everywhere."""

    id = Varchar(length=32, primary_key=True)  # ward:short
    ward = Varchar(length=20)
    short = Varchar(length=20)
    long = Varchar(length=80)
    withdrawn = Boolean(default=False)  # the form is an ordinary word here
