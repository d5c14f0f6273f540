# Copyright: (c) 2026, mailops.migration maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation that the modules of the platform share."""

from __future__ import annotations


class ModuleDocFragment:
    """Options and attributes of every module that works on the mail platform."""

    DOCUMENTATION = r"""
options:
  platform:
    description:
      - How the mail platform's administration is reached and what it expects.
    type: dict
    required: true
    suboptions:
      driver:
        description:
          - The kind of platform.
          - V(mailman3) is Mailman 3 for lists, by the REST interface of Mailman core 3.3.2 or later. Members are added
            and removed without any mail to them.
          - V(postfix_sql) is Postfix and Dovecot on the tables of PostfixAdmin 3.3.
          - V(mailcow) is mailcow by its REST interface, and experimental. It has neither forwards nor Local Delivery,
            and takes no mailbox away. Needs the Python library requests where the module runs.
        type: str
        choices: [mailcow, mailman3, postfix_sql]
        default: postfix_sql
      dsn:
        description:
          - The database as a URL, such as V(sqlite:///var/lib/mail/postfixadmin.sqlite),
            V(postgresql://user:password@host:5432/postfix) or V(mysql://user:password@host:3306/postfix).
          - Characters with a meaning in URLs are percent-encoded.
          - A file of SQLite must lie on the host that runs the module. Postfix and Dovecot keep reading it, so writing
            puts it into SQLite's write-ahead mode.
          - C(postgresql) takes libpq's parameters, such as V(?sslmode=verify-full), and needs the library psycopg 3.
          - C(mysql) is for MariaDB, too; it takes V(?unix_socket=PATH) and V(?ssl_ca=FILE), and needs PyMySQL.
          - Required by the driver V(postfix_sql).
        type: str
      api_url:
        description:
          - The address of the platform's REST interface, with TLS. For V(mailcow) it is that of the web interface, such
            as V(https://mail.example.com); for V(mailman3) V(https://lists.example.com:8001), and on the loopback
            V(http://127.0.0.1:8001).
          - Required by the drivers V(mailcow) and V(mailman3).
          - Certificates are always verified. No proxy of the environment is used.
        type: str
      api_key:
        description:
          - The key of mailcow's API that may read and write. Never shown.
          - Required by the driver V(mailcow).
        type: str
      api_user:
        description:
          - The user of Mailman's REST interface, C(admin_user) of C(mailman.cfg).
          - Required by the driver V(mailman3).
        type: str
      api_password:
        description:
          - The password of O(platform.api_user), C(admin_pass) of C(mailman.cfg). Never shown.
          - Required by the driver V(mailman3).
        type: str
      ca_file:
        description:
          - The authorities that the certificate of O(platform.api_url) is verified with, as a file in PEM form on the
            host that runs the module.
          - The default of V(mailcow) is those of the library requests, of V(mailman3) the system's.
        type: path
      plain_http:
        description:
          - Whether O(platform.api_url) of V(mailman3) may begin with V(http://) for another machine than the one that
            runs the module.
          - The password then goes over the network as plain text, which is for networks that are trusted, such as
            between containers.
        type: bool
        default: false
      password_scheme:
        description:
          - How new passwords are hashed, by Dovecot's name.
          - V(BLF-CRYPT) needs the Python library bcrypt, V(ARGON2ID) needs argon2-cffi.
          - mailcow gets passwords in clear over TLS and hashes them itself, as its own setting says.
        type: str
        choices: [ARGON2ID, BLF-CRYPT]
        default: BLF-CRYPT
      password_cost:
        description:
          - How costly hashing is, as C(doveadm pw -r) takes it.
          - The default is C(doveadm)'s own, 5 for V(BLF-CRYPT) and 3 for V(ARGON2ID).
        type: int
      quota_multiplier:
        description:
          - The bytes of a megabyte in quotas of mailboxes; must equal C($CONF['quota_multiplier']) of PostfixAdmin.
          - Without effect on mailcow, where a megabyte is always 1048576 bytes.
        type: int
        default: 1024000
attributes:
  check_mode:
    description: Can run in check mode and return changed status prediction without modifying the target.
    support: full
  diff_mode:
    description: Returns what has changed, or would change in check mode, when in diff mode. Never shows passwords.
    support: full
notes:
  - Rows that cannot be worked are returned in C(failures) and the others are done all the same, in one transaction; the
    module fails at the end.
  - mailcow and Mailman have no transactions. What they refuse of one item is a finding and the others go on; when they
    cannot be reached any more, all that was not done is a finding, and another run goes on with it.
  - Only attributes that are given are changed; whatever was set by hand otherwise stays.
"""

    STATE = r"""
options:
  state:
    description:
      - Whether the items shall exist.
      - An item that is to be absent and does not exist is no change.
    type: str
    choices: [present, absent]
    default: present
"""

    ROUTES = r"""
options:
  domains:
    description:
      - The only domains in which an address may be touched, such as the verified domains of a ticket; a row of any
        other domain is a finding. Targets may be anywhere.
      - Without this option every domain of the platform is allowed.
    type: list
    elements: str
  expected_mailboxes:
    description:
      - In check mode, mailboxes that are to be seen as existing, because an earlier task would have created them.
      - Outside of check mode it has no effect.
    type: list
    elements: str
    default: []
notes:
  - A target in a domain of the platform must exist there, as a mailbox, an alias, a list, or through an alias domain
    or a catch-all; another row of the same task may bring it. Targets elsewhere are not looked at.
  - Rows on a loop are findings, over any number of steps and through whatever else the platform leads mail. What
    existed before is never changed to mend one.
  - Addresses are compared and stored in lower case, international domains in their ASCII form; equal rows merge.
"""
