# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pictures as SVG: text in, escaped markup out. Colours are the page's, by class; each has its text alternative."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from html import escape
from math import ceil

from ..core.report_text import count, printable, size
from .values import Span

_WIDTH, _HEIGHT = 1100, 250
# The plot's left, right, top and bottom.
_LEFT, _RIGHT, _TOP, _BOTTOM = 84, 1092, 12, 218
# Of pictures with horizontal bars, of which two stand side by side: width, a bar's row, room for its name and value.
_HALF, _ROW, _LABEL, _VALUE = 560, 28, 226, 124
_LONGEST = 25


@dataclass(frozen=True)
class Bar:
    """One bar: what it stands for, how long it is, and the same in words."""

    label: str
    value: int
    text: str


def throughput(spans: Sequence[Span], zone: tzinfo) -> str:
    """Octets by time as columns; empty when there is nothing to show."""
    highest = max((span.octets for span in spans), default=0)
    if not highest:
        return ""
    octets, messages = sum(span.octets for span in spans), sum(span.messages for span in spans)
    peak = max(spans, key=lambda span: span.octets)
    text = (
        f"{count(messages, 'message')} ({size(octets)}) from {_moment(spans[0].start, zone)} to"
        f" {_moment(spans[-1].start + spans[-1].seconds, zone)}; most at {_moment(peak.start, zone)}:"
        f" {size(peak.octets)} in {_duration(peak.seconds)}."
    )
    step, top = _scale(highest / spans[0].seconds)
    body = [*_lines(step, top), *_columns(spans, top * spans[0].seconds, zone), *_times(spans, zone)]
    return _picture("Throughput over time", text, (_WIDTH, _HEIGHT), body)


def bars(title: str, found: Sequence[Bar]) -> str:
    """Horizontal bars, in the order given; empty when there are none."""
    longest = max((each.value for each in found), default=0)
    if not longest:
        return ""
    text = "; ".join(f"{each.label}: {each.text}" for each in found)
    room = _HALF - _LABEL - _VALUE
    body = []
    for place, each in enumerate(found):
        top, length = place * _ROW + 4, max(2.0, room * each.value / longest)
        label = _text(_short(each.label))
        body += [
            f"<g><title>{_text(f'{each.label}: {each.text}')}</title>",
            f'<text class="label" x="{_LABEL - 10}" y="{top + 15}" text-anchor="end">{label}</text>',
            f'<rect class="track" x="{_LABEL}" y="{top}" width="{room}" height="20" rx="4"/>',
            f'<rect class="bar" x="{_LABEL}" y="{top}" width="{length:.1f}" height="20" rx="4"/>',
            f'<text class="value" x="{_LABEL + room + 10}" y="{top + 15}">{_text(each.text)}</text></g>',
        ]
    return _picture(title, text, (_HALF, len(found) * _ROW + 4), body)


def _picture(title: str, text: str, extent: tuple[int, int], body: Sequence[str]) -> str:
    width, height = extent
    head = f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{_text(f"{title}: {text}")}">'
    return "".join([head, *body, "</svg>"])


def _lines(step: int, top: int) -> Iterator[str]:
    """The lines of the scale, in octets per second."""
    for value in range(0, top + 1, step):
        y = _BOTTOM - (_BOTTOM - _TOP) * value / top
        rate = f"{size(value)}/s" if value else "0"
        yield f'<line class="grid" x1="{_LEFT}" x2="{_RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text class="axis" x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{_text(rate)}</text>'


def _columns(spans: Sequence[Span], top: float, zone: tzinfo) -> Iterator[str]:
    pitch = (_RIGHT - _LEFT) / len(spans)
    width = min(max(pitch * 0.82, 0.8), 40)
    for place, span in enumerate(spans):
        if not span.messages:
            continue
        height = max(1.5, (_BOTTOM - _TOP) * span.octets / top)
        x = _LEFT + place * pitch + (pitch - width) / 2
        told = f"{_moment(span.start, zone)}: {count(span.messages, 'message')}, {size(span.octets)}"
        yield (
            f'<rect class="bar" x="{x:.1f}" y="{_BOTTOM - height:.1f}" width="{width:.1f}" height="{height:.1f}"'
            f' rx="{min(2.0, width / 4):.1f}"><title>{_text(told)}</title></rect>'
        )


def _times(spans: Sequence[Span], zone: tzinfo) -> Iterator[str]:
    """At most six times below, days where they are days apart."""
    pitch = (_RIGHT - _LEFT) / len(spans)
    every = ceil(len(spans) / 6)
    whole = spans[-1].start - spans[0].start
    form = "%H:%M" if whole < 20 * 3600 else "%d %b %H:%M" if whole < 5 * 86400 else "%d %b %Y"
    for place in range(0, len(spans), every):
        at = datetime.fromtimestamp(spans[place].start, zone).strftime(form)
        yield f'<text class="axis" x="{_LEFT + place * pitch:.1f}" y="{_BOTTOM + 20}">{_text(at)}</text>'


def _scale(highest: float) -> tuple[int, int]:
    """A round step of the scale and its upper end, at most five steps away."""
    step = 1
    while True:
        for factor in (1, 2, 5):
            if step * factor * 5 >= highest:
                unit = step * factor
                return unit, ceil(highest / unit) * unit
        step *= 10


def _short(label: str) -> str:
    shown = printable(label)
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"


def _moment(seconds: float, zone: tzinfo) -> str:
    return datetime.fromtimestamp(seconds, zone).strftime("%Y-%m-%d %H:%M %Z")


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    return count(minutes, "minute") if minutes < 120 else count(minutes // 60, "hour")


def _text(text: str) -> str:
    return escape(printable(text))
