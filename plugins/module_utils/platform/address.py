# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Addresses and domain names as a platform can hold them."""

from __future__ import annotations

import re

from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError

_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_LOCAL_PART = re.compile(r"[a-z0-9!#$&'+=?^_{|}~-]+(\.[a-z0-9!#$&'+=?^_{|}~-]+)*")
# RFC 5321's dot-string; what is none cannot be a target, for Postfix reads quotes, commas and spaces in its own way.
_TARGET_PART = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
# RFC 5321, 4.5.3.1.3: a path has 256 with its angle brackets.
_LONGEST = 254
# Dovecot's default for auth_username_chars, in lower case.
_LOGIN = re.compile(r"[a-z0-9._@-]+")
# IDNA 2003 and 2008 read these differently, so that an automatic conversion could name somebody else's domain.
_AMBIGUOUS = "ß\u03c2\u200c\u200d"


def domain_name(text: str) -> str:
    """``text`` in lower case, international labels as ``xn--…``. Raises :class:`ConfigurationError`."""
    name = _ascii_domain(text.strip()).lower().removesuffix(".")
    labels = name.split(".")
    if len(labels) < 2 or len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise ConfigurationError("is not a domain name", remedy="Write it like example.com")
    return name


def mailbox_address(text: str) -> str:
    """``text`` in lower case with its domain as of :func:`domain_name`. Raises :class:`ConfigurationError`.

    The local part is RFC 5321's dot-string without ``/``, ``%``, ``*`` and the backtick: these have a meaning in paths,
    in Dovecot's variables and in the login of its master user.
    """
    local_part, at, domain = text.strip().rpartition("@")
    if not at or not local_part:
        raise ConfigurationError("is not an e-mail address", remedy="Write it like name@example.com")
    if not _LOCAL_PART.fullmatch(local_part.lower()) or len(local_part) > 64:
        raise ConfigurationError(
            "has a part before the @ that a mailbox cannot have",
            remedy="Use at most 64 letters, digits, dots (single, inside), hyphens and underscores",
        )
    return _whole(f"{local_part.lower()}@{domain_name(domain)}")


def target_address(text: str) -> str:
    """An address that mail is led to, anywhere, in lower case and with its domain as of :func:`domain_name`.

    Raises :class:`ConfigurationError`.
    """
    local_part, at, domain = text.strip().rpartition("@")
    if not at or not _TARGET_PART.fullmatch(local_part.lower()) or len(local_part) > 64:
        raise ConfigurationError(
            f"leads to {text}, which is not an e-mail address", remedy="Write it like name@example.com"
        )
    try:
        return _whole(f"{local_part.lower()}@{domain_name(domain)}")
    except ConfigurationError as error:
        raise ConfigurationError(f"leads to {text}, which {error.what}", remedy=error.remedy) from None


def _whole(address: str) -> str:
    if len(address) > _LONGEST:
        raise ConfigurationError(f"has {len(address)} characters", remedy=f"An address has at most {_LONGEST}")
    return address


def home(address: str) -> str:
    """The part after the last ``@``."""
    return address.rpartition("@")[2]


def can_log_in(address: str) -> bool:
    """Whether Dovecot takes the address as a user name with its default settings."""
    return bool(_LOGIN.fullmatch(address))


def _ascii_domain(name: str) -> str:
    if name.isascii():
        return name
    if any(character in name for character in _AMBIGUOUS):
        raise ConfigurationError(
            "has a domain that can be read in two ways", remedy="Write the domain in its ASCII form (xn--…)"
        )
    try:
        return name.encode("idna").decode("ascii")
    except UnicodeError:
        raise ConfigurationError("is not a domain name", remedy="Write it in its ASCII form (xn--…)") from None
