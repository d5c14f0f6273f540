# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The engine in a process of its own: arguments as JSON on standard input, result and resources as JSON out.

``python -m tests.bench.engine [sync|compare]``
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.mailops.migration.plugins.module_utils.support.imap_arguments import sync_spec
from ansible_collections.mailops.migration.plugins.module_utils.support.sync_task import run_sync


def main() -> None:
    """Run one pass or proof with the product's defaults for everything that is not given."""
    measured = measured_proof if sys.argv[1:] == ["compare"] else measured_pass
    json.dump({**measured(json.load(sys.stdin)), "peak_rss_mb": _peak_rss_kb() / 1024}, sys.stdout)


def measured_pass(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """One pass in this process: its result, wall clock and CPU in seconds."""
    return _measured(arguments, sync_spec(), run_sync)


def measured_proof(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The same of a comparison of both sides."""
    # Loaded here: what a pass does not need is no memory of it.
    from ansible_collections.mailops.migration.plugins.module_utils.support.compare_task import (
        compare_spec,
        run_compare,
    )

    return _measured(arguments, compare_spec(), run_compare)


def _measured(arguments: Mapping[str, Any], spec: Mapping[str, Any], run: Callable[..., Any]) -> dict[str, Any]:
    validated = ArgumentSpecValidator(dict(spec)).validate(dict(arguments))
    if validated.error_messages:
        sys.exit("\n".join(validated.error_messages))
    began, before = time.monotonic(), _cpu()
    result = run(validated.validated_parameters, check=False)
    return {"seconds": time.monotonic() - began, "cpu_seconds": _cpu() - before, "result": result}


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _peak_rss_kb() -> int:
    """VmHWM, the high-water mark of this process alone (proc(5))."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    return 0


if __name__ == "__main__":
    main()
