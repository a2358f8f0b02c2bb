"""The tables of what comes in: log, areas, staff, notes; `storage/tables_office.py` has what the office makes of them.

One class a table; ids are text UUIDs, instants are milliseconds UTC, days/weeks/months are text.
There is no place for a person here: `accounts` are staff, `notes.author` is transport data that the eraser removes.
Unique keys over several columns stand in the migrations as raw indexes (Piccolo's `Unique` fails on SQLite).
"""

from piccolo.columns import BigInt, Boolean, Integer, Serial, Text, Varchar
from piccolo.table import Table


class Meta(Table, tablename="meta"):
    """Single facts about the installation: `epoch`, `catalogue` (version of areas/topics/places), `seal_key` …"""

    key = Varchar(length=40, primary_key=True)
    value = Text()


# ---- the change log ---------------------------------------------------------------------------------------------


class Stream(Table, tablename="streams"):
    """One counter row per stream: `head` is the last number given out, below `floor` tombstones are gone."""

    name = Varchar(length=60, primary_key=True)
    head = BigInt(default=0)
    floor = BigInt(default=0)


class LogRow(Table, tablename="log"):
    """The newest change of one document in one stream (unique: stream, collection, doc). Written by `changes.publish` only."""

    id = Serial(primary_key=True)
    stream = Varchar(length=60)
    collection = Varchar(length=12)
    doc = Varchar(length=60)
    n = BigInt()
    op = Varchar(length=4)  # put | left
    at = BigInt()


class Follower(Table, tablename="followers"):
    """How far a reader of the log inside the server (totals, snapshots) has come in one stream (unique: name, stream)."""

    id = Serial(primary_key=True)
    name = Varchar(length=20)
    stream = Varchar(length=60)
    n = BigInt(default=0)


# ---- areas, topics, places, doors -------------------------------------------------------------------------------


class Area(Table, tablename="areas"):
    code = Varchar(length=20, primary_key=True)
    parent = Varchar(length=20, default="")
    level = Varchar(length=8)  # city | ward | cluster | group
    name = Varchar(length=120)
    valid_from = Varchar(length=10)
    valid_to = Varchar(length=10, null=True, default=None)
    successors = Text(default="[]")
    sample = Boolean(default=False)


class Topic(Table, tablename="topics"):
    code = Varchar(length=8, primary_key=True)
    parent = Varchar(length=8, default="")
    vi = Varchar(length=120)
    en = Varchar(length=120)
    icon = Varchar(length=24, default="")
    lanes = Text()  # {kind: lane}
    position = Integer(default=0)
    retired = Boolean(default=False)
    successor = Varchar(length=8, default="")


class Place(Table, tablename="places"):
    """A street, beach, market … of a ward, from its own editable list; never a household, never a coordinate."""

    id = Varchar(length=36, primary_key=True)
    area = Varchar(length=20)
    name = Varchar(length=120)
    kind = Varchar(length=20)
    aliases = Text(default="[]")
    retired = Boolean(default=False)


class Gazetteer(Table, tablename="gazetteer"):
    """Place names that look like names of persons (streets, temples); they are never masked. Editable by the ward."""

    id = Varchar(length=36, primary_key=True)
    ward = Varchar(length=20, default="")
    name = Varchar(length=120)


class Door(Table, tablename="doors"):
    """A formal channel (citizen reception, police, 113 …) shown for the topics `D.x`."""

    id = Varchar(length=36, primary_key=True)
    ward = Varchar(length=20)
    name = Varchar(length=120)
    topics = Text()  # ["D.1", …]
    how_vi = Text()
    how_en = Text()
    phone = Varchar(length=20, null=True, default=None)
    retired = Boolean(default=False)


# ---- staff and their phones -------------------------------------------------------------------------------------


