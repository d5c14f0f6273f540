# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which secrets of a ticket that has ended go, and how: planned as a whole, then carried out."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ..core.errors import ConfigurationError
from ..core.report_text import count, printable
from ..ticket.owned_files import KINDS as OWNED_FOLDERS
from ..ticket.settings import FILE as SETTINGS
from ..ticket.ticket import FILES
from ..ticket.wipe import SECRET_TABLES, Wiped, secret_files, wipe_settings, wipe_table
from . import wipe_files

Seal = Callable[[bytes], bytes]
# What a file holds in plain, and how to encrypt it as it was; None where it is not encrypted.
Unseal = Callable[[bytes], "tuple[bytes, Seal | None]"]
# What the ticket's folder may hold besides the customer's files.
_OURS = (*FILES, *OWNED_FOLDERS, "updates.md")
# Beside a refresh token that is being replaced; see oauth/refresh_token.
_TEMPORARY = ".refresh-token-"


@dataclass(frozen=True)
class Change:
    """A file with secrets. ``data`` takes its place; None: the file is removed."""

    name: str
    text: str
    data: bytes | None = field(default=None, repr=False)


@dataclass
class Plan:
    """``kept``: files with secrets that stay, and why. ``unknown``: files that nobody but a person can judge."""

    changes: list[Change] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


def plan_wiping(folder: str, oauth: Mapping[str, str], unseal: Unseal, *, vault: bool) -> Plan:
    """What is to be wiped in the ticket's folder. Reads only.

    :param oauth: that of ``ticket.yml``. :param vault: whether encrypted files are wiped, too. Raises OSError.
    """
    plan = Plan()
    wipers: list[tuple[str, Callable[[bytes], Wiped]]] = [
        (kind.name, functools.partial(wipe_table, kind)) for kind in SECRET_TABLES
    ]
    for name, wiper in (*wipers, (SETTINGS, wipe_settings)):
        if _is_free(plan, folder, name):
            _plan_content(plan, folder, name, wiper, unseal, vault=vault)
    named = secret_files(oauth)
    for name in (*named, *(each for each in _names(folder) if each.startswith(_TEMPORARY))):
        if _is_free(plan, folder, name):
            if vault or not _is_encrypted(wipe_files.read(folder, name), unseal):
                plan.changes.append(Change(name, f"{printable(name)}: removed"))
            else:
                plan.kept.append(_sealed(name))
    plan.unknown = [printable(name) for name in _unknown(folder, named)]
    return plan


def carry_out(plan: Plan, folder: str) -> None:
    """Wipe what the plan names. Raises ConfigurationError and OSError."""
    for change in plan.changes:
        if change.data is None:
            wipe_files.remove(folder, change.name)
        else:
            wipe_files.replace(folder, change.name, change.data)


def _is_free(plan: Plan, folder: str, name: str) -> bool:
    refusal = wipe_files.refusal(folder, name)
    if refusal:
        plan.kept.append(f"{printable(name)}: {refusal}, and was left alone. Remove its secrets by hand")
    return refusal == ""


def _plan_content(
    plan: Plan, folder: str, name: str, wiper: Callable[[bytes], Wiped], unseal: Unseal, *, vault: bool
) -> None:
    try:
        plain, seal = unseal(wipe_files.read(folder, name))
        wiped = wiper(plain)
    except ConfigurationError as error:
        remedy = error.remedy or "Remove its secrets by hand"
        plan.kept.append(f"{name}: {error.what}, and was left alone. {remedy}")
        return
    if not wiped.secrets:
        return
    if seal is not None and not vault:
        plan.kept.append(_sealed(name))
        return
    data = seal(wiped.data) if seal is not None else wiped.data
    plan.changes.append(Change(name, f"{name}: {count(wiped.secrets, 'secret')}", data))


def _sealed(name: str) -> str:
    return f"{printable(name)}: is encrypted, and stays. -e close_vault=true wipes what it holds"


def _is_encrypted(data: bytes, unseal: Unseal) -> bool:
    try:
        return unseal(data)[1] is not None
    except ConfigurationError:
        return True


def _unknown(folder: str, named: Sequence[str]) -> Iterator[str]:
    """Copies that an editor left, attachments, notes: what of them is secret only a person can tell."""
    known = {*_OURS, *(os.path.normpath(name).split("/")[0] for name in named)}
    return (name for name in _names(folder) if name not in known and not name.startswith(_TEMPORARY))


def _names(folder: str) -> list[str]:
    return sorted(os.listdir(folder))
