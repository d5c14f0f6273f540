# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The driver ``whmcs``: AddTicketReply (public), AddTicketNote (internal), UpdateTicket (status).

Source: WHMCS's API reference, developers.whmcs.com/api-reference. Its answers say ``result`` whatever the HTTP status.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urlencode

from ..core.masking import mask
from ..core.report_text import printable
from .attachment import read_attachment
from .https import Https, Request
from .values import MaybeTaken, NotTaken, Step, Update

_REMEDIES = {
    401: "Check identifier and secret",
    403: "Check identifier, secret and the role of these credentials, and that WHMCS allows this machine's address",
    429: "It asks to slow down; the next run sends it",
}


@dataclass(frozen=True)
class WhmcsDriver:
    """``url`` ends in ``includes/api.php``. The reference is a ticket number, or an id where ``by_id`` says so.

    ``admin`` is in whose name replies are made.
    """

    url: str
    identifier: str = field(repr=False)
    secret: str = field(repr=False)
    https: Https
    admin: str = ""
    by_id: bool = False

    def steps(self, update: Update) -> Sequence[Step]:
        """A reply or note if there is something to say, then the status."""
        if not update.reference:
            raise NotTaken(
                "the ticket's number is not known",
                where=update.ticket,
                remedy="Write ticket_system.reference in ticket.yml",
            )
        found = []
        if update.comment or update.attachments:
            action = "AddTicketReply" if update.public else "AddTicketNote"
            found.append(
                Step(
                    "comment",
                    f"{action} to {update.reference}",
                    partial(self._say, action, update),
                    was_done=partial(self._said, update),
                )
            )
        if update.status:
            found.append(
                Step(
                    "status",
                    f"UpdateTicket {update.reference}: {update.status}",
                    partial(self._status, update),
                    repeatable=True,
                )
            )
        return found

    def _say(self, action: str, update: Update) -> None:
        """The mark at the end lets a run that was cut off find out whether the reply is there."""
        files = [read_attachment(path) for path in update.attachments]
        values = {"ticketid": self._id(update), "message": f"{update.comment}\n\n{_mark(update)}".strip()}
        if action == "AddTicketReply" and self.admin:
            values["adminusername"] = self.admin
        if files:
            rows = [{"name": file.name, "data": file.base64()} for file in files]
            values["attachments"] = base64.b64encode(json.dumps(rows).encode()).decode()
        self._ask(action, values)

    def _said(self, update: Update) -> bool:
        ticket = self._ticket(update)
        kinds = ((ticket.get("replies"), "reply"), (ticket.get("notes"), "note"))
        rows = [row for group, kind in kinds if isinstance(group, dict) for row in group.get(kind) or []]
        return any(_mark(update) in str(row.get("message")) for row in rows if isinstance(row, dict))

    def _status(self, update: Update) -> None:
        self._ask("UpdateTicket", {"ticketid": self._id(update), "status": update.status})

    def _id(self, update: Update) -> str:
        return update.reference if self.by_id else str(self._ticket(update)["ticketid"])

    def _ticket(self, update: Update) -> Mapping[str, Any]:
        """Reading changes nothing, so an answer that stays away is a plain failure."""
        try:
            answer = self._ask("GetTicket", {"ticketid" if self.by_id else "ticketnum": update.reference})
        except MaybeTaken as error:
            raise NotTaken(error.what, where=error.where, remedy="The next run sends it", everybody=True) from None
        if "ticketid" not in answer:
            raise NotTaken(
                "it does not tell the ticket's id", where=update.reference, remedy="Check ticket_system.reference"
            )
        return answer

    def _ask(self, action: str, values: Mapping[str, str]) -> Mapping[str, Any]:
        login = {"action": action, "username": self.identifier, "password": self.secret, "responsetype": "json"}
        body = urlencode({**values, **login}, errors="backslashreplace").encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        answer = self.https.send(Request("POST", self.url, headers, body))
        try:
            said = json.loads(answer.body)
        except ValueError:
            said = None
        if isinstance(said, dict) and said.get("result") == "success" and answer.status == 200:
            return said
        words = said.get("message") if isinstance(said, dict) else ""
        text = mask(printable(str(words or "no reason given")), (self.secret, self.identifier))[:200]
        raise NotTaken(
            f"WHMCS did not take it, status {answer.status}: {text}",
            where=action,
            remedy=_REMEDIES.get(answer.status, "Correct what WHMCS names; the next run sends it"),
            everybody=answer.status in _REMEDIES,
        )


def _mark(update: Update) -> str:
    return (
        f"[mailops {hashlib.sha256(f'{update.ticket}/{update.key}'.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}]"
    )
