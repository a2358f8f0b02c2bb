"""The walls around the process that decodes strangers' pictures. Linux; standard library only.

Two walls keep it off the network, and each is used where the system lets us:

* a network namespace of its own (`leave_network`): needs root, or the right to make user namespaces;
* a seccomp filter (`seal`): an allow list of system calls, x86-64 and aarch64, needs no right at all. It also forbids
  opening files, starting programs, new processes and threads, and looking into other processes.

Inside a container the first is usually forbidden and the second holds. Where neither holds (another processor), what
remains is memory, time, file size and descriptor limits, an environment without anything of ours and no new privileges.
"""

import contextlib
import ctypes
import errno
import os
import platform
import resource
import struct
from pathlib import Path

HEADROOM = 340 << 20
"""Bytes a child may map beyond what the preloaded template maps; with the template's 50 MiB it stays under 400 MiB."""

_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000
_PR_SET_PDEATHSIG = 1
_PR_SET_SECCOMP = 22
_PR_SET_NO_NEW_PRIVS = 38
_SIGKILL = 9
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3

# System calls a decoding child needs once everything is loaded: memory, its two open descriptors, clocks, its end.
# read write close fstat lseek poll mmap mprotect munmap mremap madvise brk futex rt_sigaction rt_sigprocmask
# rt_sigreturn sigaltstack getpid gettid getrusage sched_yield sched_getaffinity clock_gettime gettimeofday
# getrandom exit exit_group restart_syscall set_robust_list rseq writev readv membarrier
# No signal can be sent, so abort() ends as a segmentation fault, which is just as well.
_ALLOWED: dict[str, tuple[int, tuple[int, ...]]] = {
    "x86_64": (
        0xC000003E,
        (0, 1, 3, 5, 8, 7, 9, 10, 11, 25, 28, 12, 202, 13, 14, 15, 131, 39, 186, 98, 24, 204, 228, 96)
        + (318, 60, 231, 219, 273, 334, 20, 19, 324),
    ),
    "aarch64": (
        0xC00000B7,
        (
            63,
            64,
            57,
            80,
            62,
            73,
            222,
            226,
            215,
            216,
            233,
            214,
            98,
            134,
            135,
            139,
            132,
            172,
            178,
            165,
            124,
            123,
            113,
            169,
        )
        + (278, 93, 94, 128, 99, 293, 66, 65, 283),
    ),
}


def leave_network() -> bool:
    """Move this single-threaded process into an empty network namespace; False where the system forbids it."""
    libc = ctypes.CDLL(None, use_errno=True)
    return bool(libc.unshare(_CLONE_NEWNET) == 0 or libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0)


def no_new_privileges() -> None:
    """No set-uid program can raise this process or its children from now on; asked for before the filter."""
    ctypes.CDLL(None).prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def mapped() -> int:
    """Bytes of address space this process maps now."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()


def limit(baseline: int, seconds: float) -> None:
    """Set limits of a child: `baseline` + HEADROOM bytes of memory, `seconds` of CPU (rounded up), no files, no dump.

    A picture must never reach the disk, not even as a core dump. The child is the first the kernel ends when memory
    is short, and it ends with its parent.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)
    with contextlib.suppress(OSError):  # no /proc: the kernel chooses by size alone
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    cpu = int(seconds) + 1
    for what, most in (
        (resource.RLIMIT_AS, baseline + HEADROOM),
        (resource.RLIMIT_CPU, cpu),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, 4),
    ):
        resource.setrlimit(what, (most, most))


def seal() -> bool:
    """Install the system-call filter in this process for good; False where the system has none for us.

    Calls outside the list fail with EPERM. Call it last: afterwards nothing can be opened or imported.
    """
    machine = platform.machine()
    if machine not in _ALLOWED:
        return False
    architecture, allowed = _ALLOWED[machine]
    program = _filter(architecture, allowed)
    code = ctypes.create_string_buffer(program, len(program))
    # struct sock_fprog: number of instructions, pointer to them
    header = ctypes.create_string_buffer(struct.pack("@HP", len(program) // 8, ctypes.addressof(code)))
    return bool(ctypes.CDLL(None).prctl(_PR_SET_SECCOMP, 2, header, 0, 0) == 0)


def _filter(architecture: int, allowed: tuple[int, ...]) -> bytes:
    """Classic BPF: another architecture is killed, a listed call allowed, every other refused with EPERM."""
    load, equal, greater, answer = 0x20, 0x15, 0x35, 0x06
    lines = [
        (load, 0, 0, 4),  # seccomp_data.arch
        (equal, 1, 0, architecture),
        (answer, 0, 0, 0x80000000),  # SECCOMP_RET_KILL_PROCESS
        (load, 0, 0, 0),  # seccomp_data.nr
        (greater, len(allowed), 0, 0x40000000),  # the x32 numbers
    ]
    for place, number in enumerate(allowed):
        lines.append((equal, len(allowed) - place, 0, number))
    lines.append((answer, 0, 0, 0x00050000 | errno.EPERM))
    lines.append((answer, 0, 0, 0x7FFF0000))  # SECCOMP_RET_ALLOW
    return b"".join(struct.pack("=HBBI", *line) for line in lines)


def keep_memory() -> None:
    """Let this process use freed memory again instead of giving it back: a tenth of the time of a 3-megapixel picture.

    A child lives for one picture, so nothing is gained by giving back. glibc only; elsewhere nothing happens.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, 32 << 20)
        mallopt(_M_TRIM_THRESHOLD, 1 << 30)


def take_over(channel: int) -> None:
    """Make the socket `channel` this process's standard input and output and close every other descriptor."""
    os.dup2(channel, 0)
    os.dup2(channel, 1)
    os.closerange(3, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
