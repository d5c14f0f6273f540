# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What holds for any rows on any platform: aliases, forwards and members of lists."""

from __future__ import annotations

from ansible_collections.mailops.migration.plugins.module_utils.platform.plan_forwards import ForwardRow
from ansible_collections.mailops.migration.plugins.module_utils.platform.provision import (
    planned_aliases,
    planned_forwards,
    planned_members,
)
from ansible_collections.mailops.migration.plugins.module_utils.platform.routes import Route, RouteRules
from ansible_collections.mailops.migration.plugins.module_utils.platform.values import Alias, Create, Domain, Mailbox
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.platform.memory_driver import MemoryPlatform

OURS, THEIRS = "example.com", "other.example"
LOCAL = st.sampled_from(["a", "b", "c", "d", "B"])
ADDRESSES = st.builds("{}@{}".format, LOCAL, st.sampled_from([OURS, THEIRS, "elsewhere.example"]))
ROWS = st.lists(st.builds(Route, ADDRESSES, ADDRESSES), max_size=8)
MAILBOXES = st.frozensets(st.builds("{}@{}".format, st.sampled_from("ab"), st.sampled_from([OURS, THEIRS])))
ALIASES = st.dictionaries(
    st.builds("{}@{}".format, st.sampled_from("cd"), st.sampled_from([OURS, THEIRS])),
    st.lists(ADDRESSES, min_size=1, max_size=3, unique_by=str.lower).map(tuple),
)


@st.composite
def platforms(draw):
    driver = MemoryPlatform([Alias(*item) for item in draw(ALIASES).items()])
    driver.apply([Create(Domain(OURS)), Create(Domain(THEIRS)), *(Create(Mailbox(name)) for name in draw(MAILBOXES))])
    return driver


WORKS = {
    "aliases": planned_aliases,
    "forwards": lambda driver, rows, rules: planned_forwards(driver, [ForwardRow(row) for row in rows], rules),
    "lists": planned_members,
}


def worked(driver, work, rows, exclusive):
    """The state before and after, and the plan between them."""
    before = driver.read({OURS, THEIRS})
    plan = WORKS[work](driver, rows, RouteRules(frozenset({OURS}), exclusive))
    driver.apply(plan.steps)
    return before, plan, driver.read({OURS, THEIRS})


def pairs(state):
    return {(key, target.lower()) for key, alias in state.aliases.items() for target in alias.targets}


def on_loops(edges):
    """Every step from which one comes back to where it begins, without cleverness."""
    edges = {(source, target) for source, target in edges if source != target}
    return {(source, target) for source, target in edges if source in led_to(edges, target)}


def led_to(edges, start):
    found, ahead = {start}, [start]
    while ahead:
        node = ahead.pop()
        more = {target for source, target in edges if source == node} - found
        found |= more
        ahead += more
    return found


@given(platforms(), st.sampled_from(sorted(WORKS)), ROWS, st.booleans())
def test_again_is_no_change(driver, work, rows, exclusive):
    worked(driver, work, rows, exclusive)
    assert worked(driver, work, rows, exclusive)[1].steps == ()


@given(platforms(), st.sampled_from(sorted(WORKS)), ROWS, st.booleans())
def test_what_is_written_arrives_and_stays_in_our_domains(driver, work, rows, exclusive):
    before, _plan, after = worked(driver, work, rows, exclusive)
    written = pairs(after) - pairs(before)
    assert {source.rpartition("@")[2] for source, _target in written} <= {OURS}
    assert not written & on_loops(pairs(after))
    for _source, target in written:
        assert target.endswith("elsewhere.example") or target in after.aliases.keys() | after.mailboxes.keys()


@given(platforms(), st.sampled_from(sorted(WORKS)), ROWS)
def test_nothing_that_was_there_goes_away_unasked(driver, work, rows):
    before, _plan, after = worked(driver, work, rows, False)
    assert pairs(before) <= pairs(after)


@given(platforms(), st.sampled_from(sorted(WORKS)), ROWS, st.booleans())
def test_every_mailbox_and_list_is_led_somewhere(driver, work, rows, exclusive):
    _before, _plan, after = worked(driver, work, rows, exclusive)
    assert all(alias.targets for alias in after.aliases.values())
    assert after.mailboxes.keys() <= after.aliases.keys()


@given(platforms(), st.sampled_from(sorted(WORKS)), ROWS)
def test_every_row_is_worked_or_told(driver, work, rows):
    _before, plan, after = worked(driver, work, rows, False)
    told = {failure.item.lower() for failure in plan.failures}
    for row in rows:
        done = (row.address.lower(), row.target.lower()) in pairs(after)
        assert done or row.address.lower() in told or (work == "forwards" and row.address.lower() == row.target.lower())
