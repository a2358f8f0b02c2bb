"""The places sample photos show, drawn from a seed; the subjects of `pictures.sample_photo`."""

import math
import random
from collections.abc import Callable

from PIL import Image, ImageDraw, ImageFilter

from storage.samples.brush import SIZE, Camera, Colour, blob, clouds, gradient, lump, mix, shade, sky, speckle, textured
from storage.samples.streets import broken_lamp, flooded_road, pothole, street

BAGS: tuple[Colour, ...] = (
    (44, 46, 52), (52, 52, 58), (196, 198, 196), (214, 210, 200), (70, 110, 170), (190, 60, 54), (90, 150, 90),
    (200, 170, 70), (150, 120, 86), (120, 96, 70),
)  # fmt: skip


def rubbish_heap(rng: random.Random) -> Image.Image:
    camera = Camera(rng.uniform(360, 450), 1.6, 1050, rng.uniform(560, 1040))
    air = rng.choice(((178, 198, 214), (206, 206, 200), (150, 178, 206)))
    image = street(rng, air, shade(air, 1.15), rng.uniform(0.85, 1.05), rng.random(), camera)
    draw = ImageDraw.Draw(image)
    middle, width, high = (
        800 + rng.choice((-1, 1)) * rng.uniform(180, 420),
        rng.uniform(420, 560),
        rng.uniform(220, 330),
    )
    shadow = Image.new("L", SIZE, 0)
    ImageDraw.Draw(shadow).ellipse((middle - width * 1.15, 840, middle + width * 1.2, 1130), fill=150)
    image.paste((38, 36, 34), (0, 0), shadow.filter(ImageFilter.GaussianBlur(30)))
    things: list[tuple[float, float]] = []
    for _ in range(230):
        x = rng.triangular(-1, 1, 0)
        hill = high * (1 - abs(x) ** 1.5) * rng.uniform(0.8, 1.1)
        things.append((middle + x * width, 1050 - rng.random() ** 0.8 * hill + rng.uniform(-40, 50) * (1 - abs(x))))
    for x, y in sorted(things, key=lambda thing: thing[1]):
        paint, size = rng.choice(BAGS), rng.uniform(18, 62) * (0.6 + (y - 600) / 800)
        pick = rng.random()
        if pick < 0.62:
            lump(rng, draw, (x, y), size, paint)
        elif pick < 0.74:
            turn, wide, deep = rng.uniform(-0.5, 0.5), size * rng.uniform(0.7, 1.1), size * rng.uniform(0.5, 0.8)
            box = [(x + a * wide * math.cos(turn) - b * deep * math.sin(turn), y + a * wide * math.sin(turn) + b * deep)
                   for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))]  # fmt: skip
            card = shade((172, 132, 88), rng.uniform(0.7, 1.1))
            draw.polygon(box, fill=card, outline=shade(card, 0.6))
            flap = [(box[1][0] - 8, box[1][1] - deep * 0.5), (box[0][0] + 8, box[0][1] - deep * 0.5)]
            draw.polygon([box[0], box[1], *flap], fill=shade(card, 1.18))
        else:
            end = (x + rng.uniform(-1, 1) * size, y + rng.uniform(-0.3, 0.6) * size)
            draw.line((x, y, *end), fill=shade(paint, 1.1), width=int(size / 4) + 2)
            draw.line((x, y - 2, end[0], end[1] - 2), fill=shade(paint, 1.6), width=2)
    for _ in range(160):
        x, y = rng.gauss(middle, width * 0.8), rng.uniform(930, 1190)
        paint = rng.choice(((224, 222, 214), (150, 130, 100), (70, 80, 60), (190, 180, 60)))
        draw.polygon(blob(rng, (x, y), (rng.uniform(3, 13), rng.uniform(2, 7)), 6, 0.5), fill=paint)
    return textured(image, speckle(rng, SIZE, 6), 0.12)


