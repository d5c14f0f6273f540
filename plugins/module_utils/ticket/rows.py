# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The typed rows of the customer's files. Passwords are kept out of every repr."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypeAlias

Encryption = Literal["tls", "starttls", "none"]
Auth = Literal["login", "plain", "xoauth2", "oauthbearer"]


@dataclass(frozen=True, slots=True)
class MailboxRow:
    """A mailbox to move: where it lies and where it goes. ``email`` is the address at the source.

    ``password`` may be empty where ``uses_oauth``: then ``ticket.yml`` says how access tokens are got.
    """

    line: int
    email: str
    destination: str
    host: str
    port: int
    encryption: Encryption
    auth: Auth
    username: str
    password: str = field(repr=False)
    authorization_id: str = ""
    validate_certs: bool = True
    ca_file: str | None = None
    other_username: str = ""
    uses_oauth: bool = False


@dataclass(frozen=True, slots=True)
class UserRow:
    """A mailbox to create. ``quota_mb`` in MiB; 0 means unlimited, None that the customer did not say."""

    line: int
    email: str
    password: str = field(repr=False)
    first_name: str = ""
    last_name: str = ""
    quota_mb: int | None = None


@dataclass(frozen=True, slots=True)
class AliasRow:
    """A second address of a mailbox."""

    line: int
    alias: str
    mailbox: str


@dataclass(frozen=True, slots=True)
class ForwardRow:
    """One target of a forward; ``keep_copy`` None means that the customer did not say."""

    line: int
    email: str
    forward_to: str
    keep_copy: bool | None = None


@dataclass(frozen=True, slots=True)
class ListRow:
    """One member of a distribution list that exists already."""

    line: int
    list: str
    member: str


Row: TypeAlias = "MailboxRow | UserRow | AliasRow | ForwardRow | ListRow"


def as_dict(row: Row) -> dict[str, Any]:
    """The columns of a row as plain types, the password included, for callers that need it."""
    return {name: value for name, value in asdict(row).items() if name != "line"}
