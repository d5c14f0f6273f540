# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Action plugins whose work runs inside Ansible's worker process when the host is worked on the controller.

A module of its own costs about half a second of processor time per host, the same work here a tenth of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .dependencies import missing_text

Runner = Callable[..., dict[str, Any]]


def run_here_or_there(
    action: Any, task_vars: Mapping[str, Any], module: str, spec: Mapping[str, Any], runner: Runner
) -> dict[str, Any]:
    """Run ``runner(params, check=…)`` in this process, or ``module`` on the host that the task is for."""
    if not _is_here(action):
        in_background = bool(action._task.async_val) and not action._connection.has_native_async
        return dict(action._execute_module(module_name=module, task_vars=task_vars, wrap_async=in_background))
    params = action.validate_argument_spec(argument_spec=dict(spec))[1]
    missing = missing_text("imapclient")
    if missing:
        return {"failed": True, "changed": False, "msg": missing}
    result = runner(plain(params), check=action._task.check_mode)
    if not action._task.diff:
        result.pop("diff", None)
    return result


def plain(value: Any) -> Any:
    """``value`` as ordinary dicts, lists and scalars: task arguments are lazy containers with tagged strings."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return str(value) if isinstance(value, str) else value


def _is_here(action: Any) -> bool:
    """Whether the host is this machine and this user, so that the worker process can do the work itself."""
    task, connection = action._task, action._connection
    return connection.transport == "local" and not connection.become and not task.async_val
