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
      other_username:
        description:
          - Another login name, tried once where the server refuses O(%(side)s.username), such as the full address
            beside its local part. The one that is taken is kept for the further connections.
        type: str
      password:
        description:
          - The password, or the access token with O(%(side)s.auth=xoauth2) and O(%(side)s.auth=oauthbearer) unless
            O(%(side)s.oauth) is given.
          - This, O(%(side)s.password_file) or O(%(side)s.oauth) is required.
        type: str
      password_file:
        description:
          - A file on the host that runs the module which holds the password and nothing else. One line end at its end
            and a byte order mark at its begin are not part of the password.
        type: path
      auth:
        description: How to log in. V(plain) is SASL PLAIN and takes an O(%(side)s.authorization_id).
        type: str
        choices: [login, plain, xoauth2, oauthbearer]
        default: login
      oauth:
        description:
          - How access tokens are got, for O(%(side)s.auth=xoauth2) and O(%(side)s.auth=oauthbearer). They are renewed
            before they run out, and once when the server refuses one that should be good.
          - Token endpoints are reached by HTTPS with a verified certificate, never by a redirect.
        type: dict
        suboptions:
          grant:
            description:
              - V(refresh_token) for a user who has signed in once, V(client_credentials) for an application of a
                Microsoft tenant (needs C(msal)) or of another endpoint, V(service_account) for a Google service account
                with domain-wide delegation (needs C(google-auth)).
            type: str
            choices: [refresh_token, client_credentials, service_account]
            required: true
          token_url:
            description:
              - The token endpoint. With V(refresh_token) that of the provider (Google, Microsoft, Yahoo, AOL, Fastmail)
                unless given; with V(client_credentials) either this or C(tenant).
            type: str
          client_id:
            description: The application's id; with V(refresh_token) and V(client_credentials).
            type: str
          client_secret:
            description: The application's secret. A client without one is a public client.
            type: str
          client_secret_file:
            description: A file that holds the secret and nothing else.
            type: path
          refresh_token:
            description:
              - The refresh token. Without it and C(refresh_token_file) the side's password is the refresh token.
            type: str
          refresh_token_file:
            description:
              - A file that holds the refresh token and nothing else. Where the provider gives a new one, it is written
                there, in check mode too, for the old one may be worth nothing from then on.
            type: path
          scope:
            description:
              - What the token is asked for; C(https://outlook.office365.com/.default) for a Microsoft tenant and
                C(https://mail.google.com/) for a service account unless given.
            type: str
          tenant:
            description: The Microsoft tenant, its id or one of its domains.
            type: str
          authority:
            description: Where Microsoft's endpoints are; national clouds have others.
            type: str
            default: https://login.microsoftonline.com
          certificate:
            description: The application's certificate and its private key in PEM form, in place of a secret.
            type: str
          certificate_file:
            description: A file that holds the same.
            type: path
          key:
            description: What the key file of the service account holds.
            type: json
          key_file:
            description: The JSON key file of the service account. Its C(token_uri) is used.
            type: path
          subject:
            description: The mailbox that the service account acts for; the user name unless given.
            type: str
          ca_file:
            description: A file with the authorities to trust at the token endpoint instead of the system's.
            type: path
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
  - msal >= 1.35 (oauth with the client credentials of a Microsoft tenant)
  - google-auth >= 2.30 (oauth with a Google service account)
"""
    )

    DESTINATION: str = (
        r"""
options:
  destination:
    description:
      - The mailbox that is worked on.
"""
        + _ENDPOINT % {"side": "destination"}
        + r"""
requirements:
  - imapclient >= 4.1
  - msal >= 1.35 (oauth with the client credentials of a Microsoft tenant)
  - google-auth >= 2.30 (oauth with a Google service account)
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
  - msal >= 1.35 (oauth with the client credentials of a Microsoft tenant)
  - google-auth >= 2.30 (oauth with a Google service account)
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
        description:
          - Only these folders; all when empty.
          - Shared folders and those of other users are migrated only where a pattern begins with their namespace
            (C(shared/*)), so is what Exchange keeps in folders such as Calendar where one begins with its name.
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
  gmail_labels:
    description:
      - What becomes of a message with several labels. It concerns sources whose folders are labels (Gmail, known by the
        capability X-GM-EXT-1) and no others. Starred and Important are views and never migrated; a starred message is
        flagged.
      - With V(folders) it has a copy in the folder of each of its labels, as Gmail shows it. All Mail brings only what
        has no label; it goes to the destination's archive folder.
      - With V(one_copy) it is in one folder only. The inbox comes first, then Sent, Drafts, and the labels by name.
      - With V(all_mail) everything goes to the archive folder, and no other folder is migrated.
      - Choose before the first pass; nothing is taken back when it is changed later.
    type: str
    choices: [folders, one_copy, all_mail]
    default: folders
"""

    LIMITS = r"""
options:
  limits:
    description: Bounds of this mailbox's pass.
    type: dict
    default: {}
    suboptions:
      connections:
        description: Pairs of connections that copy folders side by side.
        type: int
        default: 2
      server_connections:
        description:
          - Connections to this source server at the same time, counted over all runs on this host that share
            O(slots_dir), whichever module and ticket they are for. V(0) is without bound.
          - A mailbox waits until one is free. A server is known by the name and the port that it is given here.
        type: int
        default: 0
      messages_per_second:
        description: Messages copied per second; V(0) is without bound.
        type: float
        default: 0.0
      bytes_per_day:
        description:
          - Octets of messages read from the source account per day (UTC); V(0) is without bound. No message is begun
            that would not fit; the pass ends then, and the same call goes on the next day. A message that is larger
            than a whole day's budget is listed and left out.
        type: int
        default: 0
      deadline:
        description:
          - A point in time with its zone (ISO 8601), such as V(2026-03-01T06:00:00+01:00). The pass ends between two
            batches when it is reached, and the same call goes on from there.
        type: str
  slots_dir:
    description:
      - The folder in which runs count their connections to source servers, by locks on empty files, in check mode too.
        C(slots) in O(state_dir) unless given; the playbooks give the same one to all tickets (C(mailops_slots_dir)).
      - It is made when it is missing, for this user alone. For several users make it beforehand so that all of them may
        make files in it (mode C(1777), or C(3770) with a common group).
    type: path
"""
