"""What a case found: rows for the table, numbers of every run, and remarks."""

import dataclasses
import statistics

MET, MISSED, NO_BAR, NOT_BUILT, FAILED = "met", "MISSED", "", "not built", "FAILED"


@dataclasses.dataclass
class Row:
    """One line of the table: a median with the least and the most of its runs."""
    what: str
    figure: float
    unit: str
    spread: tuple
    bar: str = ""
    met: bool | None = None  # None: there is no bar, it is only reported
    remark: str = ""

    @property
    def verdict(self):
        return NO_BAR if self.met is None else MET if self.met else MISSED


@dataclasses.dataclass
class Case:
    """What one case gave."""
    name: str
    title: str
    rows: list = dataclasses.field(default_factory=list)
    runs: list = dataclasses.field(default_factory=list)
    data: dict = dataclasses.field(default_factory=dict)  # for the figures
    seconds: float = 0.0
    not_built: str = ""
    failed: str = ""

    def add(self, what, values, unit, bar=None, met=None, remark=""):
        """`values` of the runs; `met` judges their median."""
        figure = statistics.median(values)
        self.rows.append(Row(what, figure, unit, (min(values), max(values)), bar or "",
                             None if met is None else bool(met(figure)), remark))

    def as_json(self):
        return dataclasses.asdict(self)


def at_most(most):
    return {"bar": f"≤ {most:g}", "met": lambda figure: figure <= most}


def at_least(least):
    return {"bar": f"≥ {least:g}", "met": lambda figure: figure >= least}


def number(value):
    """Three digits that mean something, more where they are whole."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


_HEAD = ("", "what", "figure", "spread", "bar", "")


def _lines(case):
    if case.failed or case.not_built:
        reason = case.failed.splitlines()[0] if case.failed else case.not_built
        yield case.name, case.title, "", "", "", FAILED if case.failed else NOT_BUILT, reason
        return
    for index, row in enumerate(case.rows):
        low, high = row.spread
        spread = "" if low == high else f"{number(low)} .. {number(high)}"
        figure = f"{number(row.figure)} {row.unit}"
        yield (case.name if index == 0 else "", row.what, figure, spread, row.bar, row.verdict,
               row.remark)


def lines(cases, quick):
    """The table, as text."""
    found = [_HEAD + ("",), *(line for case in cases for line in _lines(case))]
    widths = [max(len(line[column]) for line in found) for column in range(len(_HEAD))]
    for line in found:
        yield "  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip()
        if line[-1]:
            yield f"{' ' * (widths[0] + 4)}{line[-1]}"
    if quick:
        yield "\nQuick: small sizes, one run each. These figures show that it runs; they are no " \
              "measurements."
