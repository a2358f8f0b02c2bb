"""The table of changes of the area tree; see `storage/area_changes.py`."""

from piccolo.columns import BigInt, Serial, Text, Varchar
from piccolo.table import Table


class AreaChange(Table, tablename="area_changes"):
    """One change with the areas it touched, as they were and as they are since, so that it can be taken back."""

    id = Serial(primary_key=True)
    at = BigInt()
    area = Varchar(length=20, index=True)  # the smallest one that holds all it touched; decides who sees it
    what = Varchar(length=12)
    before = Text()
    after = Text()
    undone_at = BigInt(null=True, default=None)
    undoes = BigInt(null=True, default=None)  # the change this one took back


class WardScript(Table, tablename="ward_scripts"):
    """What a ward's reporters read before they talk with people, where the ward has words of its own."""

    ward = Varchar(length=20, primary_key=True)
    vi = Text()
    en = Text()
