# Copyright: (c) 2026, mailops.migration maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Action plugin ticket_close: the ticket's files and the vault's passwords are on the controller."""

from __future__ import annotations

import time
from typing import Any

from ansible.errors import AnsibleError
from ansible.parsing.vault import VaultLib, is_encrypted
from ansible.plugins.action import ActionBase
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError, MigrationError
from ansible_collections.mailops.migration.plugins.module_utils.support.close_secrets import Seal
from ansible_collections.mailops.migration.plugins.module_utils.support.close_task import close_spec, close_ticket
from ansible_collections.mailops.migration.plugins.module_utils.support.in_worker import plain


class ActionModule(ActionBase):
    """Ends a ticket."""

    _supports_check_mode = True
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Wipe, pack, and say what is left."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        params = plain(self.validate_argument_spec(argument_spec=close_spec())[1])
        try:
            result.update(close_ticket(params, self._unseal, time.time(), check=self._task.check_mode))
        except (MigrationError, OSError) as problem:
            text = problem.text() if isinstance(problem, MigrationError) else str(problem)
            result.update(failed=True, changed=False, msg=text)
        return result

    def _unseal(self, data: bytes) -> tuple[bytes, Seal | None]:
        """A file's content in plain, and what encrypts it again with the same password."""
        if not is_encrypted(data):
            return data, None
        # The loader's public readers tell neither the password nor its name.
        vault = VaultLib(self._loader._vault.secrets)
        try:
            text, vault_id, secret = vault.decrypt_and_get_vault_id(data)
        except AnsibleError as problem:
            raise ConfigurationError(
                "cannot be decrypted",
                remedy="Give --vault-password-file or --ask-vault-pass",
            ) from problem
        label = None if vault_id == "default" else vault_id
        return text, lambda new: bytes(vault.encrypt(new, secret=secret, vault_id=label))
