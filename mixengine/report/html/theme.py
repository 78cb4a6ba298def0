"""How figures look: drawn by matplotlib in stand-in colours, set into the page as SVG that follows its colours."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable
from html import escape
from typing import Any

from mixengine.report.clock import axis_clock

INK, FAINT, BEFORE, AFTER, SPEECH, CONTROL = "#010101", "#020202", "#030303", "#040404", "#050505", "#060606"
_VARIABLES = {INK: "ink", FAINT: "line", BEFORE: "before", AFTER: "after", SPEECH: "speech", CONTROL: "control"}
"""Stand-in colour → variable of the style sheet, so that one drawing serves light, dark and paper."""

WIDTH_IN = 9.2
_MAX_NAME = 28
_SMALL_PATH = 400
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "mixengine",
    "font.size": 9.0,
    "text.parse_math": False,
    "text.color": INK,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "grid.color": FAINT,
    "grid.linewidth": 0.6,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "lines.linewidth": 1.5,
    "lines.solid_joinstyle": "round",
}


def svg(name: str, alt: str, height_in: float, draw: Callable[[Any], None]) -> str:
    """A figure as inline SVG.

    Parameters
    ----------
    name : str
        Short and unlike those of the page's other figures: it begins the ids inside.
    alt : str
        What it shows, for those who do not see it.
    height_in : float
        Height at `WIDTH_IN` inches of width.
    draw : callable
        Draws into the matplotlib figure that it is given.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(), warnings.catch_warnings():
        # names in scripts that the font here lacks: the browser finds another font
        warnings.simplefilter("ignore")
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        figure = Figure(figsize=(WIDTH_IN, height_in), layout="constrained")
        draw(figure)
        text = printed(figure)
    return _inline(text, name, alt)


def printed(figure: Any) -> str:
    """The figure's parts placed, and written as an SVG file."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    canvas = FigureCanvasSVG(figure)
    # placed once and drawn once: `savefig` does both twice
    figure.get_layout_engine().execute(figure)
    figure.set_layout_engine("none")
    out = io.BytesIO()
    canvas.print_svg(out, metadata={"Date": None, "Creator": None})
    return out.getvalue().decode("utf-8")


def _inline(text: str, name: str, alt: str) -> str:
    """Only the drawing: no prologue, no addresses, short numbers, own ids, the page's fonts and colours."""
    body = re.sub(r"(?s)<metadata>.*?</metadata>|<style.*?</style>", "", text[text.index("<svg") :])
    width, height = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', body).groups()  # type: ignore[union-attr]
    body = body[body.index(">") + 1 :]
    body = re.sub(r"(?s)<!--.*?-->", "", body)
    used = set(re.findall(r'(?:url\(#|xlink:href="#)([^)"]+)', body))
    body = re.sub(r' id="([^"]+)"', lambda m: f' id="{name}-{m[1]}"' if m[1] in used else "", body)
    body = body.replace("url(#", f"url(#{name}-").replace('xlink:href="#', f'href="#{name}-')
    body = re.sub(r'( (?:d|points)=")([^"]+)"', lambda m: m[1] + _short_numbers(m[2]) + '"', body)
    body = re.sub(r"font: ([\d.]+)px [^;\"]*", r"font-size: \1px", body)
    body = re.sub(r"font-family: [^;\"]*;? ?", "", body)
    for colour, variable in _VARIABLES.items():
        body = body.replace(colour, f"var(--{variable})")
    head = f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(alt)}">'
    return head + re.sub(r">\s+<", "><", body).strip()


def _short_numbers(path: str) -> str:
    """A tenth of a point is finer than a screen, except in the small paths of markers."""
    digits = 1 if len(path) > _SMALL_PATH else 2
    path = re.sub(r"-?\d+\.\d+", lambda m: f"{float(m[0]):.{digits}f}".rstrip("0").rstrip("."), path)
    return re.sub(r"\s+", " ", path).strip()


def short(name: str) -> str:
    """A name for an axis: printable, cut in the middle when it is long."""
    clean = "".join(char if char.isprintable() and not "\ud800" <= char <= "\udfff" else "?" for char in name)
    if len(clean) <= _MAX_NAME:
        return clean
    return f"{clean[: _MAX_NAME // 2]}…{clean[-_MAX_NAME // 2 + 1 :]}"


def legend(axis: Any) -> None:
    """The legend above the right corner, where no line passes."""
    axis.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.1, ncols=4)


def time_axis(axis: Any, end_s: float) -> None:
    """Minutes and seconds along the bottom."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    steps = [1, 2, 3, 5, 6, 10]
    axis.set_xlim(0.0, end_s)
    axis.xaxis.set_major_locator(MaxNLocator(nbins=10, steps=steps))
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: axis_clock(value, end_s)))


def frequency_axis(axis: Any, low_hz: float = 20.0, high_hz: float = 20000.0) -> None:
    """Hertz and kilohertz along the bottom, logarithmic."""
    from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

    marks = [20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000]
    axis.set_xscale("log")
    axis.set_xlim(low_hz, high_hz)
    axis.xaxis.set_major_locator(FixedLocator(marks))
    axis.xaxis.set_minor_locator(NullLocator())
    axis.xaxis.set_major_formatter(FixedFormatter([f"{m // 1000} k" if m >= 1000 else str(m) for m in marks]))
    axis.set_xlabel("frequency in Hz")
