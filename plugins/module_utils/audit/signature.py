# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ed25519 signatures with an operator's key (RFC 8032), from PEM files as OpenSSL writes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..core.errors import ConfigurationError

try:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ed25519
    from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
except ImportError:
    ed25519 = None  # type: ignore[assignment]

_MAKE = "Make one: openssl genpkey -algorithm ed25519 -out FILE; its public half: openssl pkey -in FILE -pubout"


@dataclass(frozen=True)
class Keys:
    """What signs, and what checks signatures; either may be missing."""

    private: Any = None
    public: Any = None

    def sign(self, data: bytes) -> bytes:
        """The signature of ``data``, 64 octets; empty without a private key."""
        return bytes(self.private.sign(data)) if self.private else b""

    def is_signed(self, data: bytes, signature: bytes) -> bool:
        """Whether ``signature`` is that of ``data``."""
        try:
            self.public.verify(signature, data)
        except InvalidSignature:
            return False
        return True


NO_KEYS = Keys()


def read_keys(key_file: str, public_key_file: str) -> Keys:
    """The keys of these files; an empty name is none. Raises :class:`ConfigurationError`."""
    private: Any = _load(key_file, "private") if key_file else None
    public: Any = _load(public_key_file, "public") if public_key_file else private.public_key() if private else None
    if private and private.public_key().public_bytes_raw() != public.public_bytes_raw():
        raise ConfigurationError(
            "it is not the public half of the private key", where=public_key_file, remedy="Name the right one, or none"
        )
    return Keys(private, public)


def _load(path: str, half: str) -> Any:
    if ed25519 is None:
        raise ConfigurationError(
            "manifests are signed and checked with the library cryptography, which is not there",
            where=path,
            remedy="pip install cryptography, or name no key",
        )
    try:
        with open(path, "rb") as file:
            text = file.read(65536)
        key = load_pem_private_key(text, None) if half == "private" else load_pem_public_key(text)
    except OSError as error:
        raise ConfigurationError(f"the key cannot be read: {error.strerror}", where=path, remedy=_MAKE) from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ConfigurationError(f"this is no {half} key in PEM without passphrase", where=path, remedy=_MAKE) from None
    if not isinstance(key, ed25519.Ed25519PrivateKey | ed25519.Ed25519PublicKey):
        raise ConfigurationError("the key is not of the kind Ed25519", where=path, remedy=_MAKE)
    return key