class Account(Table, tablename="accounts"):
    id = Varchar(length=36, primary_key=True)
    login = Varchar(length=40, unique=True)
    role = Varchar(length=16)  # reporter reader unit officer administrator auditor
    kind = Varchar(length=16, default="")  # reporters: collaborator | propagandist
    password_hash = Text(null=True, default=None)
    totp_secret = Text(null=True, default=None)  # sealed (storage/sealing.py)
    totp_step = BigInt(null=True, default=None)  # of the last code that was accepted: none is accepted twice
    created_at = BigInt()
    disabled_at = BigInt(null=True, default=None)
    sample = Boolean(default=False)
    office = Varchar(length=80, default="")  # units: what they are called in documents, an office and no person


class AccountArea(Table, tablename="account_areas"):
    """An area an account holds, from–to (days); a reporter may still write for it 60 days after `valid_to`."""

    id = Serial(primary_key=True)
    account = Varchar(length=36, index=True)
    area = Varchar(length=20)
    valid_from = Varchar(length=10)
    valid_to = Varchar(length=10, null=True, default=None)


class Session(Table, tablename="sessions"):
    """An official's sign-in at the panel; only the hash of its token is kept. `standing`: see `people.standing`."""

    token_hash = Varchar(length=64, primary_key=True)
    account = Varchar(length=36, index=True)
    created_at = BigInt()
    seen_at = BigInt()
    standing = Varchar(length=64, default="")
    stage = Varchar(length=8, default="")  # code | setup | empty: signed in


class RecoveryCode(Table, tablename="recovery_codes"):
    """Stands in for an official's second factor once; its row goes when it was used. Only a keyed hash is kept."""

    code_hash = Varchar(length=64, primary_key=True)
    account = Varchar(length=36, index=True)


class Device(Table, tablename="devices"):
    id = Varchar(length=36, primary_key=True)
    account = Varchar(length=36, index=True)
    platform = Varchar(length=8)
    token_hash = Varchar(length=64, unique=True)
    push_token_hash = Varchar(length=64, unique=True)
    created_at = BigInt()
    seen_day = Varchar(length=10)
    revoked_at = BigInt(null=True, default=None)
    behind = Integer(
        default=0
    )  # how often it announced a lower running number than it had sent; 2 = token in two places
    behind_at = BigInt(null=True, default=None)


class DeviceNumber(Table, tablename="device_numbers"):
    """Running numbers seen from a device, as closed ranges; never on a note."""

    id = Serial(primary_key=True)
    device = Varchar(length=36, index=True)
    first = BigInt()
    last = BigInt()


class Enrolment(Table, tablename="enrolments"):
    handle = Varchar(length=4, primary_key=True)
    secret_hash = Varchar(length=64)  # the long secret of the QR (≥ 112 bits)
    typed_hash = Varchar(length=64)  # the 8 characters a person types
    word_hash = Varchar(length=64, null=True, default=None)
    account = Varchar(length=36)
    expires_at = BigInt()
    tries = Integer(default=0)
    used_at = BigInt(null=True, default=None)


class Attempt(Table, tablename="attempts"):
    """Failed tries per bucket (a login, an address) in a window of time, for limits that hold over processes."""

    bucket = Varchar(length=80, primary_key=True)
    opened_at = BigInt()
    n = Integer(default=0)


# ---- notes and what hangs on them -------------------------------------------------------------------------------


class Note(Table, tablename="notes"):
    """A note as the office may hold it: masked text, lane fields only. `author`, `tag` and `received_at` are transport data."""

    id = Varchar(length=36, primary_key=True)
    claim_hash = Varchar(length=64)
    sent_mac = Varchar(length=64)  # HMAC-SHA256 keyed with the claim over the client-owned fields as sent
    old_macs = Text(default="[]")  # the same of earlier versions, against copies that were long on their way
    lane = Varchar(length=8)
    kind = Varchar(length=12)
    topic = Varchar(length=8)
    area = Varchar(length=20)
    ward = Varchar(length=20)
    text = Text(null=True, default=None)  # masked; null once erased
    mask_version = Integer(default=0)
    masked = Text(default="{}")  # {class: count}
    suspect = Boolean(default=False)
    reach = Varchar(length=10, null=True, default=None)
    day = Varchar(length=10, null=True, default=None)
    week = Varchar(length=8, null=True, default=None)
    place = Varchar(length=36, null=True, default=None)
    urgent = Boolean(default=False)
    heard_via = Varchar(length=8, null=True, default=None)
    captured_at = BigInt(null=True, default=None)
    photos = Text(default="[]")
    status = Varchar(length=12)
    issue = BigInt(null=True, default=None)
    ask = Text(null=True, default=None)
    reject = Text(null=True, default=None)
    amendments = Integer(default=0)
    rev = Integer(default=1)
    pseudonym = Varchar(length=12)  # random, per note
    author = Varchar(length=36, null=True, default=None, index=True)
    tag = Varchar(length=32, null=True, default=None)  # keyed per calendar month, for distinct counts
    received_at = BigInt(null=True, default=None)
    in_week = Varchar(length=8)  # windows of receipt
    in_month = Varchar(length=7)
    released = Boolean(default=False)  # published to w:<ward>
    desk_order = BigInt(default=0)  # order at the desk; says nothing of the time inside a batch
    opened_at = BigInt(null=True, default=None)  # first reader began
    joined_at = BigInt(null=True, default=None)  # joined its issue provisionally; null once the issue is confirmed


