"""Charts as plain SVG for a report without scripts: points and lines, bars, stacked bars, a tornado.

Shapes carry classes, the style sheet carries colours. Every chart is an image with a title; its numbers stand in a
table beside it. The frame is 480 wide, so that text can be read at 390 px of page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

WIDTH = 480
LEFT, RIGHT, TOP, BOTTOM = 54, 14, 14, 44
LABEL_WIDTH, LABEL_HEIGHT = 90, 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Points (x, y) with a shape: `line` joins them, `dot` and `box` do not. `labels` names each point, or none."""

    name: str
    points: Sequence[tuple[float, float]]
    kind: str
    shape: str = "line"
    labels: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """What is along it, and whether equal steps are equal factors."""

    title: str
    log: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """From values to the length of an axis."""

    low: float
    high: float
    length: float
    log: bool

    def at(self, value: float) -> float:
        if self.log:
            return self.length * (log10(value) - log10(self.low)) / (log10(self.high) - log10(self.low))
        return self.length * (value - self.low) / (self.high - self.low)


def scale(values: Sequence[float], length: float, log: bool) -> Scale:
    """Room for all values and a little more; a linear scale starts at zero."""
    least, most = min(values), max(values)
    if log:
        return Scale(low=least / 1.15, high=max(most * 1.15, least * 1.5), length=length, log=True)
    return Scale(low=min(0.0, least), high=(most or 1.0) * 1.06, length=length, log=False)


def ticks(of: Scale) -> list[float]:
    """Round values inside a scale: 1, 2, 5 a decade, or about five equal steps."""
    if of.log:
        decades = range(floor(log10(of.low)), ceil(log10(of.high)) + 1)
        found = [m * 10.0**d for d in decades for m in (1, 2, 5) if of.low <= m * 10.0**d <= of.high]
        return found if len(found) < 9 else [v for v in found if f"{v:e}"[0] == "1"]
    rough = (of.high - of.low) / 5
    size = 10.0 ** floor(log10(rough))
    step = next(size * m for m in (1, 2, 5, 10) if size * m >= rough)
    return [step * i for i in range(ceil(of.low / step), floor(of.high / step) + 1)]


def number(value: float) -> str:
    """Three digits, grouped above a thousand, k and M from ten thousand up."""
    size = abs(value)
    for least, factor, sign in ((1e9, 1e9, "G"), (1e6, 1e6, "M"), (1e4, 1e3, "k")):
        if size >= least:
            return f"{value / factor:.3g}{sign}"
    if size >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def plot(title: str, x: Axis, y: Axis, series: Sequence[Series], height: int = 300) -> str:
    """Series over two axes, with a legend below."""
    points = [point for one in series for point in one.points]
    across = scale([p[0] for p in points], WIDTH - LEFT - RIGHT, x.log)
    up = scale([p[1] for p in points], height - TOP - BOTTOM, y.log)
    floor_y = height - BOTTOM
    parts = []
    for value in ticks(across):
        at = LEFT + across.at(value)
        parts.append(f'<path class="grid" d="M{at:.1f} {TOP}V{floor_y}"/>')
        parts.append(_text(at, floor_y + 14, number(value), "middle"))
    for value in ticks(up):
        at = floor_y - up.at(value)
        parts.append(f'<path class="grid" d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}"/>')
        parts.append(_text(LEFT - 5, at + 4, number(value), "end"))
    parts.append(_text(LEFT + (WIDTH - LEFT - RIGHT) / 2, height - 12, x.title, "middle", "axis"))
    parts.append(f'<text class="axis" transform="translate(12 {floor_y / 2 + TOP}) rotate(-90)" text-anchor="middle">'
                 f"{escape(y.title)}</text>")  # fmt: skip
    for one in series:
        placed = [(LEFT + across.at(a), floor_y - up.at(b)) for a, b in one.points]
        parts += _marks(one, placed) + _labels(one.labels, placed)
    return _image(title, height, parts) + _legend([(one.name, one.kind, one.shape) for one in series])


