"""Errors an operator can mend: which sentence of the catalogue says what is wrong, with the remedy."""

from server.unsafe import Unsafe
from storage import alive
from storage.conn import BadSetting
from storage.failures import failure, mistake
from storage.schema import NewerDatabase, OlderDatabase
from storage.secret import WrongSecret
from sync.problems import Problem

Sentence = tuple[str, dict[str, object]]


def sentence(error: Exception) -> Sentence | None:
    """Key and values; None for a fault of our own, which is shown with its traceback."""
    match error:
        case WrongSecret():
            return f"cli.unsafe.secret_{error.why}", {"path": error.file}
        case Unsafe():
            return f"cli.unsafe.{error.name}", error.values
        case NewerDatabase():
            return "cli.newer_database", {"ids": error}
        case OlderDatabase():
            return "cli.older_database", {"n": error.left}
        case BadSetting():
            return "cli.bad_setting", {"detail": error}
        case alive.Alive():
            return "cli.alive", {}
        case alive.Restoring():
            return "cli.restoring_now", {}
        case Problem(code="storage_full"):
            return "cli.full", {"detail": error.code}
    if wrong := mistake(error):
        return f"cli.database.{wrong}", {"detail": error}
    detail = f"{type(error).__name__}: {error}"
    match failure(error):
        case "full":
            return "cli.full", {"detail": detail}
        case "away" | "raced":
            return "cli.away", {"detail": detail}
    if isinstance(error, OSError) and error.filename:
        return "cli.file", {"detail": f"{error.strerror}: {error.filename}"}
    return None
