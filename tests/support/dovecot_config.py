# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The shapes that a Dovecot of the tests can take, and the configuration file of each."""

from __future__ import annotations

import grp
import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from tests.support.certificates import Certificate

BARE = ("IMAP4rev1",)
MAIL_UID = 5000
MASTER = "migrate"
DOVEADM_KEY = "key"
SPECIAL_FOLDERS = (
    ("Drafts", "\\Drafts"), ("Sent", "\\Sent"), ("Trash", "\\Trash"), ("Junk", "\\Junk"), ("Archive", "\\Archive"),
)


@dataclass(frozen=True)
class DovecotShape:
    """How one Dovecot is set up; the defaults are Debian's.

    ``mail_format`` is ``maildir``, ``mdbox`` or ``sdbox``; ``layout`` is ``fs`` or ``maildir++`` (Maildir only).
    ``prefix`` is that of the namespace with its separator (``INBOX.``). ``escape_names`` loads listescape, so that
    folder names may hold the separator. ``special_folders`` are (name, special use) pairs, made on the first login
    where ``create_special`` is set. ``capabilities`` are the only ones shown: Dovecot still understands the others and
    still sends APPENDUID (the proxy's HideAppendUid takes that away). ``quota`` and ``largest_message`` are sizes in
    Dovecot's words (``10M``); empty means none. ``user_connections`` is for one user and address.
    ``fsync`` is ``optimized``, ``always`` or ``never``.
    """

    separator: str = "/"
    prefix: str = ""
    mail_format: str = "maildir"
    layout: str = "fs"
    escape_names: bool = False
    special_folders: tuple[tuple[str, str], ...] = SPECIAL_FOLDERS
    create_special: bool = False
    capabilities: tuple[str, ...] = ()
    quota: str = ""
    largest_message: str = ""
    user_connections: int = 50
    longest_line: str = "64k"
    fsync: str = "optimized"
    extra: str = ""


@dataclass(frozen=True)
class DovecotPlace:
    """Where one instance lives: its folder, its ports and its certificate. Doveadm answers by HTTP."""

    folder: Path
    imap_port: int
    imaps_port: int
    doveadm_port: int
    certificate: Certificate

    @property
    def config_file(self) -> Path:
        return self.folder / "dovecot.conf"

    @property
    def start_log(self) -> Path:
        """What Dovecot printed before it had its log."""
        return self.folder / "start.log"

    @property
    def log_file(self) -> Path:
        return self.folder / "dovecot.log"

    @property
    def users_file(self) -> Path:
        """Users with a password of their own, in passwd-file form."""
        return self.folder / "users"

    @property
    def masters_file(self) -> Path:
        return self.folder / "masters"

    def home(self, user: str) -> Path:
        """The mail folder of one user."""
        return self.folder / "mail" / user


def mail_uid() -> int:
    """The numeric owner of all mail: one that nobody has where we are root, else ourselves."""
    return MAIL_UID if os.getuid() == 0 else os.getuid()


def render(shape: DovecotShape, place: DovecotPlace, password: str) -> str:
    """The whole configuration file."""
    parts = (_general(shape, place), _logins(place, password), _storage(shape, place), _services(place),
             _limits(shape), _unprivileged(), shape.extra)
    return "\n".join(part for part in parts if part)


def _general(shape: DovecotShape, place: DovecotPlace) -> str:
    return f"""
base_dir = {place.folder}/run
state_dir = {place.folder}/state
log_path = {place.log_file}
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{place.certificate.certificate}
ssl_key = <{place.certificate.key}
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_master_user_separator = *
auth_failure_delay = 0 secs
auth_username_chars =
imap_capability = {" ".join(shape.capabilities)}
imap_max_line_length = {shape.longest_line}
mail_max_userip_connections = {shape.user_connections}
mail_fsync = {shape.fsync}
"""


def _logins(place: DovecotPlace, password: str) -> str:
    """Any name with the one password, but those of the users file with their own only."""
    return f"""
passdb {{
  driver = passwd-file
  master = yes
  args = {place.masters_file}
}}
passdb {{
  driver = passwd-file
  args = {place.users_file}
}}
passdb {{
  driver = passwd-file
  deny = yes
  args = {place.users_file}
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={mail_uid()} gid={mail_uid()} home={place.home("%u")} allow_all_users=yes
}}
"""


def _storage(shape: DovecotShape, place: DovecotPlace) -> str:
    location = f"{shape.mail_format}:~/mail"
    if shape.mail_format == "maildir":
        location += f":LAYOUT={shape.layout}"
    special = "".join(_special_folder(name, use, shape.create_special) for name, use in shape.special_folders)
    return f"""
first_valid_uid = 1
mail_location = {location}
namespace inbox {{
  inbox = yes
  separator = {shape.separator}
  prefix = {shape.prefix}
{special}}}
"""


def _special_folder(name: str, use: str, create: bool) -> str:
    auto = "create" if create else "no"
    return f'  mailbox "{name}" {{\n    special_use = {use}\n    auto = {auto}\n  }}\n'


def _services(place: DovecotPlace) -> str:
    """Ports, and no penalty for wrong passwords: all tests come from one address."""
    return f"""
service imap-login {{
  inet_listener imap {{
    port = {place.imap_port}
  }}
  inet_listener imaps {{
    port = {place.imaps_port}
    ssl = yes
  }}
}}
doveadm_api_key = {DOVEADM_KEY}
service doveadm {{
  service_count = 0
  inet_listener http {{
    port = {place.doveadm_port}
  }}
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
"""


def _limits(shape: DovecotShape) -> str:
    """Plugins and their settings: quota, largest message, escaped names."""
    plugins = ["listescape"] if shape.escape_names else []
    imap_plugins, settings = [], []
    if shape.quota or shape.largest_message:
        plugins.append("quota")
        imap_plugins.append("imap_quota")
        settings += ["quota = count:User quota", "quota_vsizes = yes", f"quota_rule = *:storage={shape.quota or '1T'}"]
    if shape.largest_message:
        settings.append(f"quota_max_mail_size = {shape.largest_message}")
    lines = "".join(f"  {setting}\n" for setting in settings)
    return (f"mail_plugins = {' '.join(plugins)}\n"
            f"protocol imap {{\n  mail_plugins = {' '.join(plugins + imap_plugins)}\n}}\n"
            f"plugin {{\n{lines}}}\n")


def _unprivileged() -> str:
    """Dovecot run by an ordinary user: every process is that user, none has a chroot."""
    if os.getuid() == 0:
        return ""
    me = pwd.getpwuid(os.getuid()).pw_name
    services = "".join(f"service {name} {{\n  chroot =\n}}\n" for name in ("imap-login", "anvil", "stats"))
    group = grp.getgrgid(os.getgid()).gr_name
    return f"default_internal_user = {me}\ndefault_internal_group = {group}\ndefault_login_user = {me}\n{services}"
