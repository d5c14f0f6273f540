# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.progress_text import (
    duration,
    end_line,
    mailbox_words,
    plain_lines,
    short,
)
from ansible_collections.mailops.migration.plugins.module_utils.core.run_progress import Live, View

ANNA = Live("anna@example.com", "copying", ("Projects/2023",), 1200, 23_400_000, 3800, 70_000_000)
VIEW = View("sync", 61.0, 1000, 412, 3, (ANNA,), 45_120, 3_200_000_000, 120.4, 8_400_000.0, 720.0)


@pytest.mark.parametrize(("seconds", "words"), [
    (-1, "0 s"), (0, "0 s"), (59.6, "1 min 00 s"), (245, "4 min 05 s"), (3600 * 3 + 420, "3 h 07 min"),
    (86400 * 2 + 14400, "2 days 4 h"),
])  # fmt: skip
def test_duration_is_as_a_person_says_it(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_run_is_told_in_one_line_and_its_mailboxes_below() -> None:
    assert plain_lines(VIEW, 3) == [
        "sync: 412 of 1,000 mailboxes, 3 failed, 1 at work, 45,120 messages, 3.2 GB, 120 messages/s, 8.4 MB/s,"
        " about 12 min 00 s left",
        "    anna@example.com: Projects/2023, 1,200 of 5,000 messages, 23.4 MB",
    ]


def test_many_mailboxes_at_work_are_a_few_lines() -> None:
    lines = plain_lines(replace(VIEW, active=(ANNA,) * 50), 3)
    assert len(lines) == 5 and lines[-1] == "    and 47 more mailboxes"


def test_what_is_not_known_is_not_told() -> None:
    view = replace(VIEW, failed=0, messages=0, octets=0, seconds_left=None, active=())
    assert plain_lines(view, 3) == ["sync: 412 of 1,000 mailboxes, 0 at work"]


def test_end_says_how_long_it_took() -> None:
    assert end_line(VIEW) == "sync: 412 of 1,000 mailboxes, 3 failed, 45,120 messages, 3.2 GB in 1 min 01 s"


def test_mailbox_that_waits_says_why() -> None:
    assert mailbox_words(replace(ANNA, waiting="the server asks to wait")) == "waits: the server asks to wait"


@pytest.mark.parametrize(("stage", "words"), [("", "begins"), ("listing", "listing")])
def test_mailbox_that_copies_nothing_yet_says_its_stage(stage: str, words: str) -> None:
    assert mailbox_words(replace(ANNA, stage=stage)) == words


def test_folder_name_is_no_command_to_the_terminal() -> None:
    line = mailbox_words(replace(ANNA, folders=("a\x1b[2Jb\r\nc\u202ed",)))
    assert line.startswith("a\\x1b[2Jb\\r\\nc\\u202ed, ")


def test_long_name_is_shortened_in_the_middle() -> None:
    assert short("a" * 50 + "b" * 50) == "a" * 30 + "…" + "b" * 29
