# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why a server may not take a resource, in the words of the library that many servers read with.

The one place that imports vobject.
"""

from __future__ import annotations

try:
    import vobject
except ImportError:  # reported by the module
    vobject = None  # type: ignore[assignment]


def complaint(text: str) -> str:
    """What vobject says against a vCard or calendar; empty where it has nothing against it."""
    try:
        vobject.readOne(text).validate(raiseException=True)
    except Exception as error:  # its kinds are many
        return " ".join(str(error).split())[:200] or type(error).__name__
    return ""
