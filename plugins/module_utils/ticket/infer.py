# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The columns of a file without a header, told from the shape of its cells. A person confirms what is inferred."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ansible_collections.mailops.migration.plugins.module_utils.ticket.addresses import (
    parse_address,
    parse_port,
    parse_server,
)
from ansible_collections.mailops.migration.plugins.module_utils.ticket.columns import MAILBOXES, USERS, FileKind
from ansible_collections.mailops.migration.plugins.module_utils.ticket.table import Line

_SAMPLE = 100
_MOSTLY = 0.8
_IMAPSYNC = ("imap_server", "username", "password", "", "destination_email", "")
_ENCRYPTIONS = frozenset(("tls", "ssl", "ssl/tls", "starttls", "none"))


def infer_columns(kind: FileKind, lines: Sequence[Line]) -> tuple[str, ...]:
    """Return the canonical name of each column, an empty string for one that is ignored; nothing when unclear."""
    sample = lines[:_SAMPLE]
    width = max((len(line.cells) for line in sample), default=0)
    names = _mailbox_columns(sample, width) if kind is MAILBOXES else _columns_in_order(kind, sample, width)
    return names if names and _fits(names, lines[0].cells) else ()


def is_imapsync(lines: Sequence[Line]) -> bool:
    """Tell imapsync's form: host, user, password of one side, then of the other; # begins a comment line."""
    data = [line for line in lines[:_SAMPLE] if not is_comment(line)]
    return bool(data) and all(
        len(line.cells) >= 6 and _is_server(line.cells[0]) and _is_server(line.cells[3]) for line in data
    )


def is_comment(line: Line) -> bool:
    return line.cells[0].lstrip().startswith("#")


def _mailbox_columns(sample: Sequence[Line], width: int) -> tuple[str, ...]:
    if is_imapsync(sample):
        return _IMAPSYNC + ("",) * (width - len(_IMAPSYNC))
    names = [""] * width
    shapes: tuple[tuple[str, Callable[[str], bool]], ...] = (
        ("email", _is_address),
        ("imap_server", _is_server),
        ("port", _is_port),
        ("encryption", _is_encryption),
    )
    for name, has_shape in shapes:
        position = _first_column(sample, names, has_shape)
        if position >= 0:
            names[position] = name
    second_address = _first_column(sample, names, _is_address)
    if second_address >= 0:
        names[second_address] = "username"
    second_server = _first_column(sample, names, _is_server)
    unclear = [position for position, name in enumerate(names) if not name]
    if "email" not in names or len(unclear) != 1 or second_server >= 0:
        return ()
    names[unclear[0]] = "password"
    return tuple(names)


def _columns_in_order(kind: FileKind, sample: Sequence[Line], width: int) -> tuple[str, ...]:
    """Files of addresses have their columns in the order of the canonical names; users begin with their address."""
    names = tuple(kind.columns)[:width]
    addresses = 1 if kind is USERS else 2
    if len(names) < 2 or not all(_share(sample, position, _is_address) >= _MOSTLY for position in range(addresses)):
        return ()
    return names + ("",) * (width - len(names))


def _first_column(sample: Sequence[Line], names: Sequence[str], has_shape: Callable[[str], bool]) -> int:
    free = (position for position, name in enumerate(names) if not name)
    return next((position for position in free if _share(sample, position, has_shape) >= _MOSTLY), -1)


def _share(sample: Sequence[Line], position: int, has_shape: Callable[[str], bool]) -> float:
    cells = [line.cells[position] for line in sample if position < len(line.cells)]
    return sum(map(has_shape, cells)) / len(sample) if sample else 0.0


def _fits(names: Sequence[str], cells: Sequence[str]) -> bool:
    """The first line must be data itself, not a header in words that nobody knows."""
    shapes = {"email": _is_address, "imap_server": _is_server, "alias": _is_address, "list": _is_address}
    return all(shapes[name](cell) for name, cell in zip(names, cells, strict=False) if name in shapes)


def _is_address(cell: str) -> bool:
    try:
        return bool(parse_address(cell))
    except ValueError:
        return False


def _is_server(cell: str) -> bool:
    try:
        host = parse_server(cell).host
    except ValueError:
        return False
    return "." in host or ":" in host or host == "localhost"


def _is_port(cell: str) -> bool:
    try:
        return bool(parse_port(cell))
    except ValueError:
        return False


def _is_encryption(cell: str) -> bool:
    return cell.strip().lower() in _ENCRYPTIONS
