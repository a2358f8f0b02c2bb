"""What must outlive a restore; see `storage/forgotten.py`."""

from piccolo.columns import BigInt, Varchar
from piccolo.table import Table


class Forgotten(Table, tablename="forgotten"):
    """A note whose words or author were erased, or a photo that was taken out, until the list outside the database names it."""

    id = Varchar(length=48, primary_key=True)  # `<note>:text`, `<note>:author`, `<photo>:photo`
    at = BigInt()
