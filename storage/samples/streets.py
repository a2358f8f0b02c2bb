"""Drawn photos of a street and what is wrong with it: under water, with a broken lamp, with a pothole."""

import math
import random

from PIL import Image, ImageDraw, ImageFilter

from storage.samples.brush import (
    SIZE,
    Camera,
    Colour,
    blob,
    clouds,
    glow,
    houses,
    lump,
    mirrored,
    mix,
    shade,
    sky,
    speckle,
    textured,
    tree,
    wires,
)


def street(rng: random.Random, top: Colour, low: Colour, light: float, cover: float, camera: Camera) -> Image.Image:
    """Sky, houses, pavement, asphalt, trees and cables: the ground for four of the subjects."""
    image = sky(rng, top, low, cover)
    draw = ImageDraw.Draw(image)
    ground = Image.new("RGB", SIZE, shade((122, 120, 117), light))
    inks = ImageDraw.Draw(ground)
    for side in (-1, 1):
        paving = camera.ground(side * 3.6, side * 6.3, 0.8, 95, 0.15)
        inks.polygon(paving, fill=shade((150, 138, 124), light))
        for row in range(2, 40):
            z = row * 0.9
            inks.line(
                [camera.at(side * 3.6, 0.15, z), camera.at(side * 6.3, 0.15, z)], fill=shade((112, 102, 92), light)
            )
        inks.polygon(
            [camera.at(side * 3.6, y, z) for y, z in ((0, 0.8), (0.15, 0.8), (0.15, 95), (0, 95))],
            fill=shade((184, 180, 170), light),
        )
    for dash in range(16):
        inks.polygon(camera.ground(-0.07, 0.07, 2 + dash * 5, 4 + dash * 5), fill=shade((206, 202, 190), light))
    ground = textured(ground, clouds(rng, SIZE, 120, 4), 0.45)
    ground = textured(ground, speckle(rng, SIZE, 2.2, 1.6), 0.22)
    line = int(camera.horizon)
    image.paste(ground.crop((0, line, *SIZE)), (0, line))
    haze = mix(low, shade((90, 116, 84), light), 0.4)
    for x in range(0, SIZE[0], 14):
        draw.polygon(blob(rng, (x, line + 4), (22, 20), 10, 0.3), fill=shade(haze, rng.uniform(0.85, 1.05)))
    for side in (-1, 1):
        houses(rng, draw, camera, side, light, mix(low, shade(low, light), 0.5))
    for z in (38.0, 27.0, 17.0, 10.5):
        if rng.random() < 0.7:
            side = rng.choice((-1, 1))
            green = shade(rng.choice(((70, 104, 54), (84, 116, 60), (60, 96, 62))), light)
            tree(rng, draw, camera.at(side * 4.5, 0.1, z), camera.focal * rng.uniform(4, 6) / z, green)
    wires(rng, draw, camera, rng.choice((-1, 1)) * 4.0, shade((96, 94, 90), light))
    return image


def flooded_road(rng: random.Random) -> Image.Image:
    camera = Camera(rng.uniform(470, 560), 1.5, 1150, rng.uniform(680, 920))
    air = rng.choice(((150, 160, 168), (172, 178, 180), (134, 146, 158)))
    dry = street(rng, shade(air, 0.82), shade(air, 1.12), 0.8, 1, camera)
    line = int(camera.horizon)
    water = Image.blend(
        mirrored(dry, line, rng), Image.new("RGB", SIZE, rng.choice(((120, 100, 72), (112, 102, 84)))), 0.5
    )
    water = textured(water, speckle(rng, SIZE, 5, 14), 0.35)
    water = textured(water, clouds(rng, SIZE, 60, 7), 0.4)
    mask = Image.new("L", SIZE, 0)
    draw = ImageDraw.Draw(mask)
    reach = rng.uniform(3.3, 5.2)
    edge = [
        camera.at(side * (reach + rng.uniform(-0.5, 0.5)), 0, 1 + i * i * 0.14) for side in (-1,) for i in range(24)
    ]
    other = [camera.at(reach + rng.uniform(-0.5, 0.5), 0, 1 + i * i * 0.14) for i in range(23, -1, -1)]
    draw.polygon([(-400, 1400), *edge, *other, (2000, 1400)], fill=255)
    dry.paste(water, (0, 0), mask.filter(ImageFilter.GaussianBlur(4)))
    draw = ImageDraw.Draw(dry)
    for _ in range(rng.randrange(12, 40)):
        z = rng.uniform(2.4, 14)
        x, y = camera.at(rng.uniform(-3, 3), 0, z)
        ring = 90 / z
        draw.ellipse((x - ring, y - ring * 0.3, x + ring, y + ring * 0.3), outline=(176, 172, 162), width=1)
    for _ in range(rng.randrange(3, 9)):
        z = rng.uniform(3, 9)
        x, y = camera.at(rng.uniform(-3, 3), 0, z)
        lump(rng, draw, (x, y), 60 / z, rng.choice(((200, 200, 196), (90, 110, 60), (150, 120, 80))))
    if rng.random() < 0.6:
        for _ in range(260):
            x, y = rng.uniform(0, SIZE[0]), rng.uniform(0, SIZE[1])
            draw.line((x, y, x - 4, y + rng.uniform(16, 40)), fill=(190, 196, 200), width=1)
    return dry


