"""Draw the toolbar icons, in REAPER's three sizes, and the sheet of them in the docs.

    python tools/make_icons.py

Writes ``reaper_scripts/toolbar/toolbar_mixengine_<name>.png`` (three states side by side: normal, hover, pressed), the
same in its folders ``150`` and ``200``, and ``docs/img/icons.png``. Same input, same bytes: CI can compare.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyBboxPatch, PathPatch
from matplotlib.path import Path as Outline

from mixengine.reaper.setup.actions import ICON_NAMES, ICON_PREFIX

ROOT = Path(__file__).resolve().parents[1]
TOOLBAR = ROOT / "reaper_scripts" / "toolbar"
SHEET = ROOT / "docs" / "img" / "icons.png"
SIZES = {"": 30, "150": 45, "200": 60}
GRID, OVERSAMPLING = 30, 6

Points = list[tuple[float, float]]


@dataclass(frozen=True)
class Look:
    """The colours of one state of a button."""

    tile: str
    rim: str
    ink: str = "#f2f5f7"
    faint: str = "#93a1ad"
    accent: str = "#45d0c0"
    sink: float = 0.0


# a tile of its own makes the light ink readable on every theme
LOOKS = (
    Look("#35404a", "#55636f"),
    Look("#455361", "#8fa3b5", faint="#b0bcc6", accent="#6be3d5"),
    Look("#13766d", "#0c4f49", ink="#ffffff", faint="#8ed0c8", accent="#ffd76a", sink=0.5),
)


class Pen:
    """Draws on a grid of 30 x 30, y downwards, as a pixel editor counts."""

    def __init__(self, size: int, look: Look) -> None:
        pixels = size * OVERSAMPLING
        self.look = look
        self._figure = Figure(figsize=(pixels / 100, pixels / 100), dpi=100)
        self._figure.patch.set_alpha(0)
        self._axes = self._figure.add_axes((0, 0, 1, 1))
        self._axes.set(xlim=(0, GRID), ylim=(GRID, 0))
        self._axes.axis("off")
        self._point = pixels / GRID * 72 / 100
        self._layer = 0
        self._sink = 0.0
        self._box(1, 1, 28, 28, look.tile, radius=4.5, rim=look.rim)
        self._sink = look.sink

    def _box(self, x: float, y: float, w: float, h: float, colour: str, *, radius: float, rim: str = "none") -> None:
        style = f"round,pad=0,rounding_size={radius}"
        rim_and_fill = {"fc": colour, "ec": rim, "lw": self._point, "zorder": self._above()}
        self._axes.add_patch(FancyBboxPatch((x, y + self._sink), w, h, boxstyle=style, **rim_and_fill))

    def box(self, x: float, y: float, w: float, h: float, colour: str, radius: float = 0.9) -> None:
        """A filled rectangle with round corners."""
        self._box(x, y, w, h, colour, radius=radius)

    def disc(self, x: float, y: float, radius: float, colour: str, width: float = 0.0) -> None:
        """A disc, or a ring of ``width``."""
        fill = {"fc": "none", "ec": colour, "lw": width * self._point} if width else {"fc": colour, "ec": "none"}
        self._axes.add_patch(Circle((x, y + self._sink), radius, zorder=self._above(), **fill))

    def line(self, points: Points, colour: str, width: float = 2.2) -> None:
        """A line with round ends."""
        x, y = zip(*points, strict=True)
        self._axes.plot(
            x, np.add(y, self._sink), color=colour, lw=width * self._point,
            solid_capstyle="round", solid_joinstyle="round", zorder=self._above(),
        )  # fmt: skip

    def shape(self, points: Points, colour: str, soft: float = 0.0) -> None:
        """A filled outline, its corners rounded by a line of width ``soft``."""
        outline = Outline([(x, y + self._sink) for x, y in [*points, points[0]]], closed=True)
        rim = {"ec": colour, "lw": soft * self._point} if soft else {"ec": "none"}
        self._axes.add_patch(PathPatch(outline, fc=colour, joinstyle="round", zorder=self._above(), **rim))

    def _above(self) -> int:
        self._layer += 1
        return self._layer

    def pixels(self) -> np.ndarray:
        """The picture [shape=(size, size, 4), dtype=uint8]."""
        canvas = FigureCanvasAgg(self._figure)
        canvas.draw()
        fine = np.asarray(canvas.buffer_rgba()).astype(float)
        alpha = fine[..., 3:] / 255
        small = _mean(np.concatenate([fine[..., :3] * alpha, fine[..., 3:]], axis=-1))
        small[..., :3] /= np.maximum(small[..., 3:] / 255, 1e-9)
        return np.clip(np.round(small), 0, 255).astype(np.uint8)


def _mean(fine: np.ndarray) -> np.ndarray:
    size = fine.shape[0] // OVERSAMPLING
    return fine.reshape(size, OVERSAMPLING, size, OVERSAMPLING, -1).mean(axis=(1, 3))


def balance(pen: Pen) -> None:
    """Three faders."""
    for x, y, colour in ((8.5, 17.0, pen.look.ink), (15.0, 8.5, pen.look.accent), (21.5, 13.0, pen.look.ink)):
        pen.line([(x, 6.5), (x, 23.5)], pen.look.faint, 1.5)
        pen.box(x - 2.6, y - 0.2, 5.2, 4.2, colour, 1.0)


def groups(pen: Pen) -> None:
    """A folder with faders in it."""
    pen.shape([(5, 23.6), (5, 7.4), (11.5, 7.4), (13.7, 9.8), (25, 9.8), (25, 23.6)], pen.look.ink, 1.8)
    for x, y in ((10.0, 17.6), (15.0, 14.0), (20.0, 16.4)):
        pen.line([(x, 13.0), (x, 21.5)], pen.look.tile, 1.2)
        pen.box(x - 1.8, y - 0.2, 3.6, 2.8, pen.look.tile, 0.7)


def duck(pen: Pen) -> None:
    """Somebody speaks, the music falls."""
    pen.shape([(13.5, 13), (13.5, 17.2), (17.5, 13)], pen.look.ink, 0.8)
    pen.box(9.5, 4.8, 15.7, 9.2, pen.look.ink, 3.4)
    for x in (13.6, 17.3, 21.0):
        pen.disc(x, 9.4, 1.05, pen.look.tile)
    for x, half in zip((6.0, 9.0, 12.0, 15.0, 18.0, 21.0, 24.0), (4.1, 3.4, 1.8, 1.0, 0.7, 0.7, 0.7), strict=True):
        pen.line([(x, 21.0 - half), (x, 21.0 + half)], pen.look.accent, 1.7)


def automix(pen: Pen) -> None:
    """Three microphones, one of them open."""
    for x, top, colour in ((7.4, 11.0, pen.look.faint), (15.0, 5.6, pen.look.accent), (22.6, 11.0, pen.look.faint)):
        half = 2.9 if colour == pen.look.accent else 2.1
        pen.box(x - half, top, 2 * half, 9.6 if colour == pen.look.accent else 6.6, colour, half - 0.1)
        pen.line([(x, 19.0), (x, 23.0)], pen.look.ink, 1.7)
        pen.line([(x - 2.4, 23.4), (x + 2.4, 23.4)], pen.look.ink, 1.7)


def level(pen: Pen) -> None:
    """Phrases of several heights, and one line that they come to."""
    for x, half in zip((6.6, 12.2, 17.8, 23.4), (3.0, 8.6, 5.0, 6.8), strict=True):
        pen.box(x - 1.7, 15.0 - half, 3.4, 2 * half, pen.look.ink, 1.6)
    pen.line([(4.0, 15.0), (26.0, 15.0)], pen.look.accent, 2.0)


def align(pen: Pen) -> None:
    """Two recordings brought to one line."""
    pen.line([(10.5, 5.0), (10.5, 24.5)], pen.look.accent, 2.0)
    for x, y, colour in ((10.5, 7.0, pen.look.ink), (14.5, 16.0, pen.look.faint)):
        pen.box(x, y, 11.5, 6.4, colour, 1.4)
    pen.line([(13.4, 19.2), (11.4, 19.2)], pen.look.ink, 1.7)


def unmask(pen: Pen) -> None:
    """An equaliser curve with a notch."""
    x = np.linspace(5.0, 25.0, 80)
    y = 9.5 + 10.5 * np.exp(-(((x - 15.0) / 4.1) ** 2))
    for frequency, top in ((5.6, 14.5), (9.0, 19.0), (21.0, 19.0), (24.4, 14.5)):
        pen.line([(frequency, top), (frequency, 23.5)], pen.look.faint, 1.3)
    pen.line([*zip(x, y, strict=True)], pen.look.ink, 2.3)
    pen.disc(15.0, 20.0, 2.7, pen.look.accent)


def render(pen: Pen) -> None:
    """Down to the bar."""
    pen.line([(15, 6.5), (15, 15.5)], pen.look.ink, 2.8)
    pen.shape([(9.7, 13.8), (20.3, 13.8), (15, 19.3)], pen.look.ink, 1.0)
    pen.line([(7, 23.4), (23, 23.4)], pen.look.accent, 2.6)


def report(pen: Pen) -> None:
    """A sheet with a diagram."""
    pen.shape([(8, 5.8), (17.8, 5.8), (22.2, 10.2), (22.2, 24.2), (8, 24.2)], pen.look.ink, 1.4)
    pen.shape([(17.6, 5.2), (17.6, 10.4), (22.8, 10.4)], pen.look.faint)
    pen.line([(10.5, 10.0), (14.5, 10.0)], pen.look.tile, 1.3)
    pen.line([(10.5, 13.0), (19.5, 13.0)], pen.look.tile, 1.3)
    for x, top in ((11.3, 19.5), (15.0, 16.8), (18.7, 18.2)):
        pen.line([(x, 21.8), (x, top)], pen.look.tile, 2.0)


def options(pen: Pen) -> None:
    """Sliders lying down, with knobs."""
    for x, y, colour in ((19.5, 8.5, pen.look.ink), (10.5, 15.0, pen.look.accent), (16.5, 21.5, pen.look.ink)):
        pen.line([(6.5, y), (23.5, y)], pen.look.faint, 1.5)
        pen.disc(x, y, 3.0, pen.look.tile)
        pen.disc(x, y, 2.4, colour)


def remember(pen: Pen) -> None:
    """A star for what is worth keeping."""
    angle = np.pi * (np.arange(10) / 5 - 0.5)
    radius = np.where(np.arange(10) % 2 == 0, 8.8, 3.9)
    star = [*zip(15 + radius * np.cos(angle), 15.7 + radius * np.sin(angle), strict=True)]
    pen.shape(star, pen.look.accent, 1.6)


def remove(pen: Pen) -> None:
    """Back."""
    angle = np.linspace(-0.5 * np.pi, 0.62 * np.pi, 50)
    arc = [*zip(16.0 + 6.3 * np.cos(angle), 16.6 + 6.3 * np.sin(angle), strict=True)]
    pen.line([(11.0, 10.3), *arc], pen.look.ink, 2.6)
    pen.shape([(11.6, 5.8), (11.6, 14.8), (6.2, 10.3)], pen.look.ink, 1.0)


def selftest(pen: Pen) -> None:
    """All well."""
    pen.disc(15, 15, 8.9, pen.look.ink, 2.0)
    pen.line([(10.7, 15.4), (13.8, 18.5), (19.4, 11.7)], pen.look.accent, 2.8)


def isolate(pen: Pen) -> None:
    """A voice, and noise that fades away."""
    pen.box(11.8, 4.8, 6.4, 12.0, pen.look.ink, 3.2)
    angle = np.linspace(0, np.pi, 40)
    pen.line([*zip(15 + 6.0 * np.cos(angle), 14.0 + 6.0 * np.sin(angle), strict=True)], pen.look.accent, 1.9)
    pen.line([(15, 20.2), (15, 24.0)], pen.look.accent, 1.9)
    pen.line([(11.6, 24.4), (18.4, 24.4)], pen.look.accent, 1.9)
    for x, y in ((6.2, 8.0), (6.2, 12.0), (23.8, 8.0), (23.8, 12.0)):
        pen.disc(x, y, 0.85, pen.look.faint)


def separate(pen: Pen) -> None:
    """One becomes three."""
    for x, half in ((5.6, 3.2), (8.6, 8.2), (11.6, 5.0)):
        pen.line([(x, 15 - half), (x, 15 + half)], pen.look.ink, 1.9)
    for y, end, colour in ((7.4, 24.6, pen.look.accent), (15.0, 22.4, pen.look.ink), (22.6, 24.6, pen.look.faint)):
        pen.line([(17.0, y), (end, y)], colour, 3.4)


def match(pen: Pen) -> None:
    """The target."""
    pen.disc(15, 15, 8.9, pen.look.ink, 2.0)
    pen.disc(15, 15, 5.2, pen.look.ink, 1.6)
    pen.disc(15, 15, 2.5, pen.look.accent)


def deliver(pen: Pen) -> None:
    """A level below a line."""
    pen.line([(6.0, 8.2), (24.0, 8.2)], pen.look.accent, 2.4)
    for x, top in ((8.0, 14.5), (12.7, 10.8), (17.3, 12.4), (22.0, 10.8)):
        pen.line([(x, 23.5), (x, top)], pen.look.ink, 2.8)


def bypass(pen: Pen) -> None:
    """A or B."""
    pen.line([(5.2, 21.5), (9.2, 8.5), (13.2, 21.5)], pen.look.ink, 2.2)
    pen.line([(6.6, 17.0), (11.8, 17.0)], pen.look.ink, 2.0)
    angle = np.linspace(-0.5 * np.pi, 0.5 * np.pi, 30)
    pen.line([(18.0, 8.5), (18.0, 21.5)], pen.look.accent, 2.2)
    for y, half, out in ((11.6, 3.1, 2.6), (18.1, 3.4, 3.2)):
        bow = [*zip(20.4 + out * np.cos(angle), y + half * np.sin(angle), strict=True)]
        pen.line([(18.0, y - half), *bow, (18.0, y + half)], pen.look.accent, 2.2)


_ALL = (
    balance, groups, duck, automix, level, align, unmask, isolate, separate, match, deliver, bypass,
    render, report, options, remember, remove, selftest,
)  # fmt: skip
DRAWINGS: dict[str, Callable[[Pen], None]] = {drawing.__name__: drawing for drawing in _ALL}


def strip(name: str, size: int) -> np.ndarray:
    """All states of an icon side by side."""
    cells = []
    for look in LOOKS:
        pen = Pen(size, look)
        DRAWINGS[name](pen)
        cells.append(pen.pixels())
    return np.concatenate(cells, axis=1)


def sheet(strips: dict[str, dict[str, np.ndarray]]) -> np.ndarray:
    """Every icon, large and in its first size, on a dark and on a light theme."""
    pad, columns, large = 12, 3, SIZES["200"]
    cell = 3 * large + 3 * SIZES[""] + 3 * pad
    rows = -(-len(DRAWINGS) // columns)
    blocks = []
    for theme, ink in (((38, 38, 38), "#d8d8d8"), ((214, 214, 214), "#202020")):
        block = np.full((rows * (large + 26) + pad, columns * cell + pad, 3), theme, float)
        labels = []
        for index, name in enumerate(DRAWINGS):
            x, y = pad + index % columns * cell, pad + index // columns * (large + 26)
            _over(block, strips["200"][name], x, y)
            _over(block, strips[""][name], x + 3 * large + pad, y + (large - SIZES[""]) // 2)
            labels.append((x + 2, y + large + 4, name))
        blocks.append(_labelled(block.astype(np.uint8), labels, ink))
    return np.concatenate(blocks)


def _labelled(block: np.ndarray, labels: list[tuple[int, int, str]], ink: str) -> np.ndarray:
    figure = Figure(figsize=(block.shape[1] / 100, block.shape[0] / 100), dpi=100)
    figure.figimage(block)
    for x, y, text in labels:
        figure.text(x / block.shape[1], 1 - y / block.shape[0], text, color=ink, fontsize=8.5, va="top")
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3]


def _over(ground: np.ndarray, picture: np.ndarray, x: int, y: int) -> None:
    part = ground[y : y + picture.shape[0], x : x + picture.shape[1]]
    alpha = picture[..., 3:] / 255
    part[:] = picture[..., :3] * alpha + part * (1 - alpha)


def png(pixels: np.ndarray) -> bytes:
    """Encode [shape=(height, width, 3 or 4), dtype=uint8]; no dates, no names of programs."""
    height, width, channels = pixels.shape
    rows = b"".join(b"\0" + row.tobytes() for row in np.ascontiguousarray(pixels))
    head = struct.pack(">IIBBBBB", width, height, 8, {3: 2, 4: 6}[channels], 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    chunks = (
        struct.pack(">I", len(data)) + tag + data + struct.pack(">I", zlib.crc32(tag + data)) for tag, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def main() -> None:
    """Draw everything."""
    assert set(DRAWINGS) == set(ICON_NAMES), "one drawing per kind of action"
    strips = {folder: {name: strip(name, size) for name in DRAWINGS} for folder, size in SIZES.items()}
    for folder, pictures in strips.items():
        (TOOLBAR / folder).mkdir(parents=True, exist_ok=True)
        for name, pixels in pictures.items():
            (TOOLBAR / folder / f"{ICON_PREFIX}{name}.png").write_bytes(png(pixels))
    SHEET.write_bytes(png(sheet(strips)))


if __name__ == "__main__":
    main()
