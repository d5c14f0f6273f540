# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a module ends whose action plugin returns the same result from the worker process."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.basic import AnsibleModule


def finish(module: AnsibleModule, result: dict[str, Any]) -> None:
    """Exit with ``result``, failed where it says so. Its warnings go the way that modules have for them."""
    for warning in result.pop("warnings", ()):
        module.warn(warning)
    if result.get("failed"):
        module.fail_json(**result)
    module.exit_json(**result)
