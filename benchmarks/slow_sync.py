"""A disk whose every sync takes longer: a library put before libc, compiled with gcc when a benchmark needs it."""

import subprocess
from pathlib import Path

SOURCE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>
static void late(void) { struct timespec t = {0, %d * 1000000L}; while (nanosleep(&t, &t)) {} }
#define SLOW(name) int name(int fd) { static int (*real)(int); \
    if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, #name); late(); return real(fd); }
SLOW(fsync)
SLOW(fdatasync)
"""


def slower(folder: Path, milliseconds: int) -> dict[str, str]:
    """The environment in which each fsync and fdatasync of a process takes so much longer."""
    source, library = folder / "slow_sync.c", folder / "slow_sync.so"
    source.write_text(SOURCE % milliseconds)
    subprocess.run(["gcc", "-O2", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    library.chmod(0o755)
    return {"LD_PRELOAD": str(library)}
