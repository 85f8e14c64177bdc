"""Rooms behind the dish, each with its table."""

from __future__ import annotations

import math
from random import Random

from dashboard.demo.scenes.canvas import WIDTH, Canvas, Color, arc, darker, lighter, mix
from dashboard.demo.scenes.tables import Backdrop, Palette, counter, dots, gingham, planks
from dashboard.demo.scenes.toppings import leaf


def studio(canvas: Canvas, colors: Palette, horizon: float, rng: Random) -> None:
    """A seamless paper sweep: what a shop owner's product photo looks like."""
    canvas.fade(0, canvas.height, lighter(colors.wall[0], 0.55), lighter(colors.wall[1], 0.3))
    canvas.fade(horizon - 60, horizon + 90, *_between(canvas, colors, horizon))


def _between(canvas: Canvas, colors: Palette, horizon: float) -> tuple[Color, Color]:
    first, last = lighter(colors.wall[0], 0.55), lighter(colors.wall[1], 0.3)
    share = (horizon - 60) / canvas.height
    return mix(first, last, share), mix(first, last, (horizon + 90) / canvas.height)


def cafe(canvas: Canvas, colors: Palette, horizon: float, rng: Random) -> None:
    """A wall with a sunny window, a hanging lamp and a plant."""
    _wall(canvas, colors, horizon)
    left = rng.choice((70, 560))
    _window(canvas, left, horizon * 0.12, 370, horizon * 0.62, colors)
    lamp_x = 800 if left < 300 else 210
    canvas.line([(lamp_x, 0), (lamp_x, horizon * 0.2)], 5, darker(colors.wall[1], 0.6))
    shade_y = horizon * 0.2
    canvas.polygon(
        [
            (lamp_x - 26, shade_y),
            (lamp_x + 26, shade_y),
            (lamp_x + 95, shade_y + 84),
            (lamp_x - 95, shade_y + 84),
        ],
        colors.accent,
    )
    canvas.polygon(
        [
            (lamp_x + 8, shade_y),
            (lamp_x + 26, shade_y),
            (lamp_x + 95, shade_y + 84),
            (lamp_x + 40, shade_y + 84),
        ],
        darker(colors.accent, 0.2),
    )
    canvas.ellipse(lamp_x, shade_y + 84, 95, 15, lighter(colors.glow, 0.4))
    canvas.light(lamp_x, shade_y + 130, 330, 300, colors.glow, 120)
    planks(canvas, colors, horizon, rng)
    _plant(canvas, left + (430 if left < 300 else -60), horizon + 26, rng, colors)
    canvas.light(left + 185, horizon * 0.4, 480, 480, colors.glow, 90)


def hanok(canvas: Canvas, colors: Palette, horizon: float, rng: Random) -> None:
    """Paper lattice doors with light behind them, as in an old Korean house."""
    wood = (126, 80, 52)
    canvas.fade(0, horizon, (252, 240, 214), (246, 222, 180))
    canvas.light(500, horizon * 0.4, 620, horizon * 0.7, colors.glow, 110)
    for door in range(3):
        left, right = door * 334, door * 334 + 334
        for line in range(1, 6):
            x = left + 334 * line / 6
            canvas.line([(x, 0), (x, horizon)], 7, (168, 118, 80))
        for line in range(1, 8):
            y = horizon * line / 7.4
            if line not in (3, 4):
                canvas.line([(left, y), (right, y)], 7, (168, 118, 80))
        canvas.rectangle(left - 9, 0, left + 9, horizon, wood)
    canvas.rectangle(0, horizon - 34, WIDTH, horizon, wood)
    canvas.rectangle(0, horizon - 34, WIDTH, horizon - 27, lighter(wood, 0.2))
    planks(canvas, colors, horizon, rng)


def tiles(canvas: Canvas, colors: Palette, horizon: float, rng: Random) -> None:
    """A glazed tile wall with a shelf of bowls and jars."""
    grout = lighter(colors.wall[0], 0.5)
    canvas.rectangle(0, 0, WIDTH, horizon, grout)
    rows = max(4, round(horizon / 62))
    for row in range(rows):
        top, bottom = horizon * row / rows, horizon * (row + 1) / rows
        for column in range(-1, 9):
            x = column * 125 + (62 if row % 2 else 0)
            tone = mix(colors.wall[0], colors.wall[1], rng.random() * 0.7)
            canvas.rectangle(x + 3, top + 3, x + 122, bottom - 3, tone, 7)
            canvas.rectangle(x + 10, top + 8, x + 62, top + 13, (*lighter(tone, 0.6), 110), 3)
    shelf = horizon * 0.42
    canvas.rectangle(90, shelf + 16, 910, shelf + 34, (60, 30, 20, 50), 6)
    canvas.rectangle(90, shelf, 910, shelf + 22, (176, 124, 78), 5)
    for x in range(150, 880, 105):
        _jar(canvas, x + rng.uniform(-14, 14), shelf, rng, colors)
    counter(canvas, colors, horizon, rng)


