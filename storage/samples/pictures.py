"""Sample photos as a phone's camera would store them: drawn scenes, taken of nobody, full of planted metadata."""

import random
from datetime import datetime, timedelta, timezone
from io import BytesIO

from PIL import ExifTags, Image, ImageChops, ImageFilter
from PIL.TiffImagePlugin import IFDRational

from storage.samples.brush import SIZE
from storage.samples.scenes import SCENES

SUBJECTS = tuple(SCENES)

PLANTED: tuple[bytes, ...] = (
    b"SoTayPlantedMaker",
    b"SoTayPlantedModel",
    b"SoTayPlantedOwner",
    b"SoTayPlantedDescription",
    b"SoTayPlantedGpsArea",
    b"SoTayPlantedComment",
    b"SoTayPlantedXmp",
)
"""Bytes that stand in every sample photo and in no cleaned copy."""

PLACE = (20.7133, 106.778)  # middle of the sample ward, degrees north and east
LATEST = datetime(2026, 11, 22, 17, 0, tzinfo=timezone(timedelta(hours=7)))


def sample_photo(seed: int, subject: str) -> bytes:
    """A JPEG of 1600×1200 (or turned, with orientation 6) showing `subject`, one of `SUBJECTS`; same seed, same bytes.

    Carries EXIF with camera, time and GPS position, XMP and a comment, all invented: see `PLANTED`.
    """
    rng = random.Random(f"{subject}/{seed}")
    image = _developed(SCENES[subject](rng), rng, dark=subject == "broken_lamp")
    turned = rng.random() < 0.4
    if turned:
        image = image.transpose(Image.Transpose.ROTATE_90)
    out = BytesIO()
    exif = _exif(rng, turned=turned)
    image.save(out, "JPEG", quality=rng.randrange(80, 91), exif=exif, comment=PLANTED[5] + b" 1/2", xmp=_xmp(rng))
    return out.getvalue()


def _developed(image: Image.Image, rng: random.Random, *, dark: bool) -> Image.Image:
    """Lens and sensor of a cheap phone: softness, darker corners, colour cast and grain."""
    if rng.random() < 0.25:
        image = image.filter(ImageFilter.BoxBlur(1.6))
    else:
        image = Image.blend(image, ImageChops.offset(image, 1, 1), 0.5)
    corners = Image.radial_gradient("L").point([255 - int(v * v / 1100) for v in range(256)])
    tints = [rng.randrange(238, 256) for _ in range(3)]
    cast = [corners.point([v * tint // 255 for v in range(256)]) for tint in tints]
    image = ImageChops.multiply(image, Image.merge("RGB", cast).resize(SIZE, Image.Resampling.BILINEAR))
    strength = rng.uniform(0.10, 0.16) if dark else rng.uniform(0.05, 0.09)
    coarse = (SIZE[0] * 5 // 8, SIZE[1] * 5 // 8)
    grain = Image.frombytes("RGB", coarse, rng.randbytes(coarse[0] * coarse[1] * 3))
    grain = grain.point([int(128 + (v - 128) * strength) for v in range(256)] * 3)
    return ImageChops.add(image, grain.resize(SIZE, Image.Resampling.BILINEAR), 1, -128)


def _exif(rng: random.Random, *, turned: bool) -> Image.Exif:
    exif = Image.Exif()
    taken = LATEST - timedelta(minutes=rng.randrange(35 * 24 * 60))
    stamp = taken.strftime("%Y:%m:%d %H:%M:%S")
    base = ExifTags.Base
    exif[base.Make] = PLANTED[0].decode()
    exif[base.Model] = f"{PLANTED[1].decode()} {rng.choice(('A1', 'A2', 'X'))}"
    exif[base.ImageDescription] = PLANTED[3].decode()
    exif[base.Artist] = PLANTED[2].decode()
    exif[base.Orientation] = 6 if turned else 1
    exif[base.DateTime] = stamp
    inner = exif.get_ifd(ExifTags.IFD.Exif)
    inner[base.DateTimeOriginal] = stamp
    inner[base.OffsetTimeOriginal] = "+07:00"
    inner[base.ExposureTime] = IFDRational(1, rng.choice((30, 60, 125, 250, 500)))
    inner[base.FNumber] = IFDRational(18, 10)
    inner[base.ISOSpeedRatings] = rng.choice((50, 100, 200, 800, 1600))
    inner[base.FocalLength] = IFDRational(425, 100)
    place = exif.get_ifd(ExifTags.IFD.GPSInfo)
    place[ExifTags.GPS.GPSVersionID] = b"\x02\x03\x00\x00"
    place[ExifTags.GPS.GPSLatitudeRef] = "N"
    place[ExifTags.GPS.GPSLatitude] = _degrees(PLACE[0] + rng.uniform(-0.02, 0.02))
    place[ExifTags.GPS.GPSLongitudeRef] = "E"
    place[ExifTags.GPS.GPSLongitude] = _degrees(PLACE[1] + rng.uniform(-0.02, 0.02))
    place[ExifTags.GPS.GPSAreaInformation] = b"ASCII\x00\x00\x00" + PLANTED[4]
    place[ExifTags.GPS.GPSDateStamp] = taken.strftime("%Y:%m:%d")
    return exif


def _degrees(angle: float) -> tuple[IFDRational, IFDRational, IFDRational]:
    whole = int(angle)
    minutes = (angle - whole) * 60
    seconds = (minutes - int(minutes)) * 60
    return IFDRational(whole, 1), IFDRational(int(minutes), 1), IFDRational(round(seconds * 1000), 1000)


def _xmp(rng: random.Random) -> bytes:
    serial = f"{rng.getrandbits(64):016x}"
    return (
        b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
        b'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
        b'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:CreatorTool="' + PLANTED[6] + b'" xmp:Label="'
        + serial.encode() + b'"/></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    )  # fmt: skip