def beach(rng: random.Random) -> Image.Image:
    horizon = int(rng.uniform(400, 520))
    shore = horizon + int(rng.uniform(200, 280))
    top = rng.choice(((96, 150, 206), (150, 172, 190), (120, 160, 196)))
    image = sky(rng, top, shade(top, 1.4), rng.uniform(0, 0.8))
    draw = ImageDraw.Draw(image)
    side = rng.choice((-1, 1))
    for far in (3, 2, 1):
        ridge, start = [], 1600 if side > 0 else 0
        phase = rng.uniform(0, 6)
        for i in range(41):
            x = start - side * i * (20.0 + far * 6)
            ridge.append((x, horizon - (190 - far * 30) * (1 - i / 40) ** 1.3 * (1 + 0.16 * math.sin(phase + i * 0.5))
                          - rng.uniform(0, 7)))  # fmt: skip
        draw.polygon(
            [(start, horizon + 4), *ridge, (ridge[-1][0], horizon + 4)],
            fill=mix((58, 88, 60), shade(top, 1.2), far * 0.22),
        )
    sea = gradient((SIZE[0], shore + 60 - horizon), rng.choice(((92, 128, 136), (84, 122, 142))), (160, 158, 134))
    sea = textured(textured(sea, speckle(rng, sea.size, 4, 12), 0.4), clouds(rng, sea.size, 50, 9), 0.35)
    image.paste(sea, (0, horizon))
    sand = gradient((SIZE[0], SIZE[1] - shore), (168, 146, 112), (210, 188, 148))
    sand = textured(textured(sand, speckle(rng, sand.size, 3, 2), 0.35), clouds(rng, sand.size, 140, 4), 0.45)
    wash = [
        (x, shore + 26 * math.sin(x / 210 + horizon) + 12 * math.sin(x / 67) + rng.uniform(-3, 3))
        for x in range(0, 1620, 20)
    ]
    mask = Image.new("L", SIZE, 0)
    ImageDraw.Draw(mask).polygon([*wash, (1600, 1200), (0, 1200)], fill=255)
    whole = Image.new("RGB", SIZE, (176, 152, 118))
    whole.paste(sand, (0, shore))
    image.paste(whole, (0, 0), mask.filter(ImageFilter.GaussianBlur(3)))
    draw = ImageDraw.Draw(image)
    draw.line(wash, fill=(236, 238, 232), width=9)
    for nth in range(1, 5):
        y, lift = shore - (shore - horizon) * nth / 6, 12 - nth * 2
        begin = rng.uniform(-200, 500)
        foam = [
            (begin + i * 26, y + lift * math.sin(i / 3 + nth) + rng.uniform(-2, 2))
            for i in range(rng.randrange(26, 60))
        ]
        draw.line(foam, fill=(226, 232, 230), width=max(2, 8 - nth))
    for _ in range(rng.randrange(1, 4)):
        x, y = rng.uniform(100, 1500), float(horizon + rng.randrange(4, 40))
        size = 16 + (y - horizon)
        hull = [(x - size, y - size * 0.3), (x + size * 1.1, y - size * 0.4), (x + size * 0.8, y), (x - size * 0.8, y)]
        draw.polygon(hull, fill=rng.choice(((54, 84, 130), (140, 60, 50), (60, 60, 60))))
        draw.line((x, y - size * 0.3, x, y - size * 1.3), fill=(70, 60, 50), width=3)
    flag = rng.uniform(200, 1400)
    draw.line((flag, shore + 140, flag, shore - 150), fill=(90, 84, 78), width=7)
    draw.polygon([(flag, shore - 150), (flag + 84, shore - 128), (flag, shore - 100)], fill=(196, 48, 40))
    for _ in range(rng.randrange(3, 7)):
        x, y = rng.uniform(60, 1540), rng.uniform(shore + 110, shore + 330)
        size, paint = (
            50 + (y - shore) * 0.28,
            rng.choice(((200, 60, 54), (60, 110, 180), (226, 190, 70), (70, 140, 100))),
        )
        draw.ellipse((x - size * 0.7, y - 12, x + size * 1.2, y + 16), fill=(142, 122, 94))
        draw.line((x, y, x, y - size * 1.9), fill=(120, 110, 100), width=6)
        for part in range(6):
            left, right = x - size + part * size / 3, x - size + (part + 1) * size / 3
            draw.polygon([(x, y - size * 2.3), (left, y - size * 1.5), (right, y - size * 1.5)],
                         fill=shade(paint, 1.0) if part % 2 else (232, 228, 218))  # fmt: skip
    for _ in range(rng.randrange(20, 120)):
        x, y = rng.uniform(0, 1600), rng.uniform(shore + 40, 1190)
        draw.polygon(blob(rng, (x, y), (rng.uniform(2, 11), rng.uniform(2, 6)), 7, 0.5),
                     fill=rng.choice(((98, 92, 70), (226, 224, 214), (70, 100, 140), (110, 84, 60))))  # fmt: skip
    return image


