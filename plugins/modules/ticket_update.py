#!/usr/bin/python
# Copyright: (c) 2026, mailops.migration maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module ticket_update: one update on a ticket, never twice the same."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ticket_update
short_description: Tell a ticket how its migration goes, once
version_added: 0.1.0
author:
  - mailops.migration maintainers (@mailops)
description:
  - An update goes into an outbox in C(ticket.sqlite) first, then to the ticket system; what could not be sent is sent
    by the next run. The same O(key) is sent once only.
  - An update of which nobody knows whether it arrived (the connection broke, the run was killed) is not sent again
    unless told so. With the drivers V(file) and V(whmcs) the module finds out by itself.
  - It fails when something could not be sent. Role C(ticket_update) tells that and goes on.
  - TLS is verified, and there is no plain HTTP. Secrets are in no URL, result or text of an error.
options:
  state_dir:
    description: The folder of the ticket's journals.
    type: path
    required: true
  ticket:
    description: The ticket's id.
    type: str
    required: true
  key:
    description: What tells this update from others of the ticket. Without it nothing is added, and what waits is sent.
    type: str
  reference:
    description: The ticket's number in the ticket system.
    type: str
  comment:
    description: What is said.
    type: str
  template:
    description:
      - The comment as a Jinja2 template, instead of O(comment). It knows the values of O(values), C(ticket) and
        C(event) (the key), and the filter C(number).
    type: str
  values:
    description: The values of O(template). They are text, and never templates themselves.
    type: dict
  language:
    description: How numbers are written in O(template).
    type: str
    choices: [en, de]
    default: en
  status:
    description: The ticket's new status, in the ticket system's own word.
    type: str
  attachments:
    description: Files that go along; paths on the machine where the module runs.
    type: list
    elements: path
    default: []
  public:
    description: Whether the customer sees it.
    type: bool
    default: false
  driver:
    description: Which ticket system it is.
    type: str
    choices: [file, whmcs, webhook]
    default: file
  doubtful:
    description:
      - What becomes of updates that may have been sent or not. V(tell) tells them each time, V(send) sends them again,
        V(drop) takes them for sent.
    type: str
    choices: [tell, send, drop]
    default: tell
  file:
    description: Updates as Markdown in a file.
    type: dict
    suboptions:
      path:
        description: The file; by default C(updates.md) in O(state_dir).
        type: path
  whmcs:
    description: WHMCS, by its API.
    type: dict
    suboptions:
      url:
        description: The address of C(includes/api.php).
        type: str
        required: true
      identifier:
        description: The API credential's identifier.
        type: str
        required: true
      secret:
        description: The API credential's secret.
        type: str
        required: true
      admin:
        description: The user name of the administrator in whose name replies are made. WHMCS needs it for them.
        type: str
      by_id:
        description: Whether O(reference) is the ticket's id in the database instead of the number that customers see.
        type: bool
        default: false
      ca_file:
        description: The authority of its certificate; by default those of the system.
        type: path
      timeout:
        description: How many seconds it has for an answer.
        type: int
        default: 30
  webhook:
    description:
      - Any other ticket system with an interface over HTTPS.
      - In O(webhook.requests[].url), O(webhook.requests[].headers) and O(webhook.requests[].body) stand C({comment}),
        C({status}), C({ticket}), C({reference}), C({key}), C({public}), C({internal}), C({visibility}), and for
        attachments C({attachment_name}), C({attachment_type}), C({attachment_base64}).
    type: dict
    suboptions:
      requests:
        description: What is sent, in this order.
        type: list
        elements: dict
        required: true
        suboptions:
          name:
            description: What it is called when something is told about it.
            type: str
          case:
            description: For which updates it is; V(attachment) sends it once for each attachment.
            type: str
            choices: [comment, public_comment, internal_comment, status, attachment, always]
            default: comment
          method:
            description: The method.
            type: str
            choices: [POST, PUT, PATCH]
            default: POST
          url:
            description: The address. Values in it are percent-encoded.
            type: str
            required: true
          headers:
            description: Further headers, secrets among them.
            type: dict
            default: {}
          body_format:
            description: How O(webhook.requests[].body) is written. V(multipart) sends attachments as the field C(file).
            type: str
            choices: [json, form, multipart]
            default: json
          body:
            description:
              - Maps, lists and texts. A text that is one name in braces becomes the value itself (true, false); a list
                whose only entry names an attachment has one for each.
            type: raw
          repeatable:
            description: Whether sending it twice does no harm, such as setting a status.
            type: bool
            default: false
      ca_file:
        description: The authority of its certificate; by default those of the system.
        type: path
      timeout:
        description: How many seconds it has for an answer.
        type: int
        default: 30
