# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Mail that is delivered between a look into a folder and what the one who looked does next."""

from __future__ import annotations

import contextlib
from typing import Any

from tests.support.mail_maker import make_message
from tests.support.mail_user import MailUser
from tests.support.plain_imap import ImapRefused


class Arrival:
    """The rewrite of a proxy: delivers to ``folder`` when the server has said ``told`` for the ``look``-th time.

    ``login`` leads past the proxy. ``looks`` counts how often it was said.
    """

    def __init__(self, login: dict[str, Any], folder: str, look: int = 1, told: bytes = b"* 0 EXISTS") -> None:
        self._login = login
        self._folder = folder
        self._look = look
        self._told = told
        self.looks = 0

    def __call__(self, line: bytes) -> bytes:
        if line.startswith(self._told):
            self.looks += 1
            if self.looks == self._look:
                with MailUser(self._login) as user:
                    # As a delivery agent does where the folder is gone.
                    with contextlib.suppress(ImapRefused):
                        user.create(self._folder)
                    user.save(self._folder, make_message("arrives now"))
        return line