TARPS: tuple[Colour, ...] = ((58, 98, 168), (176, 62, 52), (64, 128, 92), (210, 160, 60), (196, 190, 178))
GOODS: tuple[Colour, ...] = (
    (196, 60, 44),
    (230, 150, 50),
    (90, 140, 60),
    (220, 200, 90),
    (140, 90, 140),
    (180, 176, 168),
)


def market_street(rng: random.Random) -> Image.Image:
    camera = Camera(rng.uniform(430, 520), 1.6, 1050, rng.uniform(660, 940))
    air = rng.choice(((200, 208, 212), (170, 196, 220)))
    image = street(rng, air, shade(air, 1.12), rng.uniform(0.85, 1.0), rng.random(), camera)
    draw = ImageDraw.Draw(image)
    for z in [22 - i * 2.3 for i in range(9)]:
        for side in (-1, 1):
            if rng.random() < 0.16:
                continue
            inner, outer, deep = side * rng.uniform(1.7, 2.2), side * 4.4, z + 1.9
            paint, light = rng.choice(TARPS), 0.7 + 0.3 * rng.random()
            for x in (inner, outer):
                for end in (deep, z):
                    draw.line(
                        [camera.at(x, 0, end), camera.at(x, 2.3, end)], fill=(96, 90, 84), width=max(2, int(40 / end))
                    )
            table = [
                camera.at(inner, 0.7, z),
                camera.at(outer, 0.7, z),
                camera.at(outer, 0.8, deep),
                camera.at(inner, 0.8, deep),
            ]
            draw.polygon(
                [camera.at(inner, 0, z), camera.at(outer, 0, z), table[1], table[0]], fill=shade((96, 84, 72), light)
            )
            draw.polygon(
                [camera.at(inner, 0, z), camera.at(inner, 0, deep), table[3], table[0]], fill=shade((74, 64, 56), light)
            )
            draw.polygon(table, fill=shade((150, 136, 118), light))
            for _ in range(34):
                at = camera.at(inner + (outer - inner) * rng.random(), rng.uniform(0.8, 0.98), z + 1.8 * rng.random())
                lump_size = 95 / z * rng.uniform(0.5, 1.1)
                draw.polygon(blob(rng, at, (lump_size, lump_size * 0.7), 8, 0.2), fill=shade(rng.choice(GOODS), light))
            roof = [camera.at(inner - side * 0.5, 2.25, z), camera.at(outer, 2.75, z), camera.at(outer, 2.75, deep),
                    camera.at(inner - side * 0.5, 2.25, deep)]  # fmt: skip
            draw.polygon(roof, fill=shade(paint, light))
            for part in range(1, 6):
                a = tuple(p + (q - p) * part / 6 for p, q in zip(roof[0], roof[1], strict=True))
                b = tuple(p + (q - p) * part / 6 for p, q in zip(roof[3], roof[2], strict=True))
                draw.line([*a, *b], fill=shade(paint, light * 0.8), width=2)
            hem = [roof[0], roof[3], (roof[3][0], roof[3][1] + 240 / deep), (roof[0][0], roof[0][1] + 240 / z)]
            draw.polygon(hem, fill=shade(paint, light * 1.2))
    for _ in range(rng.randrange(4, 9)):
        z, x = rng.uniform(3.2, 8), rng.choice((-1, 1)) * rng.uniform(1.0, 1.7)
        at, size = camera.at(x, 0.15, z), 300 / z
        draw.ellipse((at[0] - size, at[1] - size * 0.3, at[0] + size, at[1] + size * 0.5), fill=(120, 94, 62))
        for _ in range(22):
            spot = (at[0] + rng.gauss(0, size * 0.4), at[1] - size * 0.1 + rng.gauss(0, size * 0.16))
            draw.polygon(blob(rng, spot, (size * 0.2, size * 0.15), 8, 0.2), fill=rng.choice(GOODS))
    return textured(image, speckle(rng, SIZE, 5), 0.1)


SCENES: dict[str, Callable[[random.Random], Image.Image]] = {
    "flooded_road": flooded_road,
    "broken_lamp": broken_lamp,
    "rubbish_heap": rubbish_heap,
    "pothole": pothole,
    "beach": beach,
    "market_street": market_street,
}
