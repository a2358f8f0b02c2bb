"""Who of the office looks, and what may stop a change at the desk. Every question to the store carries the viewer."""

import msgspec


class Viewer(msgspec.Struct, frozen=True):
    """An official with everything under the areas the account holds. `codes` decides what exists for this person."""

    account: str
    login: str
    role: str
    codes: tuple[str, ...]

    @property
    def scope(self) -> list[str]:
        return list(self.codes)


class Missing(Exception):
    """There is no such thing for this viewer: it does not exist, or lies outside the viewer's areas (no difference shown)."""


class Clash(Exception):
    """The thing changed after the form was made, or is no longer in a state that allows this. Nothing was written."""


class Refused(Exception):
    """A rule forbids it. `reason` is the last part of a key `panel.refused.*`. Nothing was written."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
