# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from ansible_collections.mailops.migration.plugins.module_utils.platform.loops import loops
from hypothesis import given
from hypothesis import strategies as st

NODES = "abcdefgh"
GRAPHS = st.dictionaries(st.sampled_from(NODES), st.frozensets(st.sampled_from(NODES)))


def reached(graph, start):
    """Everything to which ``start`` leads in at least one step."""
    found, ahead = set(), list(graph.get(start, ()))
    while ahead:
        node = ahead.pop()
        if node not in found:
            found.add(node)
            ahead.extend(graph.get(node, ()))
    return found


@given(GRAPHS, st.sampled_from(NODES))
def test_addresses_share_a_number_exactly_if_each_leads_to_the_other(graph, start):
    places = loops([start], lambda node: graph.get(node, ()))
    seen = {start} | reached(graph, start)
    for one in seen:
        for other in seen - {one}:
            mutual = other in reached(graph, one) and one in reached(graph, other)
            assert (one in places and places[one] == places.get(other)) == mutual


def test_loop_of_any_length_is_found_without_recursion():
    length = 20_000
    places = loops(["0"], lambda node: [str((int(node) + 1) % length)])
    assert len(places) == length


def test_long_way_without_loop_has_none():
    assert loops(["0"], lambda node: [str(int(node) + 1)] if int(node) < 20_000 else []) == {}
