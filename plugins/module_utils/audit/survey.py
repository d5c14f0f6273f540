# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What one mailbox holds, and what of it would be migrated; read-only."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace

from ..core.errors import MigrationError
from ..core.folder_names import path_of
from ..core.folder_plan import plan_folders
from ..core.folder_roles import source_roles
from ..core.folders import Folder, FolderPlan, FolderRules, Side
from ..core.labels import Labels, Spread
from ..imap.all_mail import REMEDY, AllMail
from ..imap.connection import connect
from ..imap.endpoint import Endpoint
from ..imap.listing import Status
from ..imap.session import Session
from ..imap.sizes import folder_sizes
from ..imap.usage import Quota, quota

SPECIAL_USES = frozenset({"\\all", "\\archive", "\\drafts", "\\flagged", "\\important", "\\junk", "\\sent", "\\trash"})


@dataclass(frozen=True)
class FolderContent:
    """One folder. ``messages`` and ``octets`` are None when they are not known, ``reason`` why it is left out.

    ``copied`` are the messages that would be copied from it; less than ``messages`` where a message lies in several.

    ``problem`` is why it cannot be read; empty when it can.
    """

    folder: Folder
    role: str | None
    special_use: str
    selectable: bool
    migrated: bool
    messages: int | None = None
    octets: int | None = None
    copied: int | None = None
    uidvalidity: int = 0
    reason: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Survey:
    """A mailbox as its server shows it. ``spread`` is None where folders are not labels."""

    capabilities: tuple[str, ...]
    delimiter: str
    prefix: str
    folders: tuple[FolderContent, ...]
    quota: Quota | None
    spread: Spread | None = None
    warnings: tuple[str, ...] = ()
    side: Side = field(default_factory=lambda: Side((), "/"))
    statuses: Mapping[str, Status] = field(default_factory=dict)


def survey_mailbox(endpoint: Endpoint, rules: FolderRules, *, with_sizes: bool) -> Survey:
    """Log in and look. Sizes cost a listing of each folder where the server does not offer STATUS=SIZE.

    Raises the subclass of MigrationError that fits when the login or the listing is refused.
    """
    with closing(connect(endpoint)) as session:
        return survey_session(session, rules, with_sizes=with_sizes)


def survey_session(session: Session, rules: FolderRules, *, with_sizes: bool) -> Survey:
    """The same of a session that is there."""
    side, statuses = session.list_side()
    plan = plan_folders(side, Side((), "/"), rules)
    all_mail = AllMail(Labels(side, plan, rules.gmail_labels))
    listed = all_mail.look(session, statuses)
    spread = all_mail.labels.spread(listed) if all_mail.labels.all_mail else None
    contents = _contents(side, statuses, plan, spread)
    folders = tuple(_with_sizes(session, contents) if with_sizes else contents)
    capabilities = tuple(sorted(session.capabilities))
    warnings = _label_warnings(plan, all_mail)
    return Survey(capabilities, side.delimiter, side.prefix, folders, quota(session), spread, warnings, side, statuses)


def _label_warnings(plan: FolderPlan, all_mail: AllMail) -> tuple[str, ...]:
    if not all_mail.labels.active:
        return ()
    fault = (f"{all_mail.labels.all_mail}: {all_mail.fault}. {REMEDY}",) if all_mail.fault else ()
    return (*(plan.notes if not all_mail.labels.all_mail else ()), *all_mail.notes, *fault)


def _contents(
    side: Side, statuses: Mapping[str, Status], plan: FolderPlan, spread: Spread | None
) -> list[FolderContent]:
    reasons = {item.source: item.reason for item in plan.excluded}
    migrated = {pair.source for pair in plan.pairs if pair.selectable}
    roles = source_roles(side)
    contents = [
        _content(folder, roles.get(path_of(folder.name, side)), statuses, migrated, reasons)
        for folder in sorted(side.folders, key=lambda folder: (folder.name != "INBOX", folder.name))
    ]
    return [replace(content, copied=_copied(content, spread)) for content in contents]


def _copied(content: FolderContent, spread: Spread | None) -> int | None:
    if not content.migrated:
        return 0
    is_apart = spread is None or content.role in ("trash", "junk")
    return content.messages if is_apart or spread is None else spread.by_folder.get(content.folder.name, 0)


def _content(
    folder: Folder,
    role: str | None,
    statuses: Mapping[str, Status],
    migrated: set[str],
    reasons: Mapping[str, str],
) -> FolderContent:
    status = statuses.get(folder.name)
    selectable = folder.name in migrated or folder.name in reasons
    return FolderContent(
        folder=folder,
        role=role,
        special_use=next(iter(sorted(folder.attributes & SPECIAL_USES)), ""),
        selectable=selectable,
        migrated=folder.name in migrated,
        messages=status.messages if status else None,
        octets=0 if status and not status.messages else None,
        uidvalidity=status.uidvalidity if status else 0,
        reason=reasons.get(folder.name, ""),
        problem="the server gives no STATUS of it" if selectable and status is None else "",
    )


def _with_sizes(session: Session, contents: list[FolderContent]) -> list[FolderContent]:
    sizes = folder_sizes(session, [content.folder.name for content in contents if content.messages])
    return [_with_size(content, sizes.get(content.folder.name)) for content in contents]


def _with_size(content: FolderContent, size: object) -> FolderContent:
    if isinstance(size, int):
        return replace(content, octets=size)
    return replace(content, problem=size.what) if isinstance(size, MigrationError) else content
