# Copyright: (c) 2026, mailops.migration maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What Ansible's workers would load anew for each task is loaded once, in the process that they are forked from.

Loaded in the worker, the plugins that the templates of the roles use cost as much processor time as a mailbox's pass.
"""

from __future__ import annotations

from contextlib import suppress

from ansible.plugins.loader import filter_loader, lookup_loader, test_loader


def load_plugins_of_roles() -> None:
    """Load them. The first filter or test that is asked for brings all of Ansible's own, too.

    What cannot be loaded here is left to the template that uses it: its error says where it was wanted.
    """
    with suppress(KeyError):
        filter_loader.get("mailops.migration.destination_login")
        test_loader.get("ansible.builtin.defined")
        lookup_loader.get("mailops.migration.ticket", class_only=True)