def _marks(one: Series, placed: Sequence[tuple[float, float]]) -> list[str]:
    parts = []
    if one.shape == "line" and placed:
        path = "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in placed)
        parts.append(f'<path class="line {one.kind}" d="{path}"/>')
    for a, b in placed:
        if one.shape == "box":
            parts.append(f'<rect class="mark {one.kind}" x="{a - 4:.1f}" y="{b - 4:.1f}" width="8" height="8"/>')
        elif one.shape == "dot":
            parts.append(f'<circle class="mark {one.kind}" cx="{a:.1f}" cy="{b:.1f}" r="4"/>')
    return parts


def _labels(names: Sequence[str], placed: Sequence[tuple[float, float]]) -> list[str]:
    """Beside their points, on whichever side has room; moved down from a label that stands there already."""
    parts: list[str] = []
    taken: list[tuple[float, float]] = []
    for name, (x, y) in sorted(zip(names, placed, strict=False), key=lambda pair: pair[1][1]):
        end = x > WIDTH * 0.72
        at = y + 4
        while any(abs(x - a) < LABEL_WIDTH and abs(at - b) < LABEL_HEIGHT for a, b in taken):
            at += 2
        taken.append((x, at))
        parts.append(_text(x + (-7 if end else 7), at, name, "end" if end else "start", "name"))
    return parts


def stacked(title: str, rows: Sequence[tuple[str, Sequence[tuple[str, float]]]], unit: str) -> str:
    """One bar a row, its parts in order; rows: (label, ((part, value), …)). All on one scale."""
    names = [name for name, _ in rows[0][1]]
    most = max(sum(value for _, value in row) for _, row in rows) or 1.0
    room, height = WIDTH - RIGHT - 60, 46 * len(rows) + 4
    parts = []
    for i, (label, row) in enumerate(rows):
        x, y = 0.0, 46 * i + 18
        parts.append(_text(0, y - 5, label, "start", "name"))
        for j, (_, value) in enumerate(row):
            wide = room * value / most
            parts.append(
                f'<rect class="part p{j % 9 + 1}" x="{x:.1f}" y="{y}" width="{max(wide, 0):.1f}" height="20"/>'
            )
            x += wide
        parts.append(_text(x + 6, y + 15, f"{number(sum(v for _, v in row))} {unit}", "start"))
    return _image(title, height, parts) + _legend([(name, f"p{j % 9 + 1}", "box") for j, name in enumerate(names)])


def tornado(title: str, bars: Sequence[tuple[str, float, float, bool]], base: float, line: float) -> str:
    """Ranges about a base: (label, at the low end, at the high end, flips); `line` is where the decision turns."""
    left = 176
    values = [v for _, low, high, _ in bars for v in (low, high)] + [base, line]
    span = (max(values) - min(values)) or 1.0
    room, height = WIDTH - left - 44, 24 * len(bars) + 34

    def at(value: float) -> float:
        return left + 22 + room * (value - min(values)) / span

    parts = [f'<path class="rule" d="M{at(base):.1f} 0V{height - 30}"/>',
             f'<path class="turn" d="M{at(line):.1f} 0V{height - 30}"/>']  # fmt: skip
    for i, (label, low, high, flips) in enumerate(bars):
        y = 24 * i + 4
        parts.append(_text(left - 6, y + 13, label, "end", "name"))
        for end, kind in ((low, "low"), (high, "high")):
            a, b = sorted((at(base), at(end)))
            parts.append(f'<rect class="bar {kind}{" flips" if flips else ""}" x="{a:.1f}" y="{y}" '
                         f'width="{b - a:.1f}" height="16"/>')  # fmt: skip
    parts.append(_text(at(base), height - 14, number(base), "middle"))
    if abs(at(line) - at(base)) > 30:
        parts.append(_text(at(line), height - 14, f"{number(line)}: as dear", "middle"))
    return _image(title, height, parts) + _legend([("at the input's low end", "low", "box"),
                                                  ("at its high end", "high", "box")])  # fmt: skip


def _text(x: float, y: float, text: str, anchor: str, kind: str = "tick") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _legend(entries: Sequence[tuple[str, str, str]]) -> str:
    items = "".join(f'<li><span class="key {shape} {kind}"></span>{escape(name)}</li>' for name, kind, shape in entries)
    return f'<ul class="legend">{items}</ul>'


def _image(title: str, height: float, parts: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{escape(title, quote=True)}">'
        f"<title>{escape(title)}</title>{''.join(parts)}</svg>"
    )
