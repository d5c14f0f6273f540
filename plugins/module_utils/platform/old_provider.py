# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the old provider's server will say when it is asked for recipients. No mail is sent."""

from __future__ import annotations

import re
import smtplib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from ansible_collections.mailops.migration.plugins.module_utils.platform.next_hop import NextHop

PATIENCE = 20.0
"""Seconds for the connection and for each answer."""

# Enhanced status codes of security and policy (RFC 3463), and words for it of servers that give no such code.
_POLICY = re.compile(
    r"\b5\.7\.\d+\b|relay|access denied|blocked|blacklist|blocklist|not permitted|authenticat", re.IGNORECASE
)


class ProbeState(Enum):
    """How useful the old provider's answers are."""

    ANSWERS = "answers"
    """It refuses a name that nobody has: it can be asked."""
    ACCEPTS_EVERYBODY = "accepts_everybody"
    UNSURE = "unsure"
    """It puts us off, as greylisting does."""
    REFUSES_US = "refuses_us"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True)
class ProbeResult:
    """``text``: what the server said, as a clause about it."""

    state: ProbeState
    text: str


@dataclass(frozen=True)
class Reply:
    """An SMTP reply: its code and its text in one line."""

    code: int
    text: str

    def __str__(self) -> str:
        return f"{self.code} {self.text}"


@dataclass(frozen=True)
class Question:
    """Whom to ask for: a name that nobody has, and addresses that the old provider should have; may be empty."""

    sender: str
    nobody: str
    known: Sequence[str] = ()


def probe(server: NextHop, question: Question, hello: str) -> ProbeResult:
    """Ask ``server`` (RFC 5321 MAIL and RCPT, then RSET). ``hello``: the name by which we introduce ourselves."""
    try:
        with smtplib.SMTP(server.host, server.port, local_hostname=hello, timeout=PATIENCE) as session:
            session.ehlo_or_helo_if_needed()
            sender = _reply(session.mail(question.sender))
            if sender.code != 250:
                return judge(server, sender, None, ())
            answers = [_reply(session.rcpt(address)) for address in (question.nobody, *question.known)]
            session.rset()
            return judge(server, sender, answers[0], answers[1:])
    except smtplib.SMTPServerDisconnected as error:
        return ProbeResult(ProbeState.UNREACHABLE, f"{server} hung up ({error})")
    except smtplib.SMTPResponseException as error:
        return judge(server, _reply((error.smtp_code, error.smtp_error)), None, ())
    except (OSError, smtplib.SMTPException) as error:
        return ProbeResult(ProbeState.UNREACHABLE, f"{server} cannot be reached ({error})")


def judge(server: NextHop, greeting: Reply, nobody: Reply | None, known: Sequence[Reply]) -> ProbeResult:
    """What the replies mean: to the greeting or sender, to a recipient that nobody has, to those it should have."""
    if nobody is None:
        state = ProbeState.UNSURE if greeting.code < 500 else ProbeState.REFUSES_US
        return ProbeResult(state, f"{server} says to us: {greeting}")
    if nobody.code in (250, 251, 252):
        return ProbeResult(ProbeState.ACCEPTS_EVERYBODY, f"{server} accepts a name that nobody has ({nobody})")
    if nobody.code < 500:
        return ProbeResult(ProbeState.UNSURE, f"{server} puts us off: {nobody}")
    refused = [reply for reply in known if reply.code >= 500]
    if known and len(refused) == len(known):
        return ProbeResult(ProbeState.REFUSES_US, f"{server} refuses all addresses of the ticket too: {refused[0]}")
    if not known and _POLICY.search(nobody.text):
        return ProbeResult(ProbeState.REFUSES_US, f"{server} says: {nobody}")
    return ProbeResult(ProbeState.ANSWERS, f"{server} refuses a name that nobody has ({nobody})")


def _reply(answer: tuple[int, bytes | str]) -> Reply:
    code, text = answer
    plain = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return Reply(code, " ".join(plain.split()))