requirements:
  - jinja2, for O(template)
attributes:
  check_mode:
    description: Can run in check_mode and return changed status prediction without modifying target.
    support: full
  diff_mode:
    description: In check mode, the comments that would be sent.
    support: partial
"""

EXAMPLES = r"""
- name: The customer knows that we have begun
  mailops.migration.ticket_update:
    state_dir: /var/lib/mailops/123
    ticket: "123"
    reference: "516757"
    key: started
    comment: We have begun to move your mailboxes.
    status: In Progress
    public: true
    driver: whmcs
    whmcs:
      url: https://billing.example.net/includes/api.php
      identifier: "{{ vault_whmcs_identifier }}"
      secret: "{{ vault_whmcs_secret }}"
      admin: migrations

- name: What could not be sent before is sent
  mailops.migration.ticket_update:
    state_dir: /var/lib/mailops/123
    ticket: "123"
"""

RETURN = r"""
sent:
  description: Keys of the updates that were sent.
  returned: always
  type: list
  elements: str
  sample: [started]
waiting:
  description: Keys of those that the next run sends.
  returned: always
  type: list
  elements: str
  sample: []
doubtful:
  description: Keys of those that may have been sent or not.
  returned: always
  type: list
  elements: str
  sample: []
dropped:
  description: Keys of those that O(doubtful=drop) took for sent.
  returned: always
  type: list
  elements: str
  sample: []
problems:
  description: What went wrong, and what to do about it.
  returned: always
  type: list
  elements: str
  sample: ["The update started was not sent: tickets.example.com: it cannot be reached. It waits for the next run."]
would_send:
  description: In check mode, what would be sent.
  returned: always
  type: list
  elements: dict
  sample: [{key: started, steps: [AddTicketReply to 516757], comment: We have begun., status: ""}]
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.mailops.migration.plugins.module_utils.core.customer_texts import LANGUAGES
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import MigrationError
from ansible_collections.mailops.migration.plugins.module_utils.support.as_module import finish
from ansible_collections.mailops.migration.plugins.module_utils.support.ticket_update_task import (
    DRIVERS,
    update_ticket,
)
from ansible_collections.mailops.migration.plugins.module_utils.updates.webhook import CASES


def argument_spec() -> dict[str, Any]:
    """The module's options."""
    network = {"ca_file": {"type": "path"}, "timeout": {"type": "int", "default": 30}}
    whmcs = {
        "url": {"type": "str", "required": True},
        "identifier": {"type": "str", "required": True, "no_log": True},
        "secret": {"type": "str", "required": True, "no_log": True},
        "admin": {"type": "str"},
        "by_id": {"type": "bool", "default": False},
        **network,
    }
    request = {
        "name": {"type": "str"},
        "case": {"type": "str", "choices": list(CASES), "default": "comment"},
        "method": {"type": "str", "choices": ["POST", "PUT", "PATCH"], "default": "POST"},
        "url": {"type": "str", "required": True},
        "headers": {"type": "dict", "default": {}, "no_log": True},
        "body_format": {"type": "str", "choices": ["json", "form", "multipart"], "default": "json"},
        "body": {"type": "raw"},
        "repeatable": {"type": "bool", "default": False},
    }
    requests = {"type": "list", "elements": "dict", "required": True, "options": request}
    return {
        "state_dir": {"type": "path", "required": True},
        "ticket": {"type": "str", "required": True},
        "key": {"type": "str", "no_log": False},
        "reference": {"type": "str"},
        "comment": {"type": "str"},
        "template": {"type": "str"},
        "values": {"type": "dict"},
        "language": {"type": "str", "choices": list(LANGUAGES), "default": LANGUAGES[0]},
        "status": {"type": "str"},
        "attachments": {"type": "list", "elements": "path", "default": []},
        "public": {"type": "bool", "default": False},
        "driver": {"type": "str", "choices": list(DRIVERS), "default": DRIVERS[0]},
        "doubtful": {"type": "str", "choices": ["tell", "send", "drop"], "default": "tell"},
        "file": {"type": "dict", "options": {"path": {"type": "path"}}},
        "whmcs": {"type": "dict", "options": whmcs},
        "webhook": {"type": "dict", "options": {"requests": requests, **network}},
    }


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec=argument_spec(), supports_check_mode=True, mutually_exclusive=[("comment", "template")]
    )
    try:
        finish(module, update_ticket(module.params, check=module.check_mode))
    except MigrationError as error:
        module.fail_json(msg=error.text(), sent=[], waiting=[], doubtful=[], dropped=[], problems=[error.text()])


if __name__ == "__main__":
    main()
