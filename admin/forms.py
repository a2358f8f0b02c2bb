"""Reading what people typed. What is wrong with a field is collected, so that a page can show it beside the field."""

import unicodedata
from typing import Any

from litestar import Request
from litestar.datastructures import UploadFile

from storage import marks
from storage.catalogue import Catalogue
from sync import mask, windows


class Form:
    """The fields of a posted form. `errors`: field → key of the words catalogue. `typed`: what to show again."""

    def __init__(self, values: Any) -> None:
        self._values = values
        self.errors: dict[str, str] = {}
        self.typed: dict[str, str] = {}

    def raw(self, name: str) -> str:
        value = self._values.get(name)
        return value if isinstance(value, str) else ""

    def all(self, name: str) -> list[str]:
        return [value for value in self._values.getall(name, []) if isinstance(value, str)]

    async def file(self, name: str, most: int) -> tuple[str, bytes] | None:
        """Name and bytes of a file that was sent, at most one byte more than `most`; None if none was."""
        value = self._values.get(name)
        if not isinstance(value, UploadFile) or not value.filename:
            return None
        return value.filename, await value.read(most + 1)

    def text(self, name: str, longest: int, *, required: bool = True) -> str:
        """Trimmed text in NFC with plain line ends, at most `longest` characters."""
        value = unicodedata.normalize("NFC", self.raw(name).replace("\r\n", "\n")).strip()
        self.typed[name] = value
        if not value and required:
            self.errors[name] = "panel.field.required"
        elif len(value) > longest:
            self.errors[name] = "panel.field.too_long"
        elif any(unicodedata.category(char) == "Cc" and char != "\n" for char in value):
            self.errors[name] = "panel.field.unreadable"
        return value

    def choice(self, name: str, allowed: Any, *, required: bool = True) -> str:
        value = self.raw(name)
        self.typed[name] = value
        if (required or value) and value not in allowed:
            self.errors[name] = "panel.field.choose"
        return value

    def day(self, name: str, *, required: bool = True, from_day: str = "") -> str:
        """A day `2026-11-22`, not before `from_day`."""
        value = self.raw(name).strip()
        self.typed[name] = value
        if not value:
            if required:
                self.errors[name] = "panel.field.required"
        elif windows.parse_day(value) is None:
            self.errors[name] = "panel.field.day"
        elif value < from_day:
            self.errors[name] = "panel.field.past"
        return value

    def number(self, name: str) -> int:
        """A whole number; -1 if it is none, which fits no revision."""
        value = self.raw(name)
        return int(value) if value.isascii() and value.isdigit() and len(value) < 16 else -1

    @property
    def sure(self) -> bool:
        """The person has seen the warning about personal data and means what is written."""
        return self.raw("sure") == "1"


async def read_form(request: Request[Any, Any, Any]) -> Form:
    return Form(await request.form())


class Found:
    """What looks like personal data in something an official wrote: classes of the mask, and doubtful words."""

    def __init__(self, classes: list[str], words: list[str]) -> None:
        self.classes = classes
        self.words = words

    def __bool__(self) -> bool:
        return bool(self.classes or self.words)


def personal(world: Catalogue, ward: str, *texts: str) -> Found:
    """Checks texts of officials by the rules notes are cleaned with. It warns; a person decides."""
    classes: dict[str, None] = {}
    words: dict[str, None] = {}
    for text in texts:
        cleaned = mask.clean(text[: mask.CAP], world.gazetteer(ward))
        classes.update(dict.fromkeys(cleaned.finds))
        words.update(dict.fromkeys(cleaned.text[start:end] for start, end in cleaned.suspects))
    return Found(list(classes), list(words))


def hard(world: Catalogue, ward: str, text: str) -> str:
    """What may go to a phone: everything doubtful is masked too."""
    return marks.hard(mask.clean(text[: mask.CAP], world.gazetteer(ward)))
