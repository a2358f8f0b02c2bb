"""Logs: one JSON object a line, and nothing in it but what is on the list (S11).

Our own lines are constant sentences with listed fields; of an exception its type and where it passed through our code; of
a library's line only which library, how grave, and where. No values: no bodies, queries, tokens, names, addresses.
"""

import logging
import re
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec

from storage import clock

HOME = Path(__file__).resolve().parents[1]
ROOMS = ("server/", "admin/", "storage/", "sync/")
OWN = "sotay"


def _word(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.]{0,59}", value) is not None


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _counts(value: Any) -> bool:
    return isinstance(value, dict) and all(_word(name) and _number(n) for name, n in value.items())


# What a line of our own may carry (`extra={…}`): name → what its value must look like. Anything else is left out.
FIELDS: dict[str, Callable[[Any], bool]] = {"job": _word, "error": _word, "n": _number, "erased": _counts}


class Line(logging.Formatter):
    """Writes a record by the list."""

    def format(self, record: logging.LogRecord) -> str:
        own = record.name.partition(".")[0] == OWN
        facts: dict[str, Any] = {
            "at": clock.iso(int(record.created * 1000)),
            "level": record.levelname.lower(),
            "logger": record.name if _word(record.name) else "",
            "process": record.process,
        }
        if own:
            facts["event"] = record.msg if isinstance(record.msg, str) else ""  # the sentence, never its arguments
            facts |= {name: record.__dict__[name] for name, fits in FIELDS.items() if fits(record.__dict__.get(name))}
        else:
            facts["where"] = [f"{Path(record.pathname).name}:{record.lineno}"]
        if record.exc_info and record.exc_info[1] is not None:
            facts |= _of(record.exc_info[1])
        return msgspec.json.encode(facts).decode()


def _of(error: BaseException) -> dict[str, Any]:
    """Types of an exception and of what caused it; where it passed through our own code, innermost last."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{place}:{frame.lineno}" for frame in frames if (place := _ours(frame.filename))]
    facts: dict[str, Any] = {"error": type(error).__name__} | ({"where": places[-4:]} if places else {})
    cause = error.__cause__ or error.__context__
    return facts | ({"cause": type(cause).__name__} if cause is not None else {})


def _ours(file: str) -> str:
    path = Path(file)
    inside = path.relative_to(HOME).as_posix() if path.is_relative_to(HOME) else ""
    return inside if inside.startswith(ROOMS) else ""


def set_up() -> None:
    """Every logger of this process writes through `Line` to standard error, also what nobody caught."""
    handler = logging.StreamHandler()
    handler.setFormatter(Line())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in list(logging.root.manager.loggerDict):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    logging.getLogger(OWN).setLevel(logging.INFO)
    logging.raiseExceptions = False  # a line that cannot be written must not be printed with its values instead
    logging.captureWarnings(True)
    sys.excepthook = _uncaught
    threading.excepthook = lambda found: _uncaught(found.exc_type, found.exc_value, found.exc_traceback)
    sys.unraisablehook = lambda found: _uncaught(found.exc_type, found.exc_value, found.exc_traceback)


def _uncaught(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    if not issubclass(kind, KeyboardInterrupt):
        logging.getLogger(OWN).critical("nobody caught this", exc_info=(kind, error or kind(), trace))
