"""Files that are written whole or not at all."""

import os
from pathlib import Path


def write_new(path: Path, data: bytes, mode: int) -> None:
    """A new file with all of `data`, durable by itself (its folder is the caller's matter), or none.

    `mode` is less what the umask takes. Raises FileExistsError, OSError.
    """
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode)
    try:
        try:
            left = memoryview(data)
            while left:
                left = left[os.write(handle, left) :]
            os.fsync(handle)
        finally:
            os.close(handle)
    except BaseException:
        path.unlink()
        raise
