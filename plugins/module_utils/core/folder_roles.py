# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a folder is for: by SPECIAL-USE attribute (RFC 6154), else by its exact localised name at the top level."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.mailops.migration.plugins.module_utils.core.folder_names import (
    INBOX,
    Path,
    foreign_namespace,
    nfc,
    path_of,
)
from ansible_collections.mailops.migration.plugins.module_utils.core.folders import Folder, Side

VIEWS = frozenset({"all", "flagged", "important"})

# Of several attributes the first counts: those whose messages are migrated stand before those that are left out.
_ATTRIBUTES = ("sent", "drafts", "archive", "trash", "junk", "all", "flagged", "important")

# The most usual name of each list stands first; it is the one chosen where a server has several.
NAMES: dict[str, tuple[str, ...]] = {
    "trash": (
        "Trash", "Deleted Items", "Deleted Messages", "Bin", "Rubbish", "Papierkorb", "Gelöschte Elemente",
        "Gelöschte Objekte", "Corbeille", "Éléments supprimés", "Papelera", "Elementos eliminados", "Cestino",
        "Posta eliminata", "Lixeira", "Lixo", "Itens excluídos", "Prullenbak", "Verwijderde items", "Kosz",
        "Usunięte elementy", "Корзина", "Удаленные", "Удалённые", "Koš", "Papirkurv", "Borttagna objekt",
        "Papperskorgen", "Roskakori", "ゴミ箱", "已删除邮件",
    ),
    "junk": (
        "Junk", "Spam", "Junk E-mail", "Junk Email", "Bulk Mail", "Spamverdacht", "Unerwünscht",
        "Courrier indésirable", "Indésirables", "Correo no deseado", "Posta indesiderata", "Lixo eletrônico",
        "Ongewenste e-mail", "Wiadomości-śmieci", "Спам", "Nevyžádaná pošta", "Skräppost", "Uønsket post",
        "Roskaposti", "迷惑メール", "垃圾邮件",
    ),
    "sent": (
        "Sent", "Sent Items", "Sent Messages", "Sent Mail", "Gesendet", "Gesendete Elemente", "Gesendete Objekte",
        "Envoyé", "Envoyés", "Éléments envoyés", "Enviados", "Elementos enviados", "Posta inviata",
        "Verzonden items", "Elementy wysłane", "Отправленные", "Skickat", "Lähetetyt", "送信済みメール",
    ),
    "drafts": (
        "Drafts", "Entwürfe", "Brouillons", "Borradores", "Bozze", "Rascunhos", "Concepten", "Wersje robocze",
        "Черновики", "Koncepty", "Utkast", "Luonnokset", "下書き",
    ),
    "archive": ("Archive",),
}  # fmt: skip

_ROLE_BY_NAME = {nfc(name).casefold(): role for role, names in NAMES.items() for name in names}
_RANK = {nfc(name).casefold(): rank for names in NAMES.values() for rank, name in enumerate(names)}


def roles_by_attribute(side: Side) -> dict[Path, str]:
    """The role that the server itself gives to a folder. The inbox is the inbox, whatever its attributes."""
    roles: dict[Path, str] = {}
    for folder, path in _with_paths(side):
        role = _attribute_role(folder)
        if path == INBOX:
            roles[path] = "inbox"
        elif role is not None:
            roles[path] = role
    return roles


def folder_roles(side: Side) -> dict[Path, str]:
    """The role of each folder that has one: ``inbox sent drafts trash junk archive all flagged important``.

    A name counts only where no folder has that role by attribute: beside a ``\\Trash`` folder, one that is merely
    called "Deleted Items" is an ordinary folder and is migrated, since leaving out too little loses nothing. Names
    count whole, at the top level, regardless of case; "Spam reports" and "Clients/Trash talk" are ordinary folders.
    """
    roles = roles_by_attribute(side)
    taken = set(roles.values())
    for _folder, path in _with_paths(side):
        role = role_of_name(path)
        if role is not None and role not in taken:
            roles.setdefault(path, role)
    return roles


def source_roles(side: Side) -> dict[Path, str]:
    """The roles that count at a source. Where folders are labels the server marks all of its own: names say nothing."""
    return roles_by_attribute(side) if side.has_labels else folder_roles(side)


def role_of_name(path: Path) -> str | None:
    """The role that a top-level name stands for in the languages known, or None."""
    return _ROLE_BY_NAME.get(path[0].casefold()) if len(path) == 1 else None


def name_rank(path: Path) -> int:
    """The place of a top-level name in the list of its role: the lower, the more usual."""
    return _RANK.get(path[0].casefold(), len(_RANK)) if path else len(_RANK)


def _with_paths(side: Side) -> Iterator[tuple[Folder, Path]]:
    """All folders but those of other users and shared ones: their Trash is not this mailbox's."""
    for folder in sorted(side.folders, key=lambda folder: folder.name):
        if foreign_namespace(folder.name, side) is None:
            yield folder, path_of(folder.name, side)


def _attribute_role(folder: Folder) -> str | None:
    return next((role for role in _ATTRIBUTES if f"\\{role}" in folder.attributes), None)
