# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Until when the world may believe a domain's old MX records."""

from __future__ import annotations

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.mail_route import MxPlace
from ansible_collections.mailops.migration.plugins.module_utils.core.mx_history import (
    UNSEEN_TTL,
    MxSeen,
    old_records_end,
    ours_since,
)

DAY = 86400


def seen(place: MxPlace, ttl: int, first: float, last: float | None = None) -> MxSeen:
    return MxSeen("a.example", place, ("mx.example",), ttl, first, first if last is None else last)


OLD, MIXED, OURS = MxPlace.ELSEWHERE, MxPlace.MIXED, MxPlace.OURS


@pytest.mark.parametrize(
    ("history", "end"),
    [
        ([], None),
        ([seen(OLD, 300, 0, 100)], None),
        ([seen(OLD, 300, 0), seen(MIXED, 300, 100)], None),
        # The old records may have been given out until ours were first seen, not only until they were last seen.
        ([seen(OLD, 300, 0, 50), seen(OURS, 60, 100)], 400),
        # Servers that disagreed gave the old ones out until all gave ours.
        ([seen(OLD, 300, 0), seen(MIXED, 300, 100), seen(OURS, 60, 500)], 800),
        # The customer shortened the TTL an hour before the switch: a day from then counts.
        ([seen(OLD, DAY, 0), seen(OLD, 300, 3600), seen(OURS, 60, 7200)], 3600 + DAY),
        # A TTL that nobody saw.
        ([seen(OURS, 60, 100)], 100 + UNSEEN_TTL),
        ([seen(OLD, 0, 0), seen(OURS, 60, 100)], 100 + UNSEEN_TTL),
        # Another TTL of ours is no switch.
        ([seen(OLD, 300, 0), seen(OURS, 60, 100), seen(OURS, 3600, 5000)], 400),
        # There and back again: nothing has run out.
        ([seen(OLD, 300, 0), seen(OURS, 60, 100), seen(OLD, 300, 200)], None),
        ([seen(OLD, 300, 0), seen(OURS, 60, 100), seen(OLD, 300, 200), seen(OURS, 60, 900)], 1200),
    ],
)
def test_end_of_the_old_records(history: list[MxSeen], end: float | None) -> None:
    assert old_records_end(history) == end


def test_ours_counts_from_the_first_server_that_names_us_and_starts_anew_after_a_way_back() -> None:
    history = [seen(OLD, 300, 0), seen(MIXED, 300, 100), seen(OURS, 60, 500)]
    assert ours_since(history) == 100
    assert ours_since(history[:1]) is None
    assert ours_since([*history, seen(OLD, 300, 600)]) is None
    assert ours_since([*history, seen(OLD, 300, 600), seen(OURS, 60, 700)]) == 700
