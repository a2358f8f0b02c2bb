"""`python scripts/at_moment.py SEED STARTED MOMENT ARGUMENT…`: the command `sotay` as if MOMENT had been when STARTED was.

Both in milliseconds since 1970; the clock goes on from there. A SEED other than 0 also draws ids from it, so that two runs
make the same sample ward. For pictures only (`scripts/screenshots.py`).
"""

import random
import sys
import time
import uuid
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from storage import clock


def main() -> None:
    seed, started, moment = (int(word) for word in sys.argv[1:4])
    clock.system = lambda: time.time_ns() // 1_000_000 - started + moment
    clock.move(clock.system)
    if seed:
        drawn = random.Random(seed)
        random.seed(seed)
        uuid.uuid4 = lambda: uuid.UUID(int=drawn.getrandbits(128), version=4)
    sys.argv[1:4] = []
    from server.cli.main import entry  # noqa: PLC0415 - after the clock is set

    entry()


main()
