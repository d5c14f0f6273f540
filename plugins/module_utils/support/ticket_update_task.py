# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module ticket_update: an update goes into the outbox, and what waits there is sent."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError
from ansible_collections.mailops.migration.plugins.module_utils.ticket_state.store import (
    open_ticket_state,
    read_ticket_state,
)
from ansible_collections.mailops.migration.plugins.module_utils.ticket_state.values import DROPPED, SENT
from ansible_collections.mailops.migration.plugins.module_utils.updates.file import FileDriver
from ansible_collections.mailops.migration.plugins.module_utils.updates.https import Https, checked_url
from ansible_collections.mailops.migration.plugins.module_utils.updates.message import message
from ansible_collections.mailops.migration.plugins.module_utils.updates.outbox import alone, deliver, planned
from ansible_collections.mailops.migration.plugins.module_utils.updates.values import Driver, Update
from ansible_collections.mailops.migration.plugins.module_utils.updates.webhook import WebhookDriver, read_hook
from ansible_collections.mailops.migration.plugins.module_utils.updates.whmcs import WhmcsDriver

DRIVERS = ("file", "whmcs", "webhook")


def update_ticket(params: Mapping[str, Any], *, check: bool) -> dict[str, Any]:
    """The result of ticket_update. Raises :class:`MigrationError`."""
    driver = _driver(params)
    update = _update(params)
    if check:
        return _would(params, driver, update)
    with open_ticket_state(params["state_dir"]) as state:
        if update:
            state.add_update(update.key, update.as_dict(), time.time())
        with alone(params["state_dir"]):
            delivery = deliver(state, driver, time.time, params["doubtful"])
    return {
        "changed": bool(delivery.sent or delivery.dropped),
        "failed": bool(delivery.problems),
        "msg": " ".join(delivery.problems),
        "sent": delivery.sent,
        "waiting": delivery.waiting,
        "doubtful": delivery.doubtful,
        "dropped": delivery.dropped,
        "problems": delivery.problems,
        "would_send": [],
    }


def _would(params: Mapping[str, Any], driver: Driver, update: Update | None) -> dict[str, Any]:
    with read_ticket_state(params["state_dir"]) as state:
        known = {queued.key: queued for queued in state.updates()}
    waiting = [Update.from_dict(each.payload) for each in known.values() if each.state not in (SENT, DROPPED)]
    new = [update] if update and update.key not in known else []
    told = planned(driver, [*waiting, *new])
    text = "".join(f"{each['key']}\n{each['comment']}\n" for each in told)
    return {
        "changed": bool(told), "msg": "", "sent": [], "waiting": [each.key for each in waiting], "doubtful": [],
        "dropped": [], "problems": [], "would_send": told, "diff": {"before": "", "after": text},
    }  # fmt: skip


def _update(params: Mapping[str, Any]) -> Update | None:
    if not params["key"]:
        return None
    values = {**(params["values"] or {}), "ticket": params["ticket"], "event": params["key"]}
    comment = message(params["template"], values, params["language"]) if params["template"] else params["comment"] or ""
    if not (comment or params["status"] or params["attachments"]):
        raise ConfigurationError("the update says nothing", where=params["key"], remedy="Give a comment or a status")
    return Update(
        key=params["key"],
        ticket=params["ticket"],
        reference=params["reference"] or "",
        comment=comment,
        status=params["status"] or "",
        attachments=tuple(params["attachments"]),
        public=params["public"],
    )


def _driver(params: Mapping[str, Any]) -> Driver:
    name = params["driver"]
    options = params[name] or {}
    if name == "file":
        path = options.get("path") or os.path.join(params["state_dir"], "updates.md")
        return FileDriver(os.path.expanduser(path), datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"))
    if not options:
        raise ConfigurationError(
            f"nothing says where the driver {name} finds the ticket system",
            where=f"driver {name}",
            remedy="Describe it in mailops_ticket_system; docs/ticket-updates.md shows how",
        )
    https = Https(options.get("ca_file"), float(options["timeout"]))
    if name == "whmcs":
        url = checked_url(options["url"], "whmcs.url")
        return WhmcsDriver(
            url, options["identifier"], options["secret"], https, options.get("admin") or "", options["by_id"]
        )
    hooks = tuple(read_hook(row, number) for number, row in enumerate(options["requests"], 1))
    secrets = tuple(value for hook in hooks for text in hook.headers.values() for value in (text, *text.split()))
    return WebhookDriver(hooks, https, secrets)
