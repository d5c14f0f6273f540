# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which servers are proposed for mailboxes whose row names none, and which of them take a real login."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from ..core.errors import LoginRefused, MigrationError
from ..core.masking import mask
from ..core.report_text import count
from ..dns.autoconfig import Fetch
from ..dns.lookup import Dns, name_server
from ..dns.mail_servers import OTHER, Proposal, proposals
from ..imap.connection import connect
from ..imap.endpoint import Endpoint
from ..ticket.presets import PRESETS

# Accounts are locked after too many refusals: so many mailboxes of a domain are tried at one server.
TRIED_MAILBOXES = 2
_TIMEOUT = 20.0


@dataclass(frozen=True)
class Trial:
    """What became of a proposal. ``reason`` is why it was not tried, or why it is not the server."""

    proposal: Proposal
    tried: bool = False
    good: bool = False
    reason: str = ""
    remedy: str = ""


def discovery_spec() -> dict[str, Any]:
    """The argument spec of ``source_discovery_info``."""
    row = {
        "email": {"type": "str", "required": True},
        "username": {"type": "str"},
        "password": {"type": "str", "no_log": True},
    }
    return {
        "mailboxes": {"type": "list", "elements": "dict", "options": row, "required": True},
        "trusted_hosts": {"type": "list", "elements": "str", "default": []},
        "nameservers": {"type": "list", "elements": "str", "default": []},
        "ca_file": {"type": "path"},
        "known": {"type": "dict", "default": {}},
    }


def run_discovery(params: Mapping[str, Any], fetch: Fetch | None = None) -> dict[str, Any]:
    """Ask for each domain of ``mailboxes``. Passwords go to servers over verified TLS alone."""
    by_domain: dict[str, list[Mapping[str, Any]]] = {}
    for row in params["mailboxes"]:
        by_domain.setdefault(row["email"].rpartition("@")[2].lower(), []).append(row)
    trusted = {host.lower() for host in params["trusted_hosts"] or ()}
    try:
        dns = Dns(tuple(map(name_server, params["nameservers"] or ())))
        found = {
            domain: list(_trials(proposals(dns, domain, _preset, fetch), rows, trusted, params["ca_file"] or ""))
            for domain, rows in by_domain.items()
        }
    except MigrationError as error:
        return {"changed": False, "failed": True, "msg": error.text()}
    domains = [_domain(domain, by_domain[domain], trials) for domain, trials in found.items()]
    return {
        "changed": False,
        "domains": domains,
        "sources": {
            **{domain: _text(**server) for domain, server in (params["known"] or {}).items()},
            **{each["domain"]: each["server"] for each in domains if each["server"]},
        },
        "lines": [line for each in domains for line in _lines(each)],
    }


def _preset(provider: str) -> tuple[str, int, str]:
    known = PRESETS[provider]
    return known.host, known.port, known.encryption


def _trials(
    found: Sequence[Proposal], rows: Sequence[Mapping[str, Any]], trusted: Collection[str], ca_file: str
) -> Iterator[Trial]:
    """Up to the first one that is good."""
    for proposal in found:
        trial = _why_not(proposal, trusted) or _try(proposal, rows[:TRIED_MAILBOXES], ca_file)
        yield trial
        if trial.good:
            return


def _why_not(proposal: Proposal, trusted: Collection[str]) -> Trial | None:
    if proposal.encryption == "starttls" and proposal.port != 143:
        return Trial(proposal, reason="STARTTLS on an unusual port", remedy="Write it into mailboxes.csv by hand")
    if proposal.provider and PRESETS[proposal.provider].auth != "login":
        remedy = f"Write source: preset: {proposal.provider} with oauth into ticket.yml"
        return Trial(proposal, reason="it takes no passwords", remedy=remedy)
    if proposal.trust == OTHER and proposal.host not in trusted:
        reason = (
            f"{proposal.host} is neither the domain's own host nor a provider that is known, so no password went there"
        )
        remedy = (
            f'If it is the customer\'s provider, have it tried with -e \'{{"trusted_hosts": ["{proposal.host}"]}}\''
        )
        return Trial(proposal, reason=reason, remedy=remedy)
    return None


def _try(proposal: Proposal, rows: Sequence[Mapping[str, Any]], ca_file: str) -> Trial:
    """A real login. One mailbox with a wrong password does not speak against the server, so another one is tried."""
    trial = Trial(proposal, reason="there is no password to try it with", remedy="Fill in the passwords")
    for row in (row for row in rows if row.get("password")):
        endpoint = _endpoint(proposal, row, ca_file)
        try:
            connect(endpoint).close()
            return Trial(proposal, tried=True, good=True)
        except MigrationError as error:
            what, remedy = (mask(text, endpoint.secrets()) for text in (error.what, error.remedy))
            trial = replace(trial, tried=True, reason=what, remedy=remedy)
            if not isinstance(error, LoginRefused):
                return trial
    return trial


def _endpoint(proposal: Proposal, row: Mapping[str, Any], ca_file: str) -> Endpoint:
    email, local_part = row["email"], row["email"].rpartition("@")[0]
    known = PRESETS.get(proposal.provider)
    is_local = known.login == "local_part" if known else not proposal.whole_address
    given = row.get("username") or email
    # Google shows its app passwords in groups of four.
    password = row["password"].replace(" ", "") if proposal.provider == "gmail" else row["password"]
    return Endpoint(
        host=proposal.host,
        username=local_part if is_local and given == email else given,
        password=password,
        port=proposal.port,
        encryption=proposal.encryption,
        ca_file=ca_file,
        timeout=_TIMEOUT,
    )


def _domain(domain: str, rows: Sequence[Mapping[str, Any]], trials: Sequence[Trial]) -> dict[str, Any]:
    good = next((trial.proposal for trial in trials if trial.good), None)
    return {
        "domain": domain,
        "mailboxes": len(rows),
        "server": _text(good.host, good.port, good.encryption == "tls") if good else "",
        "proposals": [
            {
                **{name: value for name, value in asdict(trial.proposal).items() if name != "domain"},
                "tried": trial.tried,
                "good": trial.good,
                "reason": trial.reason,
                "remedy": trial.remedy,
            }
            for trial in trials
        ],
    }


def _text(host: str, port: int | None, tls: bool) -> str:
    """A server as ``sources`` of ``ticket.yml`` has it."""
    return f"{'imaps://' if tls else ''}{host}{f':{port}' if port else ''}"


def _lines(found: Mapping[str, Any]) -> Iterator[str]:
    number = count(found["mailboxes"], "mailbox", "mailboxes")
    if found["server"]:
        yield f"{found['domain']}: {found['server']} takes the login ({number})"
    elif not found["proposals"]:
        yield f"{found['domain']}: nothing is proposed, neither by DNS nor by autoconfig ({number}). Ask the customer."
    else:
        yield f"{found['domain']}: no server was found ({number})"
    for each in found["proposals"]:
        said = "the login is good" if each["good"] else f"{each['reason']}. {each['remedy']}".strip()
        yield f"  {each['host']}:{each['port']} by {each['found_by']}: {said}"
