"""Charts as plain SVG: a spark, bars and a waterfall. Shapes carry classes, the style sheet carries colours.

Every chart is an image with a title and a description; the numbers stand in a table beside it. Geometry is apart
from drawing, so that a test can say: no width is negative and nothing leaves the frame.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup, escape

Values = Sequence[float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle in view-box units."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One bar of a waterfall: a total stands on zero, a change starts where the last one ended."""

    label: str
    value: float
    text: str
    total: bool = False


def points(values: Values, low: float, high: float, width: float, height: float, pad: float = 2) -> list[list[str]]:
    """Runs of "x,y" for a line from left to right; an unknown value breaks the line."""
    span = high - low or 1.0
    step = (width - 2 * pad) / max(len(values) - 1, 1)
    runs: list[list[str]] = [[]]
    for i, value in enumerate(values):
        if value is None:
            runs.append([])
            continue
        y = pad + (height - 2 * pad) * (1 - (min(max(value, low), high) - low) / span)
        runs[-1].append(f"{pad + i * step:.1f},{y:.1f}")
    return [run for run in runs if run]


def spark(lines: Sequence[Values], label: str, width: int = 240, height: int = 40) -> Markup:
    """One or two lines over the same hour, from zero, without axes: a shape, not a scale."""
    known = [v for line in lines for v in line if v is not None]
    if not known:
        return Markup('<p class="spark-empty">No history yet</p>')
    low, high = min(0.0, *known), max(*known, 1e-12) if len(known) > 1 else max(known[0], 1e-12)
    parts = [f'<path class="rule" d="M0 {height - 2}H{width}"/>']
    for i, line in enumerate(lines):
        for run in points(line, low, high, width, height):
            if i == 0 and len(lines) == 1 and len(run) > 1:
                parts.append(_area(run, height - 2))
            shape = f"M{run[0]}h0.1" if len(run) == 1 else "M" + "L".join(run)
            parts.append(f'<path class="line line-{i + 1}" d="{shape}"/>')
    return _image("spark", width, height, label, "", parts)


def _area(run: list[str], floor: float) -> str:
    first, last = run[0].split(",")[0], run[-1].split(",")[0]
    return f'<path class="area" d="M{first},{floor}L{"L".join(run)}L{last},{floor}Z"/>'


def bar_widths(values: Sequence[float], room: float) -> list[float]:
    """Widths in proportion to size; a loss is as wide as a gain and drawn in another class."""
    largest = max((abs(v) for v in values), default=0.0)
    return [room * abs(v) / largest if largest > 0 else 0.0 for v in values]


def bars(rows: Sequence[tuple[str, float, str]], title: str, text: str, width: int = 770) -> Markup:
    """Horizontal bars: (label, value, value as text). For shares of a whole by name."""
    row_height, left, right = 30, 240, 110
    widths = bar_widths([value for _, value, _ in rows], width - left - right)
    parts = []
    for i, ((label, value, shown), bar) in enumerate(zip(rows, widths, strict=True)):
        y = i * row_height
        kind = "bar bar-loss" if value < 0 else "bar"
        parts.append(
            f'<text class="name" x="{left - 10}" y="{y + 19}" text-anchor="end">{escape(_short(label))}</text>'
        )
        parts.append(f'<rect class="{kind}" x="{left}" y="{y + 6}" width="{bar:.1f}" height="18" rx="2"/>')
        parts.append(f'<text class="value" x="{left + bar + 8:.1f}" y="{y + 19}">{escape(shown)}</text>')
    return _image("bars", width, max(len(rows), 1) * row_height, title, text, parts)


def columns(rows: Sequence[tuple[str, float, str]], title: str, text: str, room: int = 1152) -> Markup:
    """Upright bars over time: (label, value, value as text); every label shows when there is room for it."""
    height, floor, top = 200, 172, 24
    width = min(room, 96 * max(len(rows), 4))
    slot = min(96.0, width / max(len(rows), 1))
    heights = bar_widths([value for _, value, _ in rows], floor - top)
    every = max(1, round(80 / slot))
    parts = [f'<path class="rule" d="M0 {floor + 0.5}H{width}"/>']
    for i, ((label, _, shown), bar) in enumerate(zip(rows, heights, strict=True)):
        thick = min(slot * 0.64, 72)
        middle = slot * (i + 0.5)
        parts.append(
            f'<rect class="bar" x="{middle - thick / 2:.1f}" y="{floor - bar:.1f}" width="{thick:.1f}" '
            f'height="{bar:.1f}" rx="2"/>'
        )
        if i % every == 0:
            parts.append(_label("name", middle, height - 8, label))
            parts.append(_label("value", middle, floor - bar - 7, shown))
    return _image("columns", width, height, title, text, parts)


