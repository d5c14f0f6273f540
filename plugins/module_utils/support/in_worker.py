# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Action plugins whose work runs inside Ansible's worker process when the host is worked on the controller.

A module of its own costs about half a second of processor time per host, the same work here a tenth of it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any

from . import progress_channel
from .dependencies import missing_text
from .progress_follower import following, worker_file

Runner = Callable[..., dict[str, Any]]


def run_here_or_there(
    action: Any, task_vars: Mapping[str, Any], module: str, spec: Mapping[str, Any], runner: Runner
) -> dict[str, Any]:
    """Run ``runner(params, check=…)`` in this process, or ``module`` on the host that the task is for."""
    is_followed = bool(progress_channel.folder()) and "progress_file" in spec
    host = str(task_vars.get("inventory_hostname", ""))
    if not _is_here(action):
        return _run_there(action, task_vars, module, host if is_followed else "")
    params = action.validate_argument_spec(argument_spec=dict(spec))[1]
    if is_followed and not params["progress_file"]:
        params["progress_file"] = os.path.join(progress_channel.folder(), progress_channel.file_name(host))
    missing = missing_text("imapclient")
    if missing:
        return {"failed": True, "changed": False, "msg": missing}
    result = runner(plain(params), check=action._task.check_mode)
    if not action._task.diff:
        result.pop("diff", None)
    return result


def _run_there(action: Any, task_vars: Mapping[str, Any], module: str, followed: str) -> dict[str, Any]:
    """Run ``module`` on the task's host. ``followed`` is the inventory host to be followed meanwhile; may be empty.

    A plan leaves no trace, so it does not say how far it is; nor is there anybody who looks at what runs on alone.
    """
    task, args = action._task, action._task.args
    in_background = bool(task.async_val) and not action._connection.has_native_async
    with ExitStack() as stack:
        if followed and not task.async_val and not task.check_mode and not args.get("progress_file"):
            file = worker_file(str(args.get("state_dir", "")), followed)
            args = {**args, "progress_file": file}
            stack.enter_context(following(action, file))
        answer = action._execute_module(
            module_name=module, module_args=args, task_vars=task_vars, wrap_async=in_background
        )
    return dict(answer)


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