def arches(canvas: Canvas, colors: Palette, horizon: float, rng: Random) -> None:
    """Pastel paper arches and a round sun: a set for sweet things."""
    _wall(canvas, colors, horizon)
    canvas.ellipse(rng.uniform(200, 800), horizon * 0.38, 130, 130, lighter(colors.glow, 0.35))
    for x, wide, high, color in (
        (180, 210, 0.62, colors.cloth),
        (760, 280, 0.78, colors.accent),
        (430, 170, 0.4, lighter(colors.accent, 0.4)),
    ):
        top = min(horizon * (1 - high) + wide, horizon)
        canvas.ellipse(x, top, wide, wide, color)
        canvas.rectangle(x - wide, top, x + wide, horizon, color)
        canvas.ellipse(x, top, wide * 0.72, wide * 0.72, lighter(color, 0.32))
        canvas.rectangle(x - wide * 0.72, top, x + wide * 0.72, horizon, lighter(color, 0.32))
    counter(canvas, colors, horizon, rng)
    canvas.light(250, 120, 600, 460, (255, 255, 255), 70)


def evening(canvas: Canvas, colors: Palette, horizon: float, rng: Random) -> None:
    """A dark room with blurred lights and a string of bulbs."""
    _wall(canvas, colors, horizon)
    for _ in range(26):
        x, y, size = rng.uniform(0, WIDTH), rng.uniform(0, horizon * 0.9), rng.uniform(16, 58)
        color = rng.choice((colors.glow, colors.accent, (255, 214, 150), (250, 150, 110)))
        canvas.ellipse(x, y, size, size, (*color, rng.randint(26, 70)))
    rope = [(x, horizon * 0.12 + 0.00022 * (x - 500) ** 2 * -1 + 55) for x in range(-20, 1040, 20)]
    canvas.line(rope, 4, darker(colors.wall[0], 0.5))
    for x, y in rope[2::6]:
        canvas.ellipse(x, y + 22, 13, 18, (255, 232, 176))
        canvas.rectangle(x - 6, y, x + 6, y + 10, (50, 40, 40))
        canvas.light(x, y + 22, 95, 95, (255, 214, 140), 120)
    planks(canvas, colors, horizon, rng)


def meadow(canvas: Canvas, colors: Palette, horizon: float, rng: Random) -> None:
    """Sky, hills and trees behind a picnic cloth."""
    canvas.fade(0, horizon, (176, 220, 240), (238, 246, 232))
    for _ in range(4):
        x, y = rng.uniform(80, 920), rng.uniform(0.08, 0.4) * horizon
        for dx, size in ((-52, 30), (0, 44), (50, 34), (14, 36)):
            canvas.ellipse(x + dx, y - (size - 30) * 0.6, size * 1.35, size * 0.8, (255, 255, 255))
    for y, swing, color in (
        (0.62, 46, (168, 208, 148)),
        (0.76, 34, (134, 186, 112)),
        (0.9, 20, (110, 168, 92)),
    ):
        phase = rng.uniform(0, 6)
        ridge = [(x, horizon * y + swing * math.sin(x / 170 + phase)) for x in range(-20, 1040, 20)]
        canvas.polygon([*ridge, (1020, horizon), (-20, horizon)], color)
        for _ in range(5):
            x = rng.uniform(0, WIDTH)
            base = horizon * y + swing * math.sin(x / 170 + phase)
            canvas.rectangle(x - 5, base - 26, x + 5, base + 6, (120, 88, 62))
            canvas.ellipse(x, base - 50, 32, 40, darker(color, 0.12))
            canvas.ellipse(x - 8, base - 58, 20, 24, lighter(color, 0.08))
    gingham(canvas, colors, horizon, rng)


