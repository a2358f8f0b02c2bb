"""The tables of the audit trail; see `storage/audit.py`."""

from piccolo.columns import BigInt, Integer, Text, Varchar
from piccolo.table import Table


class AuditRow(Table, tablename="audit"):
    """One act. `hash` covers the row before and everything here but what the eraser may take: subject, detail, salt.

    Of those it covers `seal`, a keyed digest with the row's own random salt, so it holds and yet says nothing without them.
    """

    n = BigInt(primary_key=True)  # running, without gaps
    at = BigInt(index=True)
    actor = Varchar(length=36)  # account of an official; `command` (operator), `worker`, `phone` (an enrolment)
    area = Varchar(length=20, default="")  # whose auditors see it; empty: of the whole installation
    action = Varchar(length=24)
    subject = Varchar(length=60, null=True, default=None)
    detail = Text(null=True, default=None)
    salt = Varchar(length=32, null=True, default=None)
    seal = Varchar(length=64)
    hash = Varchar(length=64)


class AuditHead(Table, tablename="audit_head"):
    """The one row that puts appends in order: number and hash of the last one."""

    id = Integer(primary_key=True)
    n = BigInt(default=0)
    hash = Varchar(length=64, default="")
