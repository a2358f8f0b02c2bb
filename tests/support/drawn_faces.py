"""Drawn faces for the tests of covering: shaded ovals with hair, brows, eyes, nose and mouth.

They prove that what the finder finds is covered, at the right place and in every orientation, and that the finder is
wired in with the right channel order and scale. They do not tell how many faces in real photographs are found.
"""

from PIL import Image, ImageDraw, ImageFilter

SKINS = ((224, 172, 140), (198, 140, 105), (240, 200, 172))


def face(height: int, skin: tuple[int, int, int] = SKINS[0]) -> Image.Image:
    """A face looking at us, `height` px from hair to neck."""
    picture = Image.new("RGB", (300, 400), (150, 160, 150))
    draw = ImageDraw.Draw(picture)
    shade = (int(skin[0] * 0.85), int(skin[1] * 0.85), int(skin[2] * 0.85))
    hair, dark = (40, 28, 22), (45, 30, 25)
    draw.rectangle((100, 330, 200, 400), fill=shade)
    draw.ellipse((40, 10, 260, 300), fill=hair)
    draw.ellipse((55, 50, 245, 370), fill=skin)
    draw.pieslice((55, 40, 245, 180), 180, 360, fill=hair)
    for x in (105, 195):
        draw.arc((x - 32, 140, x + 32, 180), 200, 340, fill=dark, width=9)
        draw.ellipse((x - 24, 172, x + 24, 198), fill=(245, 240, 238))
        draw.ellipse((x - 12, 172, x + 12, 198), fill=dark)
        draw.arc((x - 26, 166, x + 26, 204), 190, 350, fill=dark, width=5)
    draw.polygon([(150, 180), (128, 258), (172, 258)], fill=shade)
    for x in (135, 165):
        draw.ellipse((x - 9, 246, x + 9, 264), fill=(120, 70, 60))
    draw.ellipse((105, 288, 195, 326), fill=(170, 70, 75))
    draw.line((108, 306, 192, 306), fill=(90, 30, 35), width=5)
    soft = picture.filter(ImageFilter.GaussianBlur(5))
    return soft.resize((height * 3 // 4, height), Image.Resampling.LANCZOS)


def crowd(
    heights: tuple[int, ...] = (180, 150, 120, 100, 90, 80, 70, 64, 60, 56, 52, 48),
) -> tuple[Image.Image, list[tuple[int, int, int, int]]]:
    """A 1280 × 960 street with one drawn face per height, and the inner boxes (eyes to mouth) of the faces."""
    street = Image.linear_gradient("L").resize((1280, 960)).convert("RGB")
    boxes = []
    for place, height in enumerate(heights):
        x, y = 40 + place % 4 * 310, 40 + place // 4 * 310
        drawn = face(height, SKINS[place % len(SKINS)])
        street.paste(drawn, (x, y))
        w, h = drawn.size
        boxes.append((x + w // 4, y + h * 2 // 5, x + w * 3 // 4, y + h * 4 // 5))
    return street, boxes
