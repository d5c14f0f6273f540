# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The report as one HTML file that fetches nothing: the template, style and script of role ``report`` filled in."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

from ..core.errors import ConfigurationError
from ..core.report_text import count, printable, size
from ..report.build import zone_of
from ..report.page_data import embedded, folder_bars, mailbox_bars, tables
from ..report.pictures import bars, throughput
from ..report.values import STATES, TicketReport

try:
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup
except ImportError:
    HAS_JINJA = False
else:
    HAS_JINJA = True

# Shown before the script runs, and where none does.
_FIRST_ROWS = 50


def report_page(report: TicketReport, assets_dir: str) -> str:
    """The page. Raises :class:`ConfigurationError` without Jinja2, OSError without the assets."""
    if not HAS_JINJA:
        raise ConfigurationError("Jinja2 is not installed here", where="report", remedy="Install ansible-core's Jinja2")
    folder = Path(assets_dir)
    style, script = ((folder / name).read_text(encoding="utf-8") for name in ("report.css", "report.js"))
    zone = zone_of(report.timezone)
    environment = Environment(autoescape=True, undefined=StrictUndefined, finalize=_shown, trim_blocks=True)
    environment.filters.update(_filters(zone))
    template = environment.from_string((folder / "report.html.j2").read_text(encoding="utf-8"))
    text: str = template.render(
        report=report,
        policy=_policy(style, script),
        style=Markup(style),
        script=Markup(script),
        data=Markup(embedded({**tables(report), "zone": report.timezone})),
        pictures=_pictures(report, zone),
        states=STATES,
        first_rows=report.mailboxes[:_FIRST_ROWS],
    )
    return text


def _shown(value: Any) -> Any:
    """What the template puts out: text of customers and servers without what a terminal or a page would act on."""
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _filters(zone: tzinfo) -> Mapping[str, Any]:
    return {
        "number": "{:,}".format,
        "size": lambda octets: "unknown" if octets is None else size(octets),
        "count": count,
        "time": lambda seconds: _time(seconds, zone),
    }


def _time(seconds: float | None, zone: tzinfo) -> str:
    return "never" if seconds is None else datetime.fromtimestamp(seconds, zone).strftime("%Y-%m-%d %H:%M %Z")


def _policy(style: str, script: str) -> str:
    """Nothing is fetched, and only this style and this script count."""
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}';"
        " base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _pictures(report: TicketReport, zone: tzinfo) -> list[dict[str, Any]]:
    """Those that have something to show."""
    folders, others = folder_bars(report)
    found = [
        ("Throughput over time", "", throughput(report.spans, zone)),
        (f"Size by folder, all mailboxes together{others}", "half", bars("Size by folder", folders)),
        ("Largest mailboxes", "half", bars("Largest mailboxes", mailbox_bars(report))),
    ]
    return [{"title": title, "style": style, "svg": Markup(picture)} for title, style, picture in found if picture]
