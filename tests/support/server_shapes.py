# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The servers that mailboxes are moved between in the tests, by name: each is a context manager."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from tests.support.courier import CourierServer
from tests.support.cyrus import CyrusServer, CyrusShape
from tests.support.dovecot import DovecotServer
from tests.support.dovecot_config import BARE, SPECIAL_FOLDERS, DovecotShape

Server = DovecotServer | CourierServer | CyrusServer


def _dovecot(**how: object) -> Callable[[], Server]:
    return lambda: DovecotServer(DovecotShape(**{"fsync": "never", **how}))  # type: ignore[arg-type]


def _cyrus(**how: object) -> Callable[[], Server]:
    """Without Debian's replacement of 8-bit characters in headers by X."""
    return lambda: CyrusServer(CyrusShape(**{"extra": "munge8bit: no", **how}))  # type: ignore[arg-type]


SHAPES: dict[str, Callable[[], Server]] = {
    "dovecot": _dovecot(),
    "dovecot-dot": _dovecot(separator=".", layout="maildir++"),
    "dovecot-inbox": _dovecot(separator=".", prefix="INBOX.", layout="maildir++"),
    "dovecot-mdbox": _dovecot(mail_format="mdbox"),
    "dovecot-sdbox": _dovecot(mail_format="sdbox", separator="."),
    "dovecot-bare": _dovecot(capabilities=BARE),
    "dovecot-bare-inbox": _dovecot(capabilities=BARE, separator=".", prefix="INBOX.", layout="maildir++"),
    "dovecot-few": _dovecot(user_connections=2),
    "dovecot-short": _dovecot(longest_line="8k"),
    "dovecot-quota": _dovecot(quota="100M", largest_message="20M"),
    "courier": CourierServer,
    "cyrus": _cyrus(),
    "cyrus-debian": CyrusServer,
    "cyrus-alt": _cyrus(alt_namespace=True, special_folders=SPECIAL_FOLDERS),
    "cyrus-dot": _cyrus(separator="."),
}


@contextmanager
def server_park() -> Iterator[Callable[[str], Server]]:
    """A function that gives the one server of a name, started when it is first asked for; all stop at the end."""
    with ExitStack() as stack:
        running: dict[str, Server] = {}

        def give(name: str) -> Server:
            if name not in running:
                running[name] = stack.enter_context(SHAPES[name]())
            return running[name]

        yield give
