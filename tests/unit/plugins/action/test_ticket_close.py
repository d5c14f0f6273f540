# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The vault as ticket_close uses it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import VaultLib, VaultSecret
from ansible_collections.mailops.migration.plugins.action.ticket_close import ActionModule
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError

SECRETS = [("default", VaultSecret(b"one")), ("customers", VaultSecret(b"two"))]


def unseal(data: bytes, secrets: Any = None) -> Any:
    loader = DataLoader()
    loader.set_vault_secrets(SECRETS if secrets is None else secrets)
    return ActionModule._unseal(SimpleNamespace(_loader=loader), data)  # type: ignore[arg-type]


@pytest.mark.parametrize(("label", "secret"), [(None, SECRETS[0][1]), ("customers", SECRETS[1][1])])
def test_file_is_encrypted_again_with_the_password_that_opened_it(label: str | None, secret: Any) -> None:
    sealed = bytes(VaultLib(SECRETS).encrypt(b"email,password", secret=secret, vault_id=label))
    text, seal = unseal(sealed)
    assert text == b"email,password"
    again = seal(b"email,(wiped)")
    assert again.splitlines()[0] == sealed.splitlines()[0]
    assert VaultLib([(label or "default", secret)]).decrypt(again) == b"email,(wiped)"


def test_plain_file_stays_plain_and_one_that_cannot_be_opened_says_what_to_give() -> None:
    assert unseal(b"email") == (b"email", None)
    sealed = bytes(VaultLib(SECRETS).encrypt(b"x", secret=SECRETS[0][1]))
    with pytest.raises(ConfigurationError, match="--ask-vault-pass"):
        unseal(sealed, [("default", VaultSecret(b"wrong"))])
