# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Messages by Jinja2. The template is the provider's; values are anybody's: text in one line, and no template."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.errors import ConfigurationError
from ..core.report_text import printable

try:
    import jinja2
    import jinja2.sandbox
except ImportError:  # reported when a message is made
    jinja2 = None  # type: ignore[assignment]


def message(template: str, values: Mapping[str, Any], language: str = "en") -> str:
    """The text of an update. Raises :class:`ConfigurationError` for a template that cannot be used.

    In a template the filter ``number`` writes a number as the language does.
    """
    if jinja2 is None:
        raise ConfigurationError("the Python library jinja2 is missing", remedy="Install it with pip install jinja2")
    environment = jinja2.sandbox.ImmutableSandboxedEnvironment(
        undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True, finalize=_shown, autoescape=False
    )
    mark = "." if language == "de" else ","
    environment.filters["number"] = lambda value: f"{int(value):,}".replace(",", mark)
    try:
        text = environment.from_string(template).render(dict(values))
    except (jinja2.TemplateError, TypeError, ValueError, ArithmeticError, LookupError) as error:
        raise ConfigurationError(
            f"the template of the message cannot be used ({type(error).__name__}: {error})",
            where=str(values.get("event", "")),
            remedy="Correct it; docs/ticket-updates.md names its values",
        ) from None
    return text.strip()


def _shown(value: Any) -> Any:
    return printable(value) if isinstance(value, str) else value
