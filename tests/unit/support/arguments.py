# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Arguments of ``imap_sync`` as Ansible hands them over, checked by its own validator."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator, ValidationResult
from ansible_collections.mailops.migration.plugins.module_utils.support.imap_arguments import sync_spec


def side(**options: Any) -> dict[str, Any]:
    secret = {} if "password_file" in options else {"password": "secret"}
    return {"host": "imap.example", "username": "jo", **secret, **options}


def validated(**arguments: Any) -> ValidationResult:
    given = {
        "mailbox": "jo@example.net",
        "source": side(),
        "destination": side(),
        "state_dir": "/state",
        **arguments,
    }
    return ArgumentSpecValidator(sync_spec()).validate(given)


def params(**arguments: Any) -> dict[str, Any]:
    """Parameters that passed the check."""
    result = validated(**arguments)
    assert result.error_messages == []
    return dict(result.validated_parameters)