def broken_lamp(rng: random.Random) -> Image.Image:
    camera = Camera(rng.uniform(760, 850), 1.6, 1050, rng.uniform(640, 960))
    top, low = rng.choice(
        (((32, 42, 78), (206, 132, 96)), ((26, 34, 62), (150, 116, 128)), ((44, 58, 92), (222, 168, 110)))
    )
    image = street(rng, top, low, 0.32, 0.1, camera)
    line = int(camera.horizon)
    far_side = rng.choice((-1, 1))
    for z in (70.0, 48.0, 32.0):
        lamp = camera.at(far_side * 3.0, 6.6, z)
        glow(image, lamp, 900 / z, (255, 196, 116))
        foot = camera.at(far_side * 2.6, 0, z)
        glow(image, foot, 500 / z, (120, 86, 40))
    draw = ImageDraw.Draw(image)
    dark: Colour = (34, 35, 40)
    side, x = -far_side, -far_side * 2.3
    foot, head = camera.at(x, 0, 5.2), camera.at(x, 4.5, 5.2)
    draw.polygon(
        [(foot[0] - 17, foot[1]), (foot[0] + 17, foot[1]), (head[0] + 9, head[1]), (head[0] - 9, head[1])], fill=dark
    )
    draw.line([foot[0] - 8, foot[1], head[0] - 4, head[1]], fill=(72, 70, 74), width=4)
    reach = -side * rng.uniform(210, 290)
    elbow = [(head[0] + reach * i / 10, head[1] - 70 * math.sin(math.pi * 0.5 * i / 10)) for i in range(11)]
    draw.line(elbow, fill=dark, width=13, joint="curve")
    tip, drop = elbow[-1], rng.uniform(0.5, 1.1)
    way = (math.copysign(math.cos(drop), reach), math.sin(drop))
    across = (-way[1], way[0])

    def corner(along: float, off: float) -> tuple[float, float]:
        return tip[0] + way[0] * along + across[0] * off, tip[1] + way[1] * along + across[1] * off

    draw.polygon(
        [corner(-10, -14), corner(60, -26), corner(150, -20), corner(165, 4), corner(0, 14)], fill=(58, 58, 62)
    )
    draw.polygon([corner(46, 2), corner(150, 4), corner(120, 26), corner(60, 24)], fill=(118, 116, 112))
    shards = [corner(80, 24), corner(96, 6), corner(104, 22), corner(118, 8), corner(124, 26)]
    draw.line(shards, fill=(28, 28, 30), width=5)
    draw.line([corner(70, 20), corner(78, 120), corner(60, 190)], fill=(20, 20, 22), width=4)
    draw.rectangle(
        (foot[0] - 26, foot[1] - 190, foot[0] + 26, foot[1] - 110), fill=(64, 62, 60), outline=(30, 30, 32), width=3
    )
    image.paste(textured(image.crop((0, line, *SIZE)), speckle(rng, (SIZE[0], SIZE[1] - line), 3), 0.3), (0, line))
    return image


def pothole(rng: random.Random) -> Image.Image:
    camera = Camera(rng.uniform(210, 300), 1.6, 1000, rng.uniform(600, 1000))
    air = rng.choice(((190, 200, 206), (168, 190, 212)))
    image = street(rng, air, shade(air, 1.1), rng.uniform(0.88, 1.05), rng.random(), camera)
    draw = ImageDraw.Draw(image)
    for _ in range(26):
        x, y = rng.uniform(200, 1400), rng.uniform(620, 1150)
        crack = [(x, y)]
        for _ in range(rng.randrange(4, 12)):
            crack.append((crack[-1][0] + rng.uniform(-46, 46), crack[-1][1] + rng.uniform(-16, 20)))
        draw.line(crack, fill=(58, 56, 54), width=rng.choice((1, 2, 3)))
    wet = rng.random() < 0.5
    holes = [(rng.uniform(560, 1040), rng.uniform(830, 930), rng.uniform(230, 340))]
    holes += [(rng.uniform(250, 1350), rng.uniform(640, 760), rng.uniform(50, 110)) for _ in range(rng.randrange(1, 4))]
    for x, y, wide in sorted(holes, key=lambda hole: hole[1]):
        deep = wide * rng.uniform(0.36, 0.46)
        seed = rng.getrandbits(32)
        rim = blob(random.Random(seed), (x, y), (wide, deep), 44, 0.07)
        inner = blob(random.Random(seed), (x, y + deep * 0.12), (wide * 0.9, deep * 0.84), 44, 0.07)
        floor = blob(random.Random(seed), (x + 6, y + deep * 0.24), (wide * 0.72, deep * 0.6), 44, 0.08)
        draw.polygon(rim, fill=(136, 130, 122))
        draw.polygon(inner, fill=(48, 44, 40))
        draw.polygon(floor, fill=(104, 112, 116) if wet else (112, 94, 74))
        if wet:
            draw.polygon(
                blob(rng, (x - wide * 0.1, y + deep * 0.2), (wide * 0.42, deep * 0.22), 16, 0.3), fill=(158, 168, 174)
            )
        for _ in range(int(wide / 2)):
            angle, far = rng.uniform(0, math.tau), rng.gauss(1.05, 0.22)
            stone, size = (
                (x + math.cos(angle) * wide * far, y + math.sin(angle) * deep * far),
                rng.uniform(2, 3 + wide / 28),
            )
            draw.polygon(blob(rng, (stone[0] + 2, stone[1] + 3), (size, size * 0.7), 7, 0.3), fill=(60, 58, 56))
            paint = shade((146, 140, 132), rng.uniform(0.6, 1.2))
            draw.polygon(blob(rng, stone, (size, size * 0.7), 7, 0.3), fill=paint)
    return textured(image, speckle(rng, SIZE, 3), 0.14)
