# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What customers are told of their contacts and calendars, by name and in the order of the languages."""

from __future__ import annotations

from collections.abc import Mapping

SENTENCES: Mapping[str, tuple[str, str]] = {
    "contacts title": ("Contacts and calendars", "Kontakte und Kalender"),
    "contacts entries": ("Entries in your files", "Einträge in Ihren Dateien"),
    "contacts all here": (
        "Every entry of your files is here, or was changed or deleted by you since.",
        "Jeder Eintrag Ihrer Dateien ist hier oder wurde seither von Ihnen geändert oder gelöscht.",
    ),
    "contacts missing": (
        "Not all entries of your files are here yet; we are working on it.",
        "Noch sind nicht alle Einträge Ihrer Dateien hier; wir arbeiten daran.",
    ),
    "contacts deleted": (
        "{mailbox}: {n} deleted here since, by you or one of your programs",
        "{mailbox}: {n} seither hier gelöscht, von Ihnen oder einem Ihrer Programme",
    ),
    "contacts refused": (
        "These entries are broken in your files or cannot be stored here; please enter them by hand:",
        "Diese Einträge sind in Ihren Dateien beschädigt oder können hier nicht gespeichert werden; bitte tragen Sie"
        " sie von Hand ein:",
    ),
    "contacts refused more": ("and {n} more", "und {n} weitere"),
}
