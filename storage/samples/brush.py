"""Strokes for drawn photos: textures from seeded noise, a pinhole camera, and what stands along a street."""

import math
import random

from PIL import Image, ImageChops, ImageDraw, ImageFilter

Colour = tuple[int, int, int]
Point = tuple[float, float]
SIZE = (1600, 1200)


def shade(colour: Colour, factor: float) -> Colour:
    """`colour` made lighter (> 1) or darker (< 1)."""
    r, g, b = (max(0, min(255, int(part * factor))) for part in colour)
    return r, g, b


def mix(one: Colour, two: Colour, share: float) -> Colour:
    """`share` of `two` in `one`, 0…1."""
    r, g, b = (int(a + (z - a) * share) for a, z in zip(one, two, strict=True))
    return r, g, b


def speckle(rng: random.Random, size: tuple[int, int], cell: float, stretch: float = 1.0) -> Image.Image:
    """Grey noise around 128 with grains of `cell` pixels, `stretch` times as wide as high."""
    small = (max(2, int(size[0] / cell / stretch)), max(2, int(size[1] / cell)))
    grain = Image.frombytes("L", small, rng.randbytes(small[0] * small[1]))
    return grain.resize(size, Image.Resampling.BICUBIC if cell > 20 else Image.Resampling.BILINEAR)


