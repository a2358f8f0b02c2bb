"""Pictures nobody should have to open, and honest ones that look odd; all made here, byte by byte or by Pillow.

Each `Case` says what must come of it: a problem code, several that are all right, or `CLEAN` for a rebuilt picture.
"""

import io
import random
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from PIL import Image, PngImagePlugin

CLEAN = "clean"
PLANTED = b"PLANTED-8d41c7"
"""Stands in every place a picture file has for words about its picture; may never come out."""
PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Case:
    name: str
    make: Callable[[], bytes]
    outcome: frozenset[str]


def scene(width: int = 320, height: int = 240, mode: str = "RGB") -> Image.Image:
    """A picture with all tones, upper left corner red, so that its way up can be told."""
    picture = Image.radial_gradient("L").resize((width, height)).convert("RGB")
    picture.paste((220, 20, 20), (0, 0, width // 3, height // 3))
    return picture.convert(mode)


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(
    width: int, height: int, rows: bytes | None, depth: int = 8, colour: int = 2, interlace: int = 0, *extra: bytes
) -> bytes:
    """A PNG whose header may lie; `rows` are the bytes that are deflated into IDAT."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace))
    data = b"" if rows is None else chunk(b"IDAT", zlib.compress(rows, 9))
    return PNG + head + b"".join(extra) + data + chunk(b"IEND", b"")


def zeros(size: int) -> bytes:
    """`size` zero bytes deflated, without ever holding them."""
    squeeze = zlib.compressobj(9)
    parts = [squeeze.compress(bytes(1 << 20)) for _ in range(size >> 20)]
    return b"".join([*parts, squeeze.compress(bytes(size & 0xFFFFF)), squeeze.flush()])


def bomb_png(width: int, height: int, colour: int = 0, interlace: int = 0) -> bytes:
    """A PNG that really has all its rows: small file, large picture."""
    samples = {0: 1, 2: 3, 3: 1, 6: 4}[colour]
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, interlace))
    palette = chunk(b"PLTE", bytes(768)) if colour == 3 else b""
    rows = (width * samples + 1) * height + interlace * (2 * samples + 1) * height
    return PNG + head + palette + chunk(b"IDAT", zeros(rows)) + chunk(b"IEND", b"")


def lying_jpeg(width: int, height: int) -> bytes:
    """A good JPEG whose frame header claims another size."""
    raw = bytearray(saved(scene(64, 64), "JPEG"))
    at = raw.index(b"\xff\xc0")
    raw[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(raw)


def lying_webp(width: int, height: int) -> bytes:
    """An extended WebP whose canvas claims another size than its only frame has."""
    body = saved(scene(64, 64), "WEBP")[12:]
    canvas = struct.pack("<B3x", 0) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    inner = b"WEBP" + b"VP8X" + struct.pack("<I", 10) + canvas + body
    return b"RIFF" + struct.pack("<I", len(inner)) + inner


def many_scans() -> bytes:
    """A progressive JPEG whose last scan is sent thousands of times over a large picture; a small file."""
    raw = saved(Image.new("RGB", (3000, 2000), "grey"), "JPEG", progressive=True)
    return raw[:-2] + raw[raw.rindex(b"\xff\xda") : -2] * 3000 + raw[-2:]


def tagged() -> Image.Exif:
    """EXIF with the planted words as maker, artist, user comment and GPS place, and orientation 6."""
    exif = Image.Exif()
    word = PLANTED.decode()
    exif[0x010F], exif[0x013B], exif[0x010E] = word, word, word
    exif[0x0112] = 6
    exif.get_ifd(0x8769)[0x9286] = b"ASCII\0\0\0" + PLANTED
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2], gps[0x1B] = "N", (20.0, 42.0, 34.0), b"ASCII\0\0\0" + PLANTED
    return exif


def planted_jpeg() -> bytes:
    """A JPEG with the words in EXIF, GPS, XMP, profile, comment, an unknown segment, a thumbnail, and after its end."""
    raw = saved(
        scene(),
        "JPEG",
        exif=tagged(),
        xmp=b"<x:xmpmeta>" + PLANTED + b"</x:xmpmeta>",
        icc_profile=bytes(128) + PLANTED,
        comment=PLANTED,
    )
    thumbnail = saved(scene(32, 24), "JPEG", comment=PLANTED)
    odd = b"\xff\xed" + struct.pack(">H", len(PLANTED) + 2) + PLANTED
    jfxx = b"JFXX\0\x10" + thumbnail
    odd += b"\xff\xe0" + struct.pack(">H", len(jfxx) + 2) + jfxx
    return raw[:2] + odd + raw[2:] + PLANTED


def planted_png() -> bytes:
    words = PngImagePlugin.PngInfo()
    words.add_text("Comment", PLANTED.decode())
    words.add_text("Packed", PLANTED.decode(), zip=True)
    words.add_itxt("XML:com.adobe.xmp", PLANTED.decode())
    words.add(b"pRVt", PLANTED)
    raw = saved(scene(), "PNG", pnginfo=words, exif=tagged(), icc_profile=bytes(128) + PLANTED)
    return raw + PLANTED


def planted_webp() -> bytes:
    return saved(scene(), "WEBP", exif=tagged(), xmp=PLANTED, icc_profile=bytes(128) + PLANTED) + PLANTED


def planted_mpo() -> bytes:
    """A phone's two-view file: the second view carries the words."""
    second = scene(64, 48)
    second.encoderinfo = {"comment": PLANTED, "exif": tagged()}
    return saved(scene(), "MPO", save_all=True, append_images=[second]) + PLANTED


def oriented(orientation: int) -> bytes:
    """A picture that stands upright (red corner upper left, 320 × 240) once `orientation` is applied."""
    back = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # the inverse transpositions, by Pillow's numbers
    picture = scene()
    if orientation in back:
        picture = picture.transpose(Image.Transpose(back[orientation]))
    exif = Image.Exif()
    exif[0x0112] = orientation
    return saved(picture, "JPEG", exif=exif, quality=95)


def animated(kind: str) -> bytes:
    frames = [scene(80, 60), Image.new("RGB", (80, 60), "blue"), Image.new("RGB", (80, 60), "green")]
    return saved(frames[0], kind, save_all=True, append_images=frames[1:], duration=50)


def cut(raw: bytes, share: float) -> bytes:
    return raw[: int(len(raw) * share)]


def _cut_scene(kind: str, share: float) -> bytes:
    return cut(saved(scene(640, 480), kind), share)


def see_through() -> bytes:
    return saved(scene(mode="P"), "PNG", transparency=0)


def _fixed() -> Iterator[tuple[str, Callable[[], bytes], str]]:
    """name, how to make it, outcomes (separated by blanks)."""
    yield "png 20000²", lambda: bomb_png(20000, 20000), "picture_bomb"
    yield "png 20000² interlaced", lambda: bomb_png(20000, 20000, interlace=1), "picture_bomb"
    yield "png 6000² true", lambda: bomb_png(6000, 6000, colour=2), "picture_too_large"
    yield "png 5000² rgba", lambda: bomb_png(5000, 5000, colour=6), "picture_too_large"
    yield "png 12 Mpx rgba", lambda: bomb_png(4000, 3000, colour=6), CLEAN
    yield "png 12 Mpx interlaced rgba", lambda: bomb_png(4000, 3000, 6, 1), CLEAN
    yield "png 12 Mpx palette", lambda: bomb_png(4000, 3000, colour=3), CLEAN
    yield "png 2³¹ wide", lambda: png(2**31 - 1, 2**31 - 1, b"\0\0\0\0"), "picture_bomb picture_unreadable"
    yield "png lying large", lambda: png(3000, 3000, bytes(100)), "picture_unreadable"
    yield "png lying small", lambda: png(10, 10, bytes(1 << 22)), f"{CLEAN} picture_unreadable"
    yield "png zero wide", lambda: png(0, 10, bytes(10)), "picture_unreadable"
    yield "png zero high", lambda: png(10, 0, b""), "picture_unreadable"
    yield "png without data", lambda: png(10, 10, None), "picture_unreadable"
    yield "png bad depth", lambda: png(10, 10, bytes(400), depth=7), "picture_unreadable"
    yield "png broken crc in header", lambda: PNG + chunk(b"IHDR", bytes(13))[:-4] + b"oops", "picture_unreadable"
    yield "png broken crc in data", lambda: _flip(saved(scene(), "PNG"), -14), f"{CLEAN} picture_unreadable"
    yield (
        "png broken deflate",
        lambda: PNG + _head(64, 64) + chunk(b"IDAT", b"\x78\x9c" + b"\xff" * 90),
        "picture_unreadable",
    )
    yield "png text bomb", lambda: png(9, 9, bytes(252), 8, 2, 0, _ztxt()), f"{CLEAN} picture_unreadable"
    yield "png profile bomb", lambda: png(9, 9, bytes(252), 8, 2, 0, _iccp()), f"{CLEAN} picture_unreadable"
    yield "png 100k chunks", lambda: png(9, 9, bytes(252), 8, 2, 0, chunk(b"tEXt", b"a\0b") * 100_000), CLEAN
    yield "jpeg lying 65500²", lambda: lying_jpeg(65500, 65500), "picture_bomb"
    yield "jpeg lying 6000²", lambda: lying_jpeg(6000, 6000), "picture_too_large"
    yield "jpeg lying 4900²", lambda: lying_jpeg(4900, 4900), f"{CLEAN} picture_unreadable"
    yield "jpeg lying 1 × 30000", lambda: lying_jpeg(1, 30000), "picture_too_large"
    yield "jpeg zero high", lambda: lying_jpeg(64, 0), "picture_unreadable"
    yield "jpeg zero wide", lambda: lying_jpeg(0, 64), "picture_unreadable"
    yield "jpeg 3000 scans", many_scans, "picture_bomb"
    yield "jpeg only magic", lambda: b"\xff\xd8\xff", "picture_unreadable"
    yield "jpeg endless comments", lambda: b"\xff\xd8" + (b"\xff\xfe\xff\xff" + bytes(65533)) * 60, "picture_unreadable"
    yield "jpeg huge exif", lambda: saved(scene(), "JPEG", exif=b"Exif\0\0MM" + b"\xff" * 65000), CLEAN
    yield "jpeg exif loops", lambda: saved(scene(), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08" + b"\xff" * 900), CLEAN
    yield "jpeg huge profile", lambda: saved(scene(), "JPEG", icc_profile=PLANTED * 200_000), CLEAN
    yield "jpeg 9 MiB", lambda: saved(scene(), "JPEG") + bytes(9 << 20), "picture_too_large"
    yield "jpeg then zip", lambda: saved(scene(), "JPEG") + b"PK\x03\x04" + PLANTED, CLEAN
    yield "jpeg of 64 Mpx", lambda: saved(Image.new("L", (8000, 8000)), "JPEG"), "picture_bomb"
    yield "webp canvas 16384²", lambda: lying_webp(16384, 16384), "picture_bomb"
    yield "webp canvas 5000²", lambda: lying_webp(5000, 5000), "picture_too_large"
    yield "webp canvas 3400²", lambda: lying_webp(3400, 3400), f"{CLEAN} picture_unreadable"
    yield "webp empty", lambda: b"RIFF\x04\0\0\0WEBP", "picture_unreadable"
    yield "webp unknown chunk", lambda: b"RIFF\x20\0\0\0WEBPJUNK" + bytes(40), "picture_unreadable"
    yield "mpo with a planted view", planted_mpo, CLEAN
    yield "webp animated", lambda: animated("WEBP"), CLEAN
    yield "png animated", lambda: animated("PNG"), CLEAN
    yield "gif", lambda: animated("GIF"), "picture_type"
    yield "gif and zip", lambda: saved(scene(mode="P"), "GIF") + b"PK\x05\x06" + bytes(18), "picture_type"
    yield "tiff", lambda: saved(scene(), "TIFF"), "picture_type"
    yield "bmp", lambda: saved(scene(), "BMP"), "picture_type"
    yield "ico", lambda: saved(scene(64, 64), "ICO"), "picture_type"
    yield "ppm", lambda: saved(scene(), "PPM"), "picture_type"
    yield (
        "svg",
        lambda: b"<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>",
        "picture_type",
    )
    yield "html", lambda: b"<!doctype html><img src=x onerror=alert(1)>", "picture_type"
    yield "html with a jpeg inside", lambda: b"<html>" + saved(scene(), "JPEG"), "picture_type"
    yield "pdf", lambda: b"%PDF-1.7\n" + saved(scene(), "JPEG"), "picture_type"
    yield "postscript", lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "picture_type"
    yield "zip", lambda: b"PK\x03\x04" + bytes(60), "picture_type"
    yield "program", lambda: b"\x7fELF" + bytes(200), "picture_type"
    yield "empty", lambda: b"", "picture_type"
    yield "one byte", lambda: b"\xff", "picture_type"
    yield "noise", lambda: random.Random(1).randbytes(50_000), "picture_type"
    yield "png magic, jpeg body", lambda: PNG + saved(scene(), "JPEG"), "picture_unreadable"
    yield "jpeg magic, png body", lambda: b"\xff\xd8\xff" + saved(scene(), "PNG"), "picture_unreadable"
    yield "jpeg magic, tiff body", lambda: b"\xff\xd8\xff" + saved(scene(), "TIFF"), "picture_unreadable"
    yield "cmyk", lambda: saved(scene(mode="CMYK"), "JPEG"), CLEAN
    yield "grey", lambda: saved(scene(mode="L"), "JPEG"), CLEAN
    yield "16 bit", lambda: saved(Image.new("I;16", (300, 200), 40000), "PNG"), CLEAN
    yield "1 bit", lambda: saved(scene(mode="1"), "PNG"), CLEAN
    yield "palette, see-through", see_through, CLEAN
    yield "alpha", lambda: saved(scene(mode="RGBA"), "PNG"), CLEAN
    yield "grey and alpha", lambda: saved(scene(mode="LA"), "PNG"), CLEAN
    yield "one pixel", lambda: saved(Image.new("RGB", (1, 1)), "PNG"), CLEAN
    yield "1 × 12000", lambda: saved(Image.new("RGB", (1, 12000)), "PNG"), CLEAN
    yield "12000 × 1", lambda: saved(Image.new("RGB", (12000, 1)), "JPEG"), CLEAN
    yield "1 × 12001", lambda: saved(Image.new("RGB", (1, 12001)), "PNG"), "picture_too_large"
    yield "25 Mpx jpeg", lambda: saved(Image.new("RGB", (5000, 5000), "grey"), "JPEG", progressive=True), CLEAN
    yield "12 Mpx webp", lambda: saved(Image.new("RGB", (4000, 3000), "grey"), "WEBP", method=0), CLEAN


def _cuts() -> Iterator[tuple[str, Callable[[], bytes], str]]:
    for kind in ("JPEG", "PNG", "WEBP"):
        for share in (0.002, 0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99):
            yield (
                f"{kind} cut at {share}",
                partial(_cut_scene, kind, share),
                "picture_type picture_unreadable" if share < 0.02 else "picture_unreadable",
            )


def cases() -> list[Case]:
    return [Case(name, make, frozenset(outcome.split())) for each in (_fixed, _cuts) for name, make, outcome in each()]


def mutated(number: int) -> bytes:
    """The `number`-th mutation: a small planted picture with bytes flipped, cut out, doubled or cut off."""
    dice = random.Random(number)
    raw = bytearray(_STOCK[number % len(_STOCK)])
    for _ in range(dice.choice((1, 2, 5, 20))):
        at = dice.randrange(len(raw))
        match dice.randrange(5):
            case 0 | 1:
                raw[at] ^= 1 << dice.randrange(8)
            case 2:
                raw[at : at + 4] = dice.choice((b"\xff" * 4, b"\0" * 4, b"\x7f\xff\xff\xff"))
            case 3:
                raw[at : at + dice.randrange(1, 60)] = b""
            case _:
                raw[at:at] = raw[at : at + dice.randrange(1, 60)]
    return bytes(raw if dice.random() < 0.9 else raw[: dice.randrange(len(raw))])


def _flip(raw: bytes, at: int) -> bytes:
    spoiled = bytearray(raw)
    spoiled[at] ^= 0xFF
    return bytes(spoiled)


def _head(width: int, height: int) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))


def _ztxt() -> bytes:
    return chunk(b"zTXt", b"a\0\0" + zeros(1 << 28))


def _iccp() -> bytes:
    return chunk(b"iCCP", b"a\0\0" + zeros(1 << 28))


_STOCK = [
    planted_jpeg(),
    planted_png(),
    planted_webp(),
    planted_mpo(),
    animated("WEBP"),
    animated("PNG"),
    see_through(),
]
