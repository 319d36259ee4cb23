"""Small line charts as SVG, readable on light and on dark pages. The same data, the same bytes."""

import html
import math

WIDTH, HEIGHT = 640, 260
LEFT, RIGHT, TOP, BOTTOM = 62, 150, 34, 44  # around the plot; the legend is on the right
# Chosen to be told apart on white and on black, in grey, too.
COLOURS = ("#2f81d6", "#e0762f", "#3a9b57", "#a65bc4")
_STYLE = ("text{font:12px sans-serif;fill:#333}.grid{stroke:#8884;stroke-width:1}"
          ".bar{stroke:#d33;stroke-dasharray:5 4}path{fill:none;stroke-width:2}"
          "@media(prefers-color-scheme:dark){text{fill:#ddd}}")
_TICKS = 5


def _nice(span):
    """A step of 1, 2 or 5 times a power of ten."""
    step = 10 ** math.floor(math.log10(span / _TICKS))
    return next(step * times for times in (1, 2, 5, 10) if step * times * _TICKS >= span)


def _short(value):
    for size, suffix in ((1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{suffix}"
    return f"{value:g}"


def _point(value):
    return f"{value:.1f}".rstrip("0").rstrip(".")


class Chart:
    """Lines over a common x; `logarithmic` is about x. y begins at zero and ends at `most`, or
    where it must."""

    def __init__(self, title, x_title, y_title, logarithmic=False, bar=None, most=None):
        self._title, self._x_title, self._y_title = title, x_title, y_title
        self._logarithmic, self._bar, self._most = logarithmic, bar, most
        self._lines = []

    def add(self, name, points):
        self._lines.append((name, sorted(points)))

    def text(self, x_label=_short):
        xs = sorted({x for _, points in self._lines for x, _ in points})
        high = self._most or max(y for _, points in self._lines for _, y in points) or 1
        step = _nice(high)
        top = step * math.ceil(high / step)
        place_x, place_y = self._scale_x(xs), lambda y: HEIGHT - BOTTOM - min(y, top) / top * (
            HEIGHT - TOP - BOTTOM)
        parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
                 f'role="img" aria-label="{html.escape(self._title)}"><style>{_STYLE}</style>',
                 _text(LEFT, 18, self._title, "start")]
        for tick in range(round(top / step) + 1):
            y = place_y(tick * step)
            parts.append(f'<path class="grid" d="M{LEFT} {_point(y)}H{WIDTH - RIGHT}"/>')
            parts.append(_text(LEFT - 6, y + 4, _short(round(tick * step, 9)), "end"))
        for x in self._x_ticks(xs):
            parts.append(_text(place_x(x), HEIGHT - BOTTOM + 18, x_label(x), "middle"))
        parts.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, self._x_title, "middle"))
        parts.append(f'<text transform="translate(14 {HEIGHT / 2:g})rotate(-90)" '
                     f'text-anchor="middle">{html.escape(self._y_title)}</text>')
        if self._bar:
            y = place_y(self._bar)
            parts.append(f'<path class="bar" d="M{LEFT} {_point(y)}H{WIDTH - RIGHT}"/>')
        for index, (name, points) in enumerate(self._lines):
            parts += self._line(index, name, [(place_x(x), place_y(y)) for x, y in points])
        return "\n".join([*parts, "</svg>"]) + "\n"

    def _line(self, index, name, places):
        colour = COLOURS[index % len(COLOURS)]
        path = "L".join(f"{_point(x)} {_point(y)}" for x, y in places)
        yield f'<path stroke="{colour}" d="M{path}"/>'
        if len(places) <= 2 * len(COLOURS):
            for x, y in places:
                yield f'<circle cx="{_point(x)}" cy="{_point(y)}" r="3" fill="{colour}"/>'
        y = TOP + 10 + 20 * index
        yield f'<path stroke="{colour}" d="M{WIDTH - RIGHT + 12} {y - 4}h18"/>'
        yield _text(WIDTH - RIGHT + 36, y, name, "start")

    def _scale_x(self, xs):
        low, high = (math.log(x) if self._logarithmic else x for x in (xs[0], xs[-1]))
        span = high - low or 1
        return lambda x: LEFT + ((math.log(x) if self._logarithmic else x) - low) / span * (
            WIDTH - LEFT - RIGHT)

    def _x_ticks(self, xs):
        if self._logarithmic or len(xs) <= _TICKS:
            return xs
        step = _nice(xs[-1] - xs[0])
        first = math.ceil(xs[0] / step)
        return [step * tick for tick in range(first, math.floor(xs[-1] / step) + 1)]


def _text(x, y, text, anchor):
    return (f'<text x="{_point(x)}" y="{_point(y)}" text-anchor="{anchor}">'
            f'{html.escape(text)}</text>')
