"""Passwords of officials: kept as argon2id, looked at off the event loop, and refused where anybody would guess them."""

import asyncio
import base64
import re
import secrets
import unicodedata
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

SHORTEST = 12
LONGEST = 200
LEFT = 6  # letters that must be left when everything common is taken out

_hasher = PasswordHasher()  # argon2id, the library's parameters (RFC 9106, low memory: 64 MiB, t=3)


def _hash_of_nothing() -> str:
    """What no password has, in the form and with the costs of a real one: an unknown login takes the same time. Not made
    by hashing, which would take every process 64 MiB and a while before it is ready."""
    salt, digest = (
        base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=")
        for size in (_hasher.salt_len, _hasher.hash_len)
    )
    costs = f"m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}"
    return f"$argon2id$v=19${costs}${salt}${digest}"


_NOBODY = _hash_of_nothing()
# two at once: each takes 64 MiB and a core for 0.1 s, and the event loop serves phones meanwhile
_pool = ThreadPoolExecutor(2, thread_name_prefix="password")

# What the lists of leaked passwords begin with, here and in Vietnam, and what stands on a desk of this product; folded.
COMMON = """password passwort pword pass word matkhau matma mkhau admin administrator quantri root user guest
 login dangnhap welcome xinchao hello changeme letmein default secret master test demo sample sotay
 iloveyou loveyou love anhyeuem emyeuanh yeuem yeuanh concobebe vietnam viet nam hanoi haiphong doson
 phuong ubnd danguy canbo congan caphuong tonghop donvi kiemtra monkey dragon football baseball
 superman batman princess sunshine shadow michael jordan ashley bailey charlie donald whatever trustno
 qwertyuiop qwerty asdfghjkl asdfgh asdf zxcvbnm zxcvbn zxcv qazwsxedc qazwsx qaz wsx edc rfv
 poiuyt lkjhgf mnbvcx abcdefghijkl abcdef abcd abc xyz qwe asd zxc"""
_COMMON = re.compile("|".join(sorted(COMMON.split(), key=len, reverse=True)))


LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"


def drawn() -> str:
    """16 characters without look-alikes: 93 bits."""
    return "".join(secrets.choice(LETTERS) for _ in range(16))


async def hashed(password: str) -> str:
    return await asyncio.get_running_loop().run_in_executor(_pool, _hasher.hash, password)


def _verify(kept: str, password: str) -> bool:
    try:
        return _hasher.verify(kept, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


async def fits(kept: str | None, password: str) -> bool:
    """True if `password` is the one of the hash `kept`. Does the same work if there is none to compare with."""
    right = await asyncio.get_running_loop().run_in_executor(_pool, _verify, kept or _NOBODY, password)
    return right and kept is not None


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).casefold()).replace("đ", "d")
    return "".join(char for char in plain if char.isalnum())


def weakness(password: str, login: str) -> str:
    """Why a new password is refused, as the last part of a key `panel.weak.*`; empty if it may be used.

    `short` (under 12 characters), `long` (over 200), `holds_it` (the login), `common`: without common words,
    keyboard rows, digits and repeated letters fewer than 6 letters are left, which lists of leaked passwords cover.
    """
    if len(password) < SHORTEST:
        return "short"
    if len(password) > LONGEST:
        return "long"
    plain, name = _folded(password), _folded(login)
    if len(name) > 3 and name in plain:
        return "holds_it"
    left = re.sub(r"(.)\1+", r"\1", _COMMON.sub("", re.sub(r"\d", "", plain)))
    return "common" if len(left) < LEFT or len(set(left)) < LEFT - 2 else ""