def _label(kind: str, x: float, y: float, text: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="middle">{escape(text)}</text>'


def waterfall_boxes(steps: Sequence[Step], width: float, top: float, floor: float) -> list[Box]:
    """Where each bar stands. The scale holds zero, every running level and every total."""
    spans: list[tuple[float, float]] = []
    level = 0.0
    for step in steps:
        start = 0.0 if step.total else level
        level = step.value if step.total else level + step.value
        spans.append((min(start, level), max(start, level)))
    low = min((a for a, _ in spans), default=0.0)
    high = max((b for _, b in spans), default=0.0)
    span = (high - low) or 1.0
    slot = width / max(len(steps), 1)
    room = floor - top
    return [
        Box(
            x=slot * i + slot * 0.18,
            y=floor - (b - low) / span * room,
            width=slot * 0.64,
            height=(b - low) / span * room - (a - low) / span * room,
        )
        for i, (a, b) in enumerate(spans)
    ]


def waterfall(steps: Sequence[Step], title: str, text: str, width: int = 720) -> Markup:
    """From a first total through its changes to the last total: price, what eats it, and what is left."""
    height, top, floor = 260, 26, 212
    boxes = waterfall_boxes(steps, width, top, floor)
    parts = []
    for step, box in zip(steps, boxes, strict=True):
        kind = ("short" if step.value < 0 else "total") if step.total else "gain" if step.value > 0 else "loss"
        middle = box.x + box.width / 2
        parts.append(
            f'<rect class="step step-{kind}" x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" '
            f'height="{max(box.height, 1):.1f}" rx="2"/>'
        )
        parts.append(
            f'<text class="value" x="{middle:.1f}" y="{box.y - 8:.1f}" text-anchor="middle">{escape(step.text)}</text>'
        )
        for n, line in enumerate(_two_lines(step.label)):
            y = floor + 20 + n * 15
            parts.append(f'<text class="name" x="{middle:.1f}" y="{y}" text-anchor="middle">{escape(line)}</text>')
    zero = next((b.y + b.height if s.value >= 0 else b.y for s, b in zip(steps, boxes, strict=True) if s.total), floor)
    parts.insert(0, f'<path class="rule" d="M0 {zero:.1f}H{width}"/>')
    parts.extend(_joins(steps, boxes))
    return _image("waterfall", width, height, title, text, parts)


def _joins(steps: Sequence[Step], boxes: Sequence[Box]) -> list[str]:
    """Thin lines that carry the level from bar to bar."""
    lines = []
    for (step, box), (_, after) in pairwise(zip(steps, boxes, strict=True)):
        level = box.y if (step.value >= 0 if step.total else step.value > 0) else box.y + box.height
        lines.append(f'<path class="join" d="M{box.x + box.width:.1f} {level:.1f}H{after.x:.1f}"/>')
    return lines


def _image(kind: str, width: int, height: int, title: str, text: str, parts: Sequence[str]) -> Markup:
    said = Markup("<title>{}</title>").format(title) + (Markup("<desc>{}</desc>").format(text) if text else "")
    size = 'preserveAspectRatio="none"' if kind == "spark" else f'width="{width}" height="{height}"'
    label = Markup(' aria-label="{}"').format(title)
    frame = Markup(f'<svg class="chart chart-{kind}" viewBox="0 0 {width} {height}" role="img" {size}')  # noqa: S704  # ours
    return frame + label + Markup(">") + said + Markup("".join(parts)) + Markup("</svg>")  # noqa: S704  # parts escape


def _short(label: str, limit: int = 32) -> str:
    return label if len(label) <= limit else label[: limit - 1] + "…"


def _two_lines(label: str) -> list[str]:
    """Break a long label at the space nearest its middle."""
    spaces = [i for i, c in enumerate(label) if c == " "]
    if len(label) <= 12 or not spaces:
        return [label]
    cut = min(spaces, key=lambda i: abs(i - len(label) / 2))
    return [label[:cut], label[cut + 1 :]]
