"""Which pattern the times of a column follow: hundreds of ways, told by their shape."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache

YEAR_FIRST = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y %m %d")
DAY_FIRST = ("%d.%m.%Y", "%d/%m/%Y", "%d-%m-%Y", "%d %m %Y", "%d.%m.%y", "%d/%m/%y", "%d-%m-%y")
MONTH_FIRST = ("%m/%d/%Y", "%m-%d-%Y", "%m.%d.%Y", "%m/%d/%y", "%m-%d-%y", "%m.%d.%y")
SHORT_YEAR_FIRST = ("%y-%m-%d",)
NAMED = (
    *("%d %b %Y", "%d-%b-%Y", "%d %B %Y", "%d. %B %Y", "%d/%b/%Y", "%d-%b-%y", "%d %b %y"),
    *("%b %d, %Y", "%b %d %Y", "%B %d, %Y", "%B %d %Y"),
)
COMPACT = ("%Y%m%d",)
DATES = (*YEAR_FIRST, *DAY_FIRST, *MONTH_FIRST, *SHORT_YEAR_FIRST, *NAMED, *COMPACT)
CLOCKS = (
    *("%H:%M:%S", "%H:%M", "%H:%M:%S%.f", "%I:%M:%S %p", "%I:%M %p", "%I:%M:%S%p", "%I:%M%p"),
    *("%H.%M.%S", "%H.%M", "%H%M%S", "%H%M"),
)
JOINS = ("", " ", "T", ", ")
EPOCH_SECONDS, EPOCH_MILLISECONDS = "seconds since 1970", "milliseconds since 1970"
_DIGITS = {
    "%Y": r"(?:1[7-9]|2[01])\d{2}",  # ns since 1970 reach from 1677 to 2262
    "%y": r"\d{2}",
    "%m": r"(?:0?[1-9]|1[0-2])",
    "%d": r"(?:0?[1-9]|[12]\d|3[01])",
    "%H": r"(?:[01]?\d|2[0-4])",
    "%I": r"(?:0?[1-9]|1[0-2])",
    "%M": r"[0-5]\d",
    "%S": r"[0-5]\d",
    "%.f": r"(?:\.\d{1,9})?",
    "%p": r"[AaPp][Mm]",
    "%b": r"(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)",
    "%B": r"(?i:january|february|march|april|may|june|july|august|september|october|november|december)",
}
_TWO_DIGITS = {
    "%Y": r"(?:19|2[01])\d{2}",  # earlier years would read seconds since 1970 as dates
    "%m": r"(?:0[1-9]|1[0-2])",
    "%d": r"(?:0[1-9]|[12]\d|3[01])",
    "%H": r"(?:[01]\d|2[0-4])",
}
_CODE = re.compile(r"%\.?[A-Za-z]")


def fitting(cells: Sequence[str]) -> list[str]:
    """The patterns that read most of these cells, if they read half of them at least; the likeliest first."""
    if not cells:
        return []
    counts = Counter(pattern for cell in cells for pattern in _patterns_of(cell))
    most = max(counts.values(), default=0)
    if most * 2 < len(cells):
        return []
    return sorted((pattern for pattern, count in counts.items() if count == most), key=_rank)


def _patterns_of(cell: str) -> list[str]:
    if re.fullmatch(r"\d{13}", cell):
        return [EPOCH_MILLISECONDS]
    found = _dated(cell)
    if not found and re.fullmatch(r"\d{9,10}(?:\.\d+)?", cell):
        return [EPOCH_SECONDS]
    return found


def _dated(cell: str) -> list[str]:
    found = []
    for date in DATES:
        match = _regex(date).match(cell)
        if match is not None:
            found += [date + rest for rest in _clocks(cell[match.end() :], compact=date in COMPACT)]
    return found


def _clocks(rest: str, *, compact: bool) -> list[str]:
    """What may follow a date, as patterns; "" is midnight."""
    if rest == "":
        return [""]
    join = next((join for join in reversed(JOINS) if rest.startswith(join)), "")
    if join == "" and not compact:
        return []
    clock = rest[len(join) :]
    if compact and join == "" and re.fullmatch(_TWO_DIGITS["%H"], clock):
        return ["%H"]
    return [join + pattern for pattern in CLOCKS if _regex(pattern).fullmatch(clock)]


def is_clock(cell: str) -> bool:
    return any(_regex(pattern).fullmatch(cell) for pattern in CLOCKS if ":" in pattern)


@cache
def _regex(pattern: str) -> re.Pattern[str]:
    strict = pattern in (*COMPACT, "%H%M%S", "%H%M")
    widths = {**_DIGITS, **_TWO_DIGITS} if strict else _DIGITS
    text, end = "", 0
    for code in _CODE.finditer(pattern):
        text += re.escape(pattern[end : code.start()]) + widths[code.group()]
        end = code.end()
    return re.compile(text + re.escape(pattern[end:]) + _boundary(pattern))


def _boundary(pattern: str) -> str:
    """A date ends where its digits end, except a compact one, which a compact clock may follow."""
    return "" if pattern in (*COMPACT, *CLOCKS) else r"(?!\d)"


def _rank(pattern: str) -> tuple[int, int]:
    date = max((d for d in DATES if pattern.startswith(d)), key=len, default="")
    clock = pattern[len(date) :].lstrip("T, ")
    return DATES.index(date) if date else -1, CLOCKS.index(clock) if clock in CLOCKS else -1
