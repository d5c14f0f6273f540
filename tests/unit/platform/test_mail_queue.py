# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import json

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import PlatformError
from ansible_collections.mailops.migration.plugins.module_utils.platform.mail_queue import (
    sort_by_domain,
    try_again,
    waiting_messages,
)

from tests.support.module_runs import run_command


def line(queue_id, *addresses):
    return json.dumps({"queue_id": queue_id, "recipients": [{"address": address} for address in addresses]})


def test_message_counts_once_for_each_domain_of_its_recipients():
    second = line("B", "a@two.example", "a@one.example")
    lines = [line("A", "a@one.example", "b@ONE.example"), "", second, line("C", "x")]
    found = sort_by_domain(lines, ["one.example", "three.example"])
    assert found == {"one.example": ["A", "B"], "three.example": []}


def test_postfix_that_cannot_be_asked_is_an_error_with_a_remedy(tmp_path):
    with pytest.raises(PlatformError) as raised:
        waiting_messages(run_command, str(tmp_path / "absent"), ["one.example"])
    assert (raised.value.where, "postfix_config_directory" in raised.value.remedy) == (str(tmp_path / "absent"), True)


def test_postfix_that_does_not_answer_is_named_as_that(tmp_path):
    asked = []

    def silent(command, **options):
        asked.append(command)
        return run_command(["timeout", "0.1", "sleep", "60"], **options)

    with pytest.raises(PlatformError, match="no answer within 60 s"):
        try_again(silent, str(tmp_path), ["A"])
    assert asked == [["timeout", "60", "postqueue", "-c", str(tmp_path), "-i", "A"]]
