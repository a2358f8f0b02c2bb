"""Fixtures of the tests of what remembers, and forgets."""

from collections.abc import Iterator

import pytest

from forgetting import Time
from storage import clock


@pytest.fixture
def time() -> Iterator[Time]:
    yield Time()
    clock.move(clock.system)
