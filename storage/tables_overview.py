"""The tables behind the overview: sums of place figures over whole areas, and the outlines a ward draws its map from."""

from piccolo.columns import BigInt, Serial, Text, Varchar
from piccolo.table import Table


class AreaSum(Table, tablename="area_sums"):
    """Exact inner count of place notes of an area with all that was ever under it (unique: area, period, topic).

    A topic row counts the notes of that topic; a row whose topic is a family, all of the family. Shown in bands only.
    """

    id = Serial(primary_key=True)
    area = Varchar(length=20)
    topic = Varchar(length=8)
    period = Varchar(length=8)  # 2026-W47 | 2026-11
    n = BigInt(default=0)


class Outline(Table, tablename="outlines"):
    """The border of an area as the ward's own map file gave it: rings of [x, y] in 1e-5 degrees. No place, no house."""

    area = Varchar(length=20, primary_key=True)
    rings = Text()


class OutlineChange(Table, tablename="outline_changes"):
    """The outlines of some areas before they were replaced, so that it can be taken back."""

    id = Serial(primary_key=True)
    at = BigInt()
    area = Varchar(length=20, index=True)  # the smallest one that holds all it touched; decides who sees it
    before = Text()
