# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A real Cyrus for the tests as a server of contacts and calendars: strict, with libical, and its own way of naming."""

from __future__ import annotations

import dataclasses
import imaplib
from pathlib import Path

from tests.support.cyrus import WITH_SPECIAL_FOLDERS, CyrusServer
from tests.support.dav_servers import DavLogin
from tests.support.dovecot import PASSWORD, PATIENCE, free_ports

_SETTINGS = """httpmodules: caldav carddav
httpallowcompress: no
caldav_allowscheduling: off
"""
_SERVICE = 'SERVICES {{\n  http cmd="httpd" listen="127.0.0.1:{port}" prefork=0 maxchild=50\n'


class CyrusDavServer(CyrusServer):
    """Any user logs in with ``PASSWORD``; address book and calendar are made with the first login by HTTP."""

    tls = False

    def __init__(self, parent: Path | None = None) -> None:
        super().__init__(dataclasses.replace(WITH_SPECIAL_FOLDERS, extra=_SETTINGS), parent)
        [self.port] = free_ports(1)

    def _prepare(self) -> None:
        super()._prepare()
        services = self.place.folder / "etc/cyrus.conf"
        services.write_text(services.read_text().replace("SERVICES {\n", _SERVICE.format(port=self.port)))

    @property
    def url(self) -> str:
        """Where discovery begins."""
        return f"http://localhost:{self.port}/"

    def login(self, user: str) -> DavLogin:
        """A user's own login; Cyrus makes the user's mailbox, and what belongs to it, with the first one by IMAP."""
        with imaplib.IMAP4("127.0.0.1", self.place.imap_port, PATIENCE) as session:
            session.login(user, PASSWORD)
        return DavLogin(self.url, user, PASSWORD)
