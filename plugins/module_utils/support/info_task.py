# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What module and action plugin of ``imap_mailbox_info`` share: look at a mailbox, make the result Ansible shows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from ..audit.survey import FolderContent, Survey, survey_mailbox
from ..core.errors import MigrationError, Unreachable
from ..core.labels import Spread
from ..sync.supervise import Supervisor
from .endpoint_arguments import endpoint
from .imap_arguments import folder_rules, sync_spec
from .result_texts import finished


def info_spec() -> dict[str, Any]:
    """The argument spec of ``imap_mailbox_info``."""
    shared = sync_spec()
    names = ("source", "include_trash", "include_junk", "folders", "gmail_labels")
    return {**{name: shared[name] for name in names}, "sizes": {"type": "bool", "default": False}}


def run_info(params: Mapping[str, Any], *, check: bool) -> dict[str, Any]:
    """Look at the mailbox that validated ``params`` name. ``failed``, ``msg`` and ``login`` when it cannot be read.

    ``check`` makes no difference: nothing is ever written.
    """
    try:
        source = endpoint(params["source"], "source")
    except MigrationError as error:
        return _unable(error)
    try:
        with Supervisor():
            survey = survey_mailbox(source, folder_rules(params), with_sizes=params["sizes"])
    except MigrationError as error:
        return finished(_unable(error), source=source)
    return finished(as_result(survey, with_sizes=params["sizes"]), source=source)


def as_result(survey: Survey, *, with_sizes: bool) -> dict[str, Any]:
    """The documented return values."""
    return {
        "changed": False,
        "login": {"ok": True, "error": "", "reason": "", "remedy": ""},
        "capabilities": list(survey.capabilities),
        "delimiter": survey.delimiter,
        "prefix": survey.prefix,
        "folders": [_folder(content) for content in survey.folders],
        "totals": _totals(survey, with_sizes=with_sizes),
        "labels": _labels(survey.spread),
        "quota": asdict(survey.quota) if survey.quota else None,
        "warnings": [
            *(f"{content.folder.name}: {content.problem}" for content in survey.folders if content.problem),
            *survey.warnings,
        ],
    }


def _unable(error: MigrationError) -> dict[str, Any]:
    """The same keys; ``login.error`` tells a refused login from a server that is not reached or breaks off."""
    return {
        "changed": False,
        "failed": True,
        "msg": error.text(),
        "login": {"ok": False, "error": error_kind(error), "reason": error.what, "remedy": error.remedy},
        "capabilities": [],
        "delimiter": "",
        "prefix": "",
        "folders": [],
        "totals": _totals(Survey((), "", "", (), None), with_sizes=False),
        "labels": None,
        "quota": None,
        "warnings": [],
    }


def error_kind(error: MigrationError) -> str:
    """``login_refused`` for :class:`LoginRefused`, and so on; not reached and broken off are one kind."""
    if isinstance(error, Unreachable):
        return "connection_lost"
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(error).__name__).lower()


def _folder(content: FolderContent) -> dict[str, Any]:
    return {
        "name": content.folder.name,
        "role": content.role,
        "special_use": content.special_use,
        "attributes": sorted(content.folder.attributes),
        "selectable": content.selectable,
        "subscribed": content.folder.subscribed,
        "uidvalidity": content.uidvalidity,
        "messages": content.messages,
        "copied": content.copied,
        "size": content.octets,
        "migrated": content.migrated,
        "reason": content.reason,
    }


def _labels(spread: Spread | None) -> dict[str, int] | None:
    if spread is None:
        return None
    return {
        "messages": spread.messages,
        "size": spread.octets,
        "further_messages": spread.extra_messages,
        "further_size": spread.extra_octets,
    }


def _totals(survey: Survey, *, with_sizes: bool) -> dict[str, Any]:
    """Sums of what is known; sizes are None unless they were asked for."""
    folders = survey.folders
    migrated = [content for content in folders if content.migrated]
    excluded = [content for content in folders if content.selectable and not content.migrated]
    return {
        "folders": sum(content.selectable for content in folders),
        "messages": _messages(folders),
        "size": _octets(folders) if with_sizes else None,
        "migrated_folders": len(migrated),
        "migrated_messages": sum(content.copied or 0 for content in migrated),
        "migrated_size": migrated_size(survey) if with_sizes else None,
        "excluded_folders": len(excluded),
        "excluded_messages": _messages(excluded),
        "excluded_size": _octets(excluded) if with_sizes else None,
    }


def migrated_size(survey: Survey) -> int:
    """Octets that would be copied. Where folders are labels, a message is counted as often as it is copied."""
    migrated = [content for content in survey.folders if content.migrated]
    if survey.spread is None:
        return _octets(migrated)
    return survey.spread.octets + _octets([content for content in migrated if content.role in ("trash", "junk")])


def _messages(folders: Sequence[FolderContent]) -> int:
    return sum(content.messages or 0 for content in folders)


def _octets(folders: Sequence[FolderContent]) -> int:
    return sum(content.octets or 0 for content in folders)