def stripes(canvas: Canvas, colors: Palette, horizon: float, rng: Random) -> None:
    """A loudly striped wall over a loudly patterned table."""
    width = rng.choice((70, 90, 110))
    for number, left in enumerate(range(0, 1100, width)):
        color = (lighter(colors.wall[0], 0.6), colors.accent, colors.cloth)[number % 3]
        canvas.rectangle(left, 0, left + width, horizon, color)
    for number in range(8):
        x = 130 + number % 4 * 245 + rng.uniform(-40, 40)
        y = horizon * (0.24 + 0.44 * (number // 4)) + rng.uniform(-24, 24)
        canvas.rectangle(x - 62, y - 46, x + 62, y + 46, darker(colors.table, 0.4), 4)
        canvas.rectangle(x - 52, y - 36, x + 52, y + 36, lighter(colors.glow, 0.5))
        leaf(canvas, x - 24, y + 26, 66, -1.0, colors.cloth)
    dots(canvas, colors, horizon, rng)


def bright_window(canvas: Canvas, colors: Palette, horizon: float, rng: Random) -> None:
    """Nearly white: a big window against the sun and a white table."""
    canvas.fade(0, horizon, (255, 254, 250), (250, 246, 238))
    for x in (250, 500, 750):
        canvas.rectangle(x - 7, 0, x + 7, horizon, (238, 232, 222))
    canvas.rectangle(0, horizon * 0.45, WIDTH, horizon * 0.45 + 12, (240, 234, 224))
    canvas.fade(max(0, horizon), canvas.height, (250, 247, 242), (240, 234, 226))
    if horizon > 0:
        canvas.rectangle(0, horizon, WIDTH, horizon + 10, (228, 220, 210))
    canvas.soft(480, max(horizon, 200) * 0.5, 700, 520, (255, 255, 246), 160)


def _wall(canvas: Canvas, colors: Palette, horizon: float) -> None:
    canvas.fade(0, horizon, *colors.wall)


def _window(canvas: Canvas, left: float, top: float, wide: float, high: float, colors: Palette) -> None:
    frame = lighter(colors.table, 0.5)
    canvas.rectangle(left - 20, top - 20, left + wide + 20, top + high + 20, darker(colors.wall[1], 0.2), 10)
    canvas.rectangle(left - 16, top - 16, left + wide + 16, top + high + 16, frame, 8)
    sky, far = (202, 230, 240), (250, 238, 206)
    for row in range(2):
        for column in range(2):
            x, y = left + column * wide / 2 + 7, top + row * high / 2 + 7
            right, bottom = left + (column + 1) * wide / 2 - 7, top + (row + 1) * high / 2 - 7
            canvas.rectangle(x, y, right, bottom, far if row else sky)
            canvas.ellipse((x + right) / 2, bottom - 2, (right - x) * 0.4, high * 0.1, (176, 206, 150))
            canvas.rectangle(x - 7, bottom, right + 7, bottom + 14, frame)
            canvas.polygon([(x + 20, y + 10), (x + 60, y + 10), (x + 20, y + 70)], (255, 255, 255, 110))
    canvas.rectangle(left - 34, top + high + 12, left + wide + 34, top + high + 32, lighter(frame, 0.4), 5)


def _plant(canvas: Canvas, x: float, base: float, rng: Random, colors: Palette) -> None:
    canvas.soft(x + 20, base + 4, 90, 22)
    for number in range(11):
        turn = -math.pi / 2 + (number - 5) * 0.27 + rng.uniform(-0.1, 0.1)
        leaf(
            canvas,
            x,
            base - 92,
            rng.uniform(95, 165),
            turn,
            mix((70, 118, 76), (150, 182, 104), rng.random()),
        )
    canvas.polygon(
        [(x - 56, base - 104), (x + 56, base - 104), (x + 40, base), (x - 40, base)], colors.accent
    )
    canvas.polygon(
        [(x + 12, base - 104), (x + 56, base - 104), (x + 40, base), (x + 14, base)],
        darker(colors.accent, 0.18),
    )
    canvas.rectangle(x - 62, base - 118, x + 62, base - 94, lighter(colors.accent, 0.2), 6)


def _jar(canvas: Canvas, x: float, shelf: float, rng: Random, colors: Palette) -> None:
    color = rng.choice((colors.accent, colors.cloth, colors.table, (240, 232, 216)))
    if rng.random() < 0.5:
        canvas.polygon(arc((x, shelf - 40), 42, 40, 0, math.pi), color)
        canvas.ellipse(x, shelf - 40, 42, 8, lighter(color, 0.4))
    else:
        high = rng.uniform(60, 96)
        canvas.rectangle(x - 27, shelf - high, x + 27, shelf, color, 9)
        canvas.rectangle(x + 6, shelf - high + 4, x + 27, shelf, (*darker(color, 0.5), 46), 8)
        canvas.rectangle(x - 22, shelf - high - 15, x + 22, shelf - high + 6, darker(color, 0.3), 5)


ROOMS: dict[str, tuple[Backdrop, Palette]] = {
    "cafe": (
        cafe,
        Palette(
            ((246, 226, 196), (232, 200, 160)),
            (172, 116, 72),
            (206, 92, 70),
            (186, 84, 62),
            (255, 226, 160),
        ),
    ),
    "hanok": (
        hanok,
        Palette(
            ((248, 232, 200), (240, 214, 170)), (150, 98, 62), (160, 60, 56), (72, 96, 84), (255, 236, 190)
        ),
    ),
    "tiles": (
        tiles,
        Palette(
            ((190, 216, 206), (150, 190, 182)),
            (226, 206, 178),
            (92, 142, 138),
            (232, 158, 92),
            (255, 244, 214),
        ),
    ),
    "arches": (
        arches,
        Palette(
            ((252, 226, 216), (248, 206, 196)),
            (246, 222, 210),
            (242, 170, 150),
            (206, 132, 124),
            (255, 226, 186),
        ),
    ),
    "evening": (
        evening,
        Palette(((34, 38, 66), (62, 52, 84)), (96, 62, 52), (170, 72, 76), (220, 130, 90), (255, 196, 120)),
    ),
    "meadow": (
        meadow,
        Palette(
            ((176, 220, 240), (238, 246, 232)),
            (196, 150, 100),
            (220, 84, 72),
            (246, 184, 76),
            (255, 246, 206),
        ),
    ),
}
"""Calm rooms by theme name."""
