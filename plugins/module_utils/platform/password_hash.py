# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Passwords as Dovecot stores them: ``{SCHEME}hash``."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import ModuleType

from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError

# The costs that ``doveadm pw`` uses when it is not told: bcrypt rounds as a power of two, argon2's time cost.
DEFAULT_COSTS: Mapping[str, int] = {"BLF-CRYPT": 5, "ARGON2ID": 3}
_COST_RANGES: Mapping[str, range] = {"BLF-CRYPT": range(4, 32), "ARGON2ID": range(1, 65)}
_LIBRARIES: Mapping[str, str] = {"BLF-CRYPT": "bcrypt", "ARGON2ID": "argon2"}
_ARGON2_MEMORY_KIB = 65536

BCRYPT_LIMIT = 72
"""bcrypt reads this many bytes; what follows would be ignored."""

# Schemes of Dovecot 2.3 that keep no readable password. CRYPT is left out: what it holds depends on the machine.
_STORED = re.compile(
    r"\{(?P<scheme>BLF-CRYPT|ARGON2ID|ARGON2I|PBKDF2|SCRAM-SHA-1|SCRAM-SHA-256"
    r"|SHA512-CRYPT|SHA256-CRYPT|MD5-CRYPT|SSHA512|SSHA256|SSHA|SHA512|SHA256)(\.(B64|BASE64|HEX))?\}(?P<hash>\S+)"
)
_BCRYPT_HASH = re.compile(r"\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}")


@dataclass(frozen=True)
class PasswordScheme:
    """How new passwords are hashed. ``cost`` as ``doveadm pw -r`` takes it. Raises :class:`ConfigurationError`."""

    name: str = "BLF-CRYPT"
    cost: int = DEFAULT_COSTS["BLF-CRYPT"]

    def __post_init__(self) -> None:
        allowed = _COST_RANGES.get(self.name)
        if allowed is None:
            known = ", ".join(sorted(DEFAULT_COSTS))
            raise ConfigurationError(f"the password scheme {self.name} is not known", remedy=f"Use one of: {known}")
        if self.cost not in allowed:
            raise ConfigurationError(
                f"the password cost {self.cost} does not fit {self.name}",
                remedy=f"Use a number from {allowed[0]} to {allowed[-1]}, or leave it out",
            )

    @property
    def library(self) -> str:
        """The Python library that hashing and checking need."""
        return _LIBRARIES[self.name]


def password_problem(password: str, scheme: PasswordScheme) -> str:
    """Why ``password`` cannot be stored, as the end of a sentence; empty when it can. Never holds the password."""
    size = len(password.encode("utf-8", "surrogatepass"))
    if not password:
        return "has no password"
    if "\0" in password:
        return "has a password with a NUL character in it"
    if any("\ud800" <= character <= "\udfff" for character in password):
        return "has a password that is not valid UTF-8"
    if scheme.name == "BLF-CRYPT" and size > BCRYPT_LIMIT:
        return f"has a password of {size} bytes, and {scheme.name} reads the first {BCRYPT_LIMIT} only"
    return ""


def hash_problem(stored: str) -> str:
    """Why ``stored`` is not a hash that Dovecot reads, as the end of a sentence; empty when it is one."""
    match = _STORED.fullmatch(stored)
    if match is None:
        return "has a password_hash that is not of the form {SCHEME}hash with a scheme that Dovecot knows and hides"
    if match["scheme"] == "BLF-CRYPT" and not _BCRYPT_HASH.fullmatch(match["hash"]):
        return "has a password_hash of the scheme BLF-CRYPT that is cut or altered"
    return ""


def hash_password(password: str, scheme: PasswordScheme) -> str:
    """``password`` (without problems as of :func:`password_problem`) hashed with a new salt."""
    return _HASHERS[scheme.name](password, scheme.cost)


def hash_passwords(passwords: Mapping[str, str], scheme: PasswordScheme) -> dict[str, str]:
    """The hash of each password by the same key, worked on all processors (both libraries release the GIL)."""
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        return dict(zip(passwords, pool.map(lambda text: hash_password(text, scheme), passwords.values()), strict=True))


def matches(password: str, stored: str) -> bool:
    """Whether ``stored`` is a hash of ``password``. Hashes of schemes that are not written here never match."""
    found = _STORED.fullmatch(stored)
    if found is None or found["scheme"] not in _CHECKERS:
        return False
    return _CHECKERS[found["scheme"]](password, found["hash"])


def _hash_bcrypt(password: str, cost: int) -> str:
    bcrypt = _bcrypt()
    hashed: bytes = bcrypt.hashpw(password.encode(), bcrypt.gensalt(cost))
    # The same algorithm; $2y$ is the mark that every crypt(3) knows.
    return "{BLF-CRYPT}" + hashed.decode("ascii").replace("$2b$", "$2y$", 1)


def _check_bcrypt(password: str, hashed: str) -> bool:
    try:
        return bool(_bcrypt().checkpw(password.encode(), hashed.replace("$2y$", "$2b$", 1).encode("ascii")))
    except ValueError:
        return False


def _hash_argon2(password: str, cost: int) -> str:
    hasher = _argon2().PasswordHasher(time_cost=cost, memory_cost=_ARGON2_MEMORY_KIB, parallelism=1)
    return "{ARGON2ID}" + str(hasher.hash(password))


def _check_argon2(password: str, hashed: str) -> bool:
    argon2 = _argon2()
    try:
        return bool(argon2.PasswordHasher().verify(hashed, password))
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
        return False


def _bcrypt() -> ModuleType:
    try:
        import bcrypt
    except ImportError:
        raise _missing("bcrypt") from None
    return bcrypt


def _argon2() -> ModuleType:
    try:
        import argon2
    except ImportError:
        raise _missing("argon2-cffi") from None
    return argon2


def _missing(package: str) -> ConfigurationError:
    return ConfigurationError(
        f"the Python library {package} is missing where the passwords are hashed",
        remedy=f"Install it with pip install {package}, or give password_hash instead of password",
    )


_HASHERS: Mapping[str, Callable[[str, int], str]] = {"BLF-CRYPT": _hash_bcrypt, "ARGON2ID": _hash_argon2}
_CHECKERS: Mapping[str, Callable[[str, str], bool]] = {"BLF-CRYPT": _check_bcrypt, "ARGON2ID": _check_argon2}
