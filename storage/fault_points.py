"""Named places at which tests cut the power: between two steps that a crash may part.

In production `point` does nothing. A test arms it in a child process, which then kills itself with SIGKILL the moment the
place is passed; SOTAY_FAULT_POINT does the same to a started server: `write.committed`, `part.put#3` (the third time the
place is passed), `*#17` (the 17th place of any name).
"""

import os
import signal
from collections.abc import Callable


def _pass(name: str) -> None:
    """Production: nothing is armed."""


point: Callable[[str], None] = _pass


def arm(spec: str) -> None:
    """From now on this process dies at the place named by `spec` (see the module)."""
    global point
    name, _, nth = spec.partition("#")
    left = int(nth or 1)

    def die_there(here: str) -> None:
        nonlocal left
        if name in ("*", here):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    point = die_there


def listen(hear: Callable[[str], None]) -> None:
    """Tells the places as they are passed (tests count them before they choose one)."""
    global point
    point = hear


if os.environ.get("SOTAY_FAULT_POINT"):
    arm(os.environ["SOTAY_FAULT_POINT"])
