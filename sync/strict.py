"""What no body may hold, whoever sends it: numbers no column takes, NUL, bytes that are no UTF-8, nesting without end.

Lone surrogates and raw control characters are refused by msgspec itself; NUL in words is taken out by `sync.mask.clean`.
"""

from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from sync.problems import Problem

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""All that decoding hostile bytes can raise; msgspec's ValidationError is a DecodeError."""

LINE = r"^[^\x00-\x1f\x7f]*$"
"""Pattern of a text that goes into a query as it came: PostgreSQL takes no NUL."""
Instant = Annotated[int, Meta(ge=-(2**53) + 1, le=2**53 - 1)]
"""A number every JSON reader holds exactly; fits a BIGINT."""
Count = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Serial = Annotated[int, Meta(ge=1, le=2**31 - 1)]
"""A number the database gave out; fits an INTEGER."""

Plain = Annotated[str, Meta(max_length=4096)] | Instant | float | bool | None
Tame = dict[str, Plain | list[Plain] | dict[str, Plain]]
"""An object that can be sent back as it came: what it holds is at most two levels deep."""

T = TypeVar("T")


def decode(raw: bytes, decoder: "msgspec.json.Decoder[T]") -> T:
    """A request's body. Raises Problem `bad_request` for anything that is not exactly what `decoder` describes."""
    try:
        return decoder.decode(raw)
    except UNREADABLE as error:
        raise Problem("bad_request", str(error).encode("ascii", "replace").decode()[:200]) from error