def clouds(rng: random.Random, size: tuple[int, int], cell: float, stretch: float = 1.0) -> Image.Image:
    """Soft grey noise of several sizes laid over each other."""
    half = (size[0] // 2, size[1] // 2)
    layer = speckle(rng, half, cell / 2, stretch)
    for step in (4, 8, 16):
        layer = Image.blend(layer, speckle(rng, half, max(2, cell / step), stretch), 0.36)
    return layer.resize(size, Image.Resampling.BILINEAR)


def gradient(size: tuple[int, int], top: Colour, bottom: Colour) -> Image.Image:
    """A vertical run from one colour to another."""
    strip = Image.new("RGB", (1, 64))
    strip.putdata([mix(top, bottom, i / 63) for i in range(64)])
    return strip.resize(size, Image.Resampling.BILINEAR)


def sky(rng: random.Random, top: Colour, low: Colour, cover: float) -> Image.Image:
    """A sky with `cover` (0…1) of cloud in it, lit from above."""
    image = gradient(SIZE, top, low)
    table = [int(max(0, min(235, (value - 150 + 70 * cover) * 5))) for value in range(256)]
    image.paste(mix(low, (255, 255, 255), 0.55), (0, 0), clouds(rng, SIZE, 380, 2.2).point(table))
    shadow = [int(max(0, min(90, (value - 160 + 50 * cover) * 2))) for value in range(256)]
    image.paste(shade(top, 0.8), (0, 0), clouds(rng, SIZE, 300, 2.6).point(shadow))
    return image


def textured(image: Image.Image, noise: Image.Image, strength: float) -> Image.Image:
    """`image` made lighter and darker by `noise` (grey 128 = as it was)."""
    table = [int(max(0, min(255, 128 + (value - 128) * strength))) for value in range(256)]
    grey = noise.point(table)
    return ImageChops.overlay(image, Image.merge("RGB", (grey, grey, grey)))


def blob(rng: random.Random, at: Point, radius: Point, corners: int = 18, rough: float = 0.25) -> list[Point]:
    """An uneven round shape."""
    points = []
    for i in range(corners):
        angle, far = math.tau * i / corners, 1 + rng.uniform(-rough, rough)
        points.append((at[0] + math.cos(angle) * radius[0] * far, at[1] + math.sin(angle) * radius[1] * far))
    return points


def lump(rng: random.Random, draw: ImageDraw.ImageDraw, at: Point, radius: float, colour: Colour) -> None:
    """A filled bag or bush: uneven, lit from above, with folds."""
    draw.polygon(blob(rng, at, (radius, radius * 0.85)), fill=shade(colour, 0.55))
    for step, light in ((0.86, 0.8), (0.62, 1.0), (0.34, 1.2)):
        middle = (at[0] - radius * (1 - step) * 0.35, at[1] - radius * (1 - step) * 0.5)
        draw.polygon(blob(rng, middle, (radius * step, radius * step * 0.8), 14, 0.3), fill=shade(colour, light))
    for _ in range(3):
        x, y = at[0] + rng.uniform(-0.5, 0.5) * radius, at[1] + rng.uniform(-0.5, 0.4) * radius
        bend = (x + rng.uniform(-0.4, 0.4) * radius, y + rng.uniform(0.1, 0.4) * radius)
        draw.line((x, y, *bend), fill=shade(colour, rng.choice((0.6, 1.5))), width=max(1, int(radius / 14)))


class Camera:
    """A pinhole camera over flat ground: metres to the right, up and ahead become pixels."""

    def __init__(self, horizon: float, height: float = 1.5, focal: float = 1150, middle: float = SIZE[0] / 2) -> None:
        self.horizon, self.height, self.focal, self.middle = horizon, height, focal, middle

    def at(self, x: float, y: float, z: float) -> Point:
        return self.middle + self.focal * x / z, self.horizon + self.focal * (self.height - y) / z

    def ground(self, left: float, right: float, near: float, far: float, y: float = 0) -> list[Point]:
        """A strip lying on the ground."""
        return [self.at(left, y, near), self.at(right, y, near), self.at(right, y, far), self.at(left, y, far)]

    def wall(self, x: float, near: float, far: float, low: float, high: float) -> list[Point]:
        """A rectangle standing along the street."""
        return [self.at(x, low, near), self.at(x, high, near), self.at(x, high, far), self.at(x, low, far)]


FACADES: tuple[Colour, ...] = (
    (214, 196, 150), (196, 178, 166), (168, 190, 196), (222, 214, 196), (188, 160, 130), (160, 178, 150),
    (206, 170, 150), (226, 208, 120), (150, 150, 158),
)  # fmt: skip


def houses(
    rng: random.Random, draw: ImageDraw.ImageDraw, camera: Camera, side: int, light: float, haze: Colour
) -> None:
    """A row of narrow houses along one side (-1 or 1) of the street, far ones first and paler."""
    x = side * 6.2
    near = 5.0
    plots: list[tuple[float, float, float, Colour]] = []
    while near < 90:
        width = rng.uniform(3.6, 6.5)
        plots.append((near, near + width, rng.choice((3.4, 4.2, 6.6, 7.2, 10, 13)), rng.choice(FACADES)))
        near += width
    for start, end, high, paint in reversed(plots):
        far = min(0.75, start / 110)
        wall = mix(shade(paint, light * (0.8 if side < 0 else 1.0)), haze, far)
        front = [camera.at(x, 0, start), camera.at(x, high, start), camera.at(x + side * 9, high, start),
                 camera.at(x + side * 9, 0, start)]  # fmt: skip
        draw.polygon(front, fill=shade(wall, 0.72))
        draw.polygon(camera.wall(x, start, end, 0, high), fill=wall)
        draw.line(camera.wall(x, start, end, 0, high), fill=shade(wall, 0.6), width=2)
        dark = mix(shade((60, 66, 74), light), haze, far)
        storey = 0.0
        while storey + 3 < high + 0.5:
            gap = (end - start) * 0.16
            if storey == 0:
                shutter = mix(shade(rng.choice(((90, 96, 104), (70, 84, 110), (110, 80, 60))), light), haze, far)
                draw.polygon(camera.wall(x - side * 0.05, start + gap, end - gap, 0.1, 2.6), fill=shutter)
                awning = mix(shade(rng.choice(((60, 100, 160), (150, 60, 50), (70, 120, 80))), light), haze, far)
                inner, outer = camera.wall(x, start, end, 2.8, 2.9), camera.wall(x - side * 1.3, start, end, 2.4, 2.5)
                draw.polygon([inner[1], inner[2], outer[2], outer[1]], fill=awning)
            else:
                pane = (end - start - 2 * gap) / 2
                for nth in (0, 1):
                    begin = start + gap + nth * (pane + 0.1)
                    lit = shade((235, 200, 120), 0.95) if light < 0.5 and rng.random() < 0.3 else dark
                    window = camera.wall(x, begin, begin + pane * 0.85, storey + 0.7, storey + 2.3)
                    draw.polygon(window, fill=lit)
                    draw.line([*window, window[0]], fill=shade(wall, 1.15), width=2)
                rail = camera.wall(x - side * 0.3, start, end, storey, storey + 0.75)
                draw.line([rail[1], rail[2]], fill=shade(dark, 1.2), width=2)
                draw.line([rail[0], rail[3]], fill=shade(wall, 0.6), width=3)
            storey += 3.3


def tree(rng: random.Random, draw: ImageDraw.ImageDraw, foot: Point, high: float, green: Colour) -> None:
    """A street tree `high` pixels tall."""
    trunk = high * 0.035
    draw.polygon([(foot[0] - trunk, foot[1]), (foot[0] + trunk, foot[1]), (foot[0] + trunk * 0.5, foot[1] - high * 0.7),
                  (foot[0] - trunk * 0.4, foot[1] - high * 0.7)], fill=shade((84, 70, 58), green[1] / 110))  # fmt: skip
    for i in range(70):
        angle, far = rng.uniform(0, math.tau), rng.random() ** 0.6
        x = foot[0] + math.cos(angle) * far * high * 0.32
        y = foot[1] - high * 0.76 + math.sin(angle) * far * high * 0.26
        light = 0.55 + 0.6 * (i / 70) - 0.25 * math.sin(angle)
        size = high * rng.uniform(0.03, 0.075)
        draw.polygon(blob(rng, (x, y), (size, size * 0.7), 9, 0.45), fill=shade(green, light))


def wires(rng: random.Random, draw: ImageDraw.ImageDraw, camera: Camera, x: float, colour: Colour) -> None:
    """Poles along the street with the usual bundle of sagging cables."""
    stands = [z + rng.uniform(-0.6, 0.6) for z in (6.5, 24, 44, 66)]
    for z in reversed(stands):
        low, high = camera.at(x, 0, z), camera.at(x, 8.2, z)
        width = max(2, int(camera.focal * 0.22 / z))
        draw.line([low, high], fill=colour, width=width)
        draw.line(
            [low[0] + width * 0.3, low[1], high[0] + width * 0.3, high[1]],
            fill=shade(colour, 1.3),
            width=max(1, width // 4),
        )
        draw.line([camera.at(x - 0.7, 7.6, z), camera.at(x + 0.7, 7.6, z)], fill=colour, width=max(2, width // 3))
    for start, end in zip([2.2, *stands], stands, strict=False):
        for _ in range(9):
            off, hung, sag = rng.uniform(-0.7, 0.7), rng.uniform(5.6, 7.8), rng.uniform(0.2, 1.1)
            line = []
            for i in range(13):
                part = i / 12
                z = 1 / ((1 - part) / start + part / end)
                line.append(camera.at(x + off, hung - sag * 4 * part * (1 - part), z))
            draw.line(line, fill=shade(colour, 0.6), width=max(1, int(14 / start)) + 1)


def glow(image: Image.Image, at: Point, radius: float, colour: Colour) -> None:
    """Lets a lamp shine at `at`."""
    reach = int(radius * 3)
    spot = Image.new("L", (96, 96))
    spot.putdata([int(255 * max(0.0, 1 - math.hypot(i % 96 - 48, i // 96 - 48) / 47) ** 2.4) for i in range(96 * 96)])
    light = Image.new("RGB", (2 * reach, 2 * reach))
    light.paste(colour, (0, 0), spot.resize(light.size, Image.Resampling.BILINEAR))
    corner = (int(at[0]) - reach, int(at[1]) - reach)
    under = image.crop((*corner, corner[0] + 2 * reach, corner[1] + 2 * reach))
    image.paste(ImageChops.screen(under, light), corner)


def mirrored(image: Image.Image, horizon: int, rng: random.Random) -> Image.Image:
    """What lies above the horizon as still, slightly rippled water would show it below."""
    deep = image.height - horizon
    upper = image.crop((0, max(0, horizon - deep), image.width, horizon)).transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    upper = upper.resize((image.width, deep)).filter(ImageFilter.BoxBlur((1, 5)))
    out = Image.new("RGB", image.size)
    phase = rng.uniform(0, 9)
    for y in range(0, deep, 3):
        near = y / deep
        shift = int(math.sin(phase + 34 * math.log(1 + 6 * near)) * 9 * near + rng.uniform(-3, 3) * near)
        out.paste(upper.crop((0, y, image.width, y + 3)), (shift, horizon + y))
    return out
