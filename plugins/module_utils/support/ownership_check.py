# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which domains nobody has proven to be the customer's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible_collections.mailops.migration.plugins.module_utils.dns.lookup import Dns, name_server
from ansible_collections.mailops.migration.plugins.module_utils.dns.ownership import (
    PREFIX,
    Ownership,
    OwnershipState,
    ownership,
    ownership_record,
)
from ansible_collections.mailops.migration.plugins.module_utils.platform.address import domain_name
from ansible_collections.mailops.migration.plugins.module_utils.platform.plan import Failure

_AT_ONCE = 16


def ownership_spec() -> dict[str, Any]:
    """The argument spec of the option ``ownership``."""
    options = {
        "secret": {"type": "str", "required": True, "no_log": True},
        "prefix": {"type": "str", "default": PREFIX},
        "confirmed": {"type": "dict", "default": {}},
        "nameservers": {"type": "list", "elements": "str", "default": []},
        "authoritative_port": {"type": "int", "default": 53},
    }
    return {"type": "dict", "options": options}


def unproven(domains: Iterable[str], options: Mapping[str, Any]) -> dict[str, Failure]:
    """The finding about each domain (canonical name) that has neither its TXT record nor somebody's written word.

    Raises :class:`ConfigurationError`.
    """
    dns = Dns([name_server(text) for text in options["nameservers"]], authoritative_port=options["authoritative_port"])
    confirmed = {domain_name(name) for name, reason in options["confirmed"].items() if str(reason or "").strip()}
    asked = [name for name in domains if name not in confirmed]

    def ask(name: str) -> Ownership:
        return ownership(dns, name, ownership_record(options["secret"], name, options["prefix"]))

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        answers = list(pool.map(ask, asked))
    return {
        name: Failure(name, answer.reason, answer.remedy)
        for name, answer in zip(asked, answers, strict=True)
        if answer.state is not OwnershipState.VERIFIED
    }
