"""What every object store can do, and how it says that it cannot."""

from typing import Protocol

THREADS = 16  # they wait for a disk or a network; four were a bottleneck with syncs of 5 ms


class StoreAway(Exception):
    """The object store cannot be reached or refuses; nothing was written. Try again later."""


class Bucket(Protocol):
    def put(self, key: str, data: bytes) -> None: ...

    def get(self, key: str) -> bytes | None: ...

    def delete(self, key: str) -> None: ...

    def keys(self, prefix: str) -> list[str]: ...
