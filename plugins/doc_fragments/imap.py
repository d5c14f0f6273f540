# Copyright: (c) 2026, mailops.migration maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation that the IMAP modules share."""

from __future__ import annotations

_ENDPOINT = r"""
    type: dict
    required: true
    suboptions:
      host:
        description: Name of the server.
        type: str
        required: true
      port:
        description: Port of the server; 993 with TLS and 143 otherwise unless given.
        type: int
      encryption:
        description:
          - V(tls) from the first byte, V(starttls), or V(none).
          - There is never a fall-back; with V(none) the password goes over the line as plain text.
        type: str
        choices: [tls, starttls, none]
        default: tls
      username:
        description: The login name; with a master user whatever the server expects, such as C(user@example.com*master).
        type: str
        required: true
      password:
        description:
          - The password, or the access token with O(%(side)s.auth=xoauth2) and O(%(side)s.auth=oauthbearer).
          - Either this or O(%(side)s.password_file) is required.
        type: str
      password_file:
        description:
          - A file on the host that runs the module which holds the password and nothing else. One line end at its end
            is not part of the password.
        type: path
      auth:
        description: How to log in. V(plain) is SASL PLAIN and takes an O(%(side)s.authorization_id).
        type: str
        choices: [login, plain, xoauth2, oauthbearer]
        default: login
      authorization_id:
        description: The mailbox to act as when O(%(side)s.username) is a master user (SASL PLAIN).
        type: str
      validate_certs:
        description: Whether the server's certificate must be valid for its name.
        type: bool
        default: true
      ca_file:
        description: A file with the certificates of the authorities to trust instead of the system's.
        type: path
      timeout:
        description: How long to wait for an answer, in seconds.
        type: float
        default: 120.0
      alias:
        description:
          - A name for the server that stays when its host name changes; the host name unless given.
          - It is part of the key under which the journal knows the source's messages.
        type: str
"""


class ModuleDocFragment:
    """The two sides of a migration."""

    # With a type, because ansible-test's yamllint takes every plain assignment here for a literal.
    DOCUMENTATION: str = (
        r"""
options:
  source:
    description:
      - The mailbox at the previous provider. It is only read.
"""
        + _ENDPOINT % {"side": "source"}
        + r"""
  destination:
    description:
      - The mailbox at the destination.
"""
        + _ENDPOINT % {"side": "destination"}
        + r"""
requirements:
  - imapclient >= 4.1
"""
    )

    SOURCE: str = (
        r"""
options:
  source:
    description:
      - The mailbox to look at. It is only read.
"""
        + _ENDPOINT % {"side": "source"}
        + r"""
requirements:
  - imapclient >= 4.1
"""
    )

    FOLDERS = r"""
options:
  include_trash:
    description: Whether the Trash folder and those below it are migrated too.
    type: bool
    default: false
  include_junk:
    description: Whether the Junk (Spam) folder and those below it are migrated too.
    type: bool
    default: false
  folders:
    description:
      - Which folders are migrated and what they are called at the destination.
      - Names are those of the source, decoded, with C(/) between levels; a C(/) inside a name is written C(\\/).
        Patterns such as C(Projects/*) are allowed.
    type: dict
    default: {}
    suboptions:
      include:
        description: Only these folders; all when empty.
        type: list
        elements: str
        default: []
      exclude:
        description: Not these folders.
        type: list
        elements: str
        default: []
      rename:
        description: Names at the destination by names at the source.
        type: dict
        default: {}
"""
