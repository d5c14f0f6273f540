# Copyright: (c) 2026, mailops.migration maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""This machine reached as if it were another one, so that modules are packed, sent and executed as such."""

from __future__ import annotations

from typing import Any

from ansible.plugins.connection.local import Connection as LocalConnection

DOCUMENTATION = """
name: elsewhere
short_description: Execute on this machine as on another one
description: What connection C(local) does under a name that no action plugin takes for this machine.
author: mailops.migration maintainers (@mailops)
extends_documentation_fragment: connection_pipelining
options:
  become_success_timeout:
    description: Seconds to wait for become to succeed.
    type: int
    default: 10
    vars:
      - name: ansible_local_become_success_timeout
  become_strip_preamble:
    description: Strip internal output of become that precedes the command's.
    type: bool
    default: true
    vars:
      - name: ansible_local_become_strip_preamble
"""


class Connection(LocalConnection):  # type: ignore[misc]
    """Commands run here."""

    transport: Any = "elsewhere"