class Amendment(Table, tablename="amendments"):
    """What a client changed after reading began, or the side a merge did not take; dies with the note's text."""

    id = Serial(primary_key=True)
    note = Varchar(length=36, index=True)
    mac = Varchar(length=64)
    fields = Text()
    cause = Varchar(length=8)  # late | merge
    day = Varchar(length=10)


class Photo(Table, tablename="photos"):
    id = Varchar(length=36, primary_key=True)
    note = Varchar(length=36, index=True)
    claim_hash = Varchar(length=64)
    sha256 = Varchar(length=64)
    size = BigInt()
    type = Varchar(length=16)
    state = Varchar(length=10)  # expected | received | stored | rejected
    reject = Text(null=True, default=None)
    author = Varchar(length=36, null=True, default=None, index=True)
    created_at = BigInt()
    received_at = BigInt(null=True, default=None)
    claimed_until = BigInt(default=0)  # the picture worker's claim
    tries = Integer(default=0)
    name = Varchar(length=32, null=True, default=None)  # random object name of the rebuilt copies
    width = Integer(null=True, default=None)
    height = Integer(null=True, default=None)


class Upload(Table, tablename="uploads"):
    """How far the bytes of a photo have come. `lease` names the one writer that may move the position."""

    id = Varchar(length=36, primary_key=True)  # the photo's id
    length = BigInt()
    position = BigInt(default=0)
    lease = Varchar(length=36, default="")
    lease_until = BigInt(default=0)
    done = Boolean(default=False)
    expires_at = BigInt()


class UploadPart(Table, tablename="upload_parts"):
    """An immutable object holding bytes [start, start+size) of an upload (unique: upload, start)."""

    id = Serial(primary_key=True)
    upload = Varchar(length=36, index=True)
    start = BigInt()
    size = BigInt()
    key = Varchar(length=120)


class Message(Table, tablename="messages"):
    id = Varchar(length=36, primary_key=True)
    note = Varchar(length=36, index=True)
    text = Text()
    office = Boolean()
    day = Varchar(length=10)


class Mark(Table, tablename="marks"):
    """A mark not yet folded into counts; forgotten after 30 days."""

    id = Varchar(length=36, primary_key=True)
    mark = Varchar(length=8)
    issue = BigInt(null=True, default=None)
    answer = Varchar(length=36, null=True, default=None)
    door = Varchar(length=36, null=True, default=None)
    area = Varchar(length=20, null=True, default=None)
    day = Varchar(length=10)
    folded = Boolean(default=False)


class MarkId(Table, tablename="mark_ids"):
    """The bare id of a mark, kept 270 days against replays; no account, kind or area."""

    id = Varchar(length=36, primary_key=True)
    day = Varchar(length=10)


class MarkCount(Table, tablename="mark_counts"):
    """Marks by subject and area (unique: mark, subject, area, month)."""

    id = Serial(primary_key=True)
    mark = Varchar(length=8)
    subject = Varchar(length=40)  # issue number, answer id or door id
    area = Varchar(length=20)
    month = Varchar(length=7)
    n = BigInt(default=0)
