# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import replace

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError
from ansible_collections.mailops.migration.plugins.module_utils.core.folder_fallback import mark_of
from ansible_collections.mailops.migration.plugins.module_utils.core.folder_names import path_of
from ansible_collections.mailops.migration.plugins.module_utils.core.folder_plan import plan_folders
from ansible_collections.mailops.migration.plugins.module_utils.core.folders import (
    Folder,
    FolderPlan,
    FolderRules,
    Side,
)
from hypothesis import given
from hypothesis import strategies as st

RULES = FolderRules()


def side(*names: str, delimiter: str = "/", prefix: str = "") -> Side:
    """Folders from names; attributes follow after a ``|``, ``*`` before a name means subscribed."""
    return Side(tuple(folder(name, delimiter) for name in names), delimiter, prefix)


def folder(text: str, delimiter: str = "/") -> Folder:
    name, _unused, attributes = text.partition("|")
    return Folder(name.lstrip("*"), delimiter, frozenset(attributes.split()), name.startswith("*"))


EMPTY = side("INBOX")


def moves(plan: FolderPlan) -> dict[str, str]:
    return {pair.source: pair.destination for pair in plan.pairs}


def reasons(plan: FolderPlan) -> dict[str, str]:
    return {folder.source: folder.reason for folder in plan.excluded}


def test_names_take_the_delimiter_and_prefix_of_the_destination() -> None:
    source = side("INBOX", "INBOX.Clients.Acme", delimiter=".", prefix="INBOX.")
    assert moves(plan_folders(source, EMPTY, RULES)) == {"INBOX": "INBOX", "INBOX.Clients.Acme": "Clients/Acme"}
    destination = side("INBOX", delimiter=".", prefix="INBOX.")
    assert moves(plan_folders(side("Clients/Acme"), destination, RULES)) == {"Clients/Acme": "INBOX.Clients.Acme"}


def test_mapping_without_alterations_has_no_notes() -> None:
    source = side("INBOX", "INBOX.Clients.Acme", "INBOX.Sent", delimiter=".", prefix="INBOX.")
    assert plan_folders(source, side("INBOX", "Sent|\\sent"), RULES).notes == ()


def test_destination_delimiter_inside_a_name_is_replaced_and_reported() -> None:
    plan = plan_folders(side("Clients/Dr. Jones"), side("INBOX", delimiter="."), RULES)
    assert moves(plan) == {"Clients/Dr. Jones": "Clients.Dr_ Jones"}
    assert plan.notes == ('"Clients/Dr. Jones" goes to "Clients/Dr_ Jones": the destination does not take it as it is',)


def test_altered_parent_is_reported_once_for_all_its_children() -> None:
    plan = plan_folders(side("a.b", "a.b/x", "a.b/y"), side(delimiter="."), RULES)
    assert moves(plan) == {"a.b": "a_b", "a.b/x": "a_b.x", "a.b/y": "a_b.y"}
    assert len(plan.notes) == 1


@pytest.mark.parametrize("name", ["inbox", "Inbox", "INBOX"])
def test_inbox_is_the_inbox_in_any_case_and_never_created(name: str) -> None:
    (pair,) = plan_folders(side(name), side(), RULES).pairs
    assert (pair.destination, pair.role, pair.create) == ("INBOX", "inbox", False)


def test_dotless_i_is_no_inbox() -> None:
    plan = plan_folders(side("\u0131nbox", "INBOX"), EMPTY, RULES)
    assert moves(plan) == {"INBOX": "INBOX", "\u0131nbox": "\u0131nbox"}


SHARED = replace(
    side("INBOX", "Work", "shared", "shared/anna/INBOX", "shared/anna/Trash|\\trash"), foreign=("shared/",)
)


def test_shared_folders_stay_out_unless_include_names_their_namespace() -> None:
    plan = plan_folders(SHARED, EMPTY, FolderRules(include=("*",)))
    assert set(moves(plan)) == {"INBOX", "Work"}
    assert set(reasons(plan)) == {"shared", "shared/anna/INBOX", "shared/anna/Trash"}
    assert 'shared or of another user (namespace "shared/")' in reasons(plan)["shared/anna/INBOX"]
    named = plan_folders(SHARED, EMPTY, FolderRules(include=("*", "shared/anna/*")))
    assert moves(named)["shared/anna/INBOX"] == "shared/anna/INBOX"
    assert set(reasons(named)) == {"shared"}


@pytest.mark.parametrize("include", ["*hared/*", "[s]hared/*", "shar*", "*"])
def test_pattern_that_does_not_begin_with_the_namespace_does_not_reach_into_it(include: str) -> None:
    plan = plan_folders(SHARED, EMPTY, FolderRules(include=(include,)))
    assert not any(name.startswith("shared") for name in moves(plan))


def test_folders_outside_the_prefix_are_shared_where_the_server_says_so() -> None:
    source = replace(side("INBOX", "INBOX.Work", "Team.x", "user.bob", delimiter=".", prefix="INBOX."),
                     foreign=("user.", ""))  # fmt: skip
    assert set(moves(plan_folders(source, EMPTY, RULES))) == {"INBOX", "INBOX.Work"}


def test_folder_named_like_a_namespace_of_the_destination_gets_another_name() -> None:
    destination = replace(side("INBOX", "shared/bob/x"), foreign=("shared/", "Other Users/"))
    plan = plan_folders(side("shared/anna", "shared", "Other Users"), destination, RULES)
    assert moves(plan) == {"shared": "shared_", "shared/anna": "shared_/anna", "Other Users": "Other Users_"}
    assert '"shared" goes to "shared_": the destination does not take it as it is' in plan.notes


def test_trash_of_another_user_is_not_the_destination_s_trash() -> None:
    destination = replace(side("INBOX", "shared/bob/Bin|\\trash"), foreign=("shared/",))
    plan = plan_folders(side("Trash"), destination, FolderRules(include_trash=True))
    assert moves(plan) == {"Trash": "Trash"}


def test_folder_that_was_given_another_place_is_found_there_unless_it_was_thrown_away() -> None:
    source, mark = side("Dr. Jones"), mark_of(("Dr. Jones",))
    assert moves(plan_folders(source, side(f"Dr_ Jones{mark}"), RULES)) == {"Dr. Jones": f"Dr_ Jones{mark}"}
    assert moves(plan_folders(source, side(f"Doctors/Jones{mark}"), RULES)) == {"Dr. Jones": f"Doctors/Jones{mark}"}
    thrown = side("Trash|\\trash", f"Trash/Dr_ Jones{mark}")
    assert moves(plan_folders(source, thrown, RULES)) == {"Dr. Jones": "Dr. Jones"}


def test_name_that_was_cut_is_not_taken_for_another_folder() -> None:
    first = plan_folders(side("Clients/" + "x" * 400), EMPTY, RULES)
    destination = side(*moves(first).values())
    assert "Clients" not in moves(plan_folders(side("x" * 400), destination, RULES))["x" * 400]


def test_what_the_listing_could_not_show_as_it_is_stands_in_the_notes() -> None:
    assert plan_folders(replace(EMPTY, notes=("two are alike",)), EMPTY, RULES).notes == ("two are alike",)


def test_inbox_listed_twice_is_migrated_once() -> None:
    assert len(plan_folders(side("INBOX", "Inbox"), EMPTY, RULES).pairs) == 1


def test_child_of_inbox_stays_one_where_the_destination_allows_it() -> None:
    assert moves(plan_folders(side("Inbox/Work"), EMPTY, RULES)) == {"Inbox/Work": "INBOX/Work"}


@pytest.mark.parametrize(
    ("destination", "name"),
    [(side("INBOX", delimiter=".", prefix="INBOX."), "INBOX.Work"), (side("INBOX|\\noinferiors"), "Work")],
)
def test_child_of_inbox_moves_up_where_inbox_holds_none(destination: Side, name: str) -> None:
    plan = plan_folders(side("INBOX", "INBOX/Work"), destination, RULES)
    assert moves(plan)["INBOX/Work"] == name
    assert plan.notes == ('"INBOX/Work" goes to "Work": the destination keeps no folders below INBOX',)


def test_folder_named_inbox_below_a_prefix_keeps_its_name_under_the_same_prefix() -> None:
    source = side("INBOX", "INBOX.Inbox.Status", delimiter=".", prefix="INBOX.")
    plan = plan_folders(source, side("INBOX", delimiter=".", prefix="INBOX."), RULES)
    assert moves(plan)["INBOX.Inbox.Status"] == "INBOX.Inbox.Status"


def test_folder_named_inbox_below_a_prefix_becomes_a_child_of_inbox_elsewhere() -> None:
    source = side("INBOX", "INBOX.Inbox.Status", "INBOX.Status", delimiter=".", prefix="INBOX.")
    assert moves(plan_folders(source, EMPTY, RULES)) == {
        "INBOX": "INBOX",
        "INBOX.Inbox.Status": "INBOX/Status",
        "INBOX.Status": "Status",
    }


def test_levels_without_messages_are_no_folders_of_their_own() -> None:
    plan = plan_folders(
        side("Clients|\\noselect", "Clients/Acme", "Gone|\\nonexistent", "Nothing|\\noselect"), EMPTY, RULES
    )
    assert moves(plan) == {"Clients/Acme": "Clients/Acme"}
    assert plan.excluded == ()


def test_destination_level_without_messages_is_created_as_a_folder() -> None:
    (pair,) = plan_folders(side("Clients"), side("Clients|\\noselect", "Clients/x"), RULES).pairs
    assert pair.create


def test_parents_come_before_children_and_inbox_first() -> None:
    plan = plan_folders(side("b/c", "b", "Z", "a", "inbox", "A b", "inbox/x"), EMPTY, RULES)
    assert [pair.source for pair in plan.pairs] == ["inbox", "A b", "inbox/x", "Z", "a", "b", "b/c"]


def test_edge_spaces_merge_with_the_plain_name_and_are_reported() -> None:
    plan = plan_folders(side("Work", " Work "), EMPTY, RULES)
    assert moves(plan) == {"Work": "Work", " Work ": "Work"}
    assert '" Work " and "Work" are merged into "Work"' in plan.notes


def test_names_that_differ_in_case_stay_apart() -> None:
    assert moves(plan_folders(side("Work", "work"), EMPTY, RULES)) == {"Work": "Work", "work": "work"}


def test_composed_and_decomposed_names_merge_and_are_reported() -> None:
    composed, decomposed = "Entwürfe 2", unicodedata.normalize("NFD", "Entwürfe 2")
    plan = plan_folders(side(composed, decomposed), EMPTY, RULES)
    assert moves(plan) == {composed: composed, decomposed: composed}
    assert len(plan.notes) == 1


def test_existing_spelling_of_the_destination_is_used() -> None:
    decomposed = unicodedata.normalize("NFD", "Müller")
    plan = plan_folders(side("Müller", "Müller/Äpfel"), side(decomposed), RULES)
    assert [(pair.destination, pair.create) for pair in plan.pairs] == [
        (decomposed, False),
        (f"{decomposed}/Äpfel", True),
    ]


def test_existing_folder_with_an_odd_name_is_used_as_it_is() -> None:
    (pair,) = plan_folders(side(" Work "), side(" Work "), RULES).pairs
    assert (pair.destination, pair.create) == (" Work ", False)


@pytest.mark.parametrize(
    "name", ["Entwürfe & Co", 'He said "yes"', "50% *", "back\\slash", "😀 fun", "Ärger.", "$HOME", "{{ x }}"]
)
def test_unusual_characters_stay_as_they_are(name: str) -> None:
    assert moves(plan_folders(side(name), EMPTY, RULES)) == {name: name}


def test_role_leads_to_the_destination_folder_with_the_attribute() -> None:
    source = side("Gesendete Elemente", "Gesendete Elemente/2019", "Papierkorb|\\drafts")
    destination = side("INBOX", "Sent", "Outbox|\\sent", "Drafts|\\drafts")
    plan = plan_folders(source, destination, RULES)
    assert moves(plan) == {
        "Gesendete Elemente": "Outbox",
        "Gesendete Elemente/2019": "Outbox/2019",
        "Papierkorb": "Drafts",
    }
    assert '"Gesendete Elemente" goes to "Outbox": it is the destination\'s folder for sent mail' in plan.notes


def test_role_leads_to_the_destination_folder_of_that_name_without_attributes() -> None:
    plan = plan_folders(side("Gesendete Elemente"), side("INBOX", "Sent Items", "Sent"), RULES)
    assert moves(plan) == {"Gesendete Elemente": "Sent"}


def test_place_of_a_role_stays_when_an_ordinary_folder_brings_a_better_name_for_it() -> None:
    source, destination = side("Gesendet|\\sent", "Sent"), side("INBOX", "Sent Items")
    first = plan_folders(source, destination, RULES)
    assert moves(first) == {"Gesendet": "Sent Items", "Sent": "Sent"}
    assert moves(plan_folders(source, apply(first, destination), RULES)) == moves(first)


def test_folder_that_stays_out_leaves_no_note() -> None:
    plan = plan_folders(side("Gesendet|\\sent", " odd "), EMPTY, FolderRules(exclude=(" odd ",)))
    assert plan.notes == ()


def test_role_keeps_its_own_name_where_the_destination_has_no_such_folder() -> None:
    plan = plan_folders(side("Gesendete Elemente"), EMPTY, RULES)
    assert moves(plan) == {"Gesendete Elemente": "Gesendete Elemente"}
    assert plan.pairs[0].role == "sent"


def test_two_folders_of_one_role_merge_and_are_reported() -> None:
    plan = plan_folders(side("Sent", "Sent Items"), side("INBOX", "Sent|\\sent"), RULES)
    assert moves(plan) == {"Sent": "Sent", "Sent Items": "Sent"}
    assert '"Sent" and "Sent Items" are merged into "Sent"' in plan.notes


def test_trash_and_junk_and_what_is_below_them_stay_out_with_a_reason() -> None:
    plan = plan_folders(side("Papierkorb", "Papierkorb/alt", "Müll|\\junk", "Müll/x"), EMPTY, RULES)
    assert plan.pairs == ()
    assert reasons(plan) == {
        "Papierkorb": "Trash is migrated only with include_trash",
        "Papierkorb/alt": 'below "Papierkorb": Trash is migrated only with include_trash',
        "Müll": "Junk is migrated only with include_junk",
        "Müll/x": 'below "Müll": Junk is migrated only with include_junk',
    }


def test_trash_and_junk_are_migrated_when_told() -> None:
    source = side("Papierkorb", "Papierkorb/alt", "Spam")
    destination = side("Trash|\\trash", "Junk|\\junk")
    both = FolderRules(include_trash=True, include_junk=True)
    assert moves(plan_folders(source, destination, both)) == {
        "Papierkorb": "Trash",
        "Papierkorb/alt": "Trash/alt",
        "Spam": "Junk",
    }
    assert set(reasons(plan_folders(source, destination, FolderRules(include_trash=True)))) == {"Spam"}


def test_folders_that_only_sound_like_trash_are_migrated() -> None:
    names = ("Spam reports", "Clients/Trash talk", "Trash 2019", "Clients/Spam")
    assert set(moves(plan_folders(side(*names), EMPTY, RULES))) == set(names)


EXCHANGE = side(
    "INBOX", "Kalender", "Kontakte", "Notizen", "Notes", "Synchronisierungsprobleme/Konflikte", "Kunden/Kalender"
)


def test_folders_that_hold_no_mail_stay_out_at_exchange_in_the_language_of_the_mailbox() -> None:
    plan = plan_folders(EXCHANGE, EMPTY, FolderRules(exchange=True))
    assert set(moves(plan)) == {"INBOX", "Notes", "Kunden/Kalender"}
    assert reasons(plan)["Kalender"].startswith("Exchange keeps no mail in it")
    named = FolderRules(exchange=True, include=("*", "Notizen"))
    assert "Notizen" in moves(plan_folders(EXCHANGE, EMPTY, named))


def test_folders_of_such_names_are_migrated_from_other_servers() -> None:
    assert len(moves(plan_folders(EXCHANGE, EMPTY, RULES))) == len(EXCHANGE.folders)


def test_views_stay_out() -> None:
    plan = plan_folders(side("All|\\all", "Starred|\\flagged", "Top|\\important"), EMPTY, RULES)
    assert plan.pairs == ()
    assert reasons(plan)["Starred"] == "a view of messages that other folders hold (\\Flagged)"


def test_ordinary_folder_that_lands_in_the_destination_trash_is_reported() -> None:
    plan = plan_folders(side("Bin|\\trash", "Trash"), side("Trash|\\trash"), RULES)
    assert moves(plan) == {"Trash": "Trash"}
    assert "may empty by itself" in plan.notes[0]


def test_include_and_exclude_patterns_choose_folders() -> None:
    source = side("INBOX", "Clients", "Clients/Acme", "Clients/Old", "Private")
    plan = plan_folders(source, EMPTY, FolderRules(include=("inbox", "Clients*"), exclude=("*/Old",)))
    assert set(moves(plan)) == {"INBOX", "Clients", "Clients/Acme"}
    assert reasons(plan) == {
        "Clients/Old": 'excluded by the pattern "*/Old"',
        "Private": "matches no pattern of folders.include",
    }


def test_escaped_slash_in_a_pattern_is_part_of_a_name() -> None:
    source = side("a/b", "a.b", delimiter=".")
    assert set(reasons(plan_folders(source, EMPTY, FolderRules(exclude=("a\\/b",))))) == {"a/b"}


def test_renamed_folder_takes_its_children_along_without_a_note() -> None:
    plan = plan_folders(side("Clients", "Clients/Acme"), EMPTY, FolderRules(rename=(("Clients", "Kunden/Alle"),)))
    assert moves(plan) == {"Clients": "Kunden/Alle", "Clients/Acme": "Kunden/Alle/Acme"}
    assert plan.notes == ()


def test_rename_wins_over_the_role() -> None:
    plan = plan_folders(side("Sent Items"), side("Sent|\\sent"), FolderRules(rename=(("Sent Items", "Old sent"),)))
    assert moves(plan) == {"Sent Items": "Old sent"}


def test_rename_by_pattern_merges_and_is_reported() -> None:
    plan = plan_folders(side("News/a", "News/b"), EMPTY, FolderRules(rename=(("News/*", "News"),)))
    assert set(moves(plan).values()) == {"News"}
    assert plan.notes == ('"News/a" and "News/b" are merged into "News"',)


def test_rename_to_what_the_destination_cannot_hold_is_reported() -> None:
    plan = plan_folders(side("x"), side(delimiter="."), FolderRules(rename=(("x", "Dr. X"),)))
    assert moves(plan) == {"x": "Dr_ X"}
    assert len(plan.notes) == 1


def test_rename_to_nothing_is_an_error_that_names_the_folder() -> None:
    with pytest.raises(ConfigurationError, match='new name of folder "x" is empty'):
        plan_folders(side("x"), EMPTY, FolderRules(rename=(("x", "/"),)))


def test_subscription_is_carried_over_once() -> None:
    plan = plan_folders(side("*a", "*b", "c"), side("*a", "b"), RULES)
    assert {pair.source: pair.subscribe for pair in plan.pairs} == {"a": False, "b": True, "c": False}


def test_empty_folder_names_of_a_level_get_a_name() -> None:
    assert moves(plan_folders(side("a//b"), EMPTY, RULES)) == {"a//b": "a/_/b"}


def test_server_without_hierarchy_gets_one_level() -> None:
    plan = plan_folders(side("INBOX", "a/b", "INBOX/x"), side("INBOX", delimiter=""), RULES)
    assert moves(plan) == {"INBOX": "INBOX", "a/b": "a_b", "INBOX/x": "INBOX_x"}


LEVEL = st.one_of(
    st.sampled_from([
        "Inbox", "INBOX", "Sent", "sent", "Gesendete Elemente", "Trash", "Papierkorb", "Spam", "Archive", "Drafts",
        "Work", "work", " Work", "Dr. Jones", "a/b", "a_b", "a.b", "Mu\u0308ller", "M\u00fcller", "~", "..", "",
        "INBOX.x", "2019", "shared", "\U0001f600", "Ж" * 200,
    ]),
    st.text(st.characters(codec="utf-8"), max_size=6),
)  # fmt: skip
ATTRIBUTES = st.sampled_from(
    ["", "", "", "\\noselect", "\\sent", "\\trash", "\\junk", "\\archive", "\\all", "\\noinferiors"]
)
BOTH = FolderRules(include_trash=True, include_junk=True)
ANY_RULES = st.sampled_from([
    RULES, BOTH, FolderRules(exclude=("W*",), exchange=True), FolderRules(include=("*", "shared/*")),
    FolderRules(rename=(("Work", "Sent"), ("a*", "x/y"))),
])  # fmt: skip


@st.composite
def sides(draw: st.DrawFn) -> Side:
    """A server with any folders that its delimiter and prefix allow."""
    delimiter, prefix = draw(
        st.sampled_from([("/", ""), (".", ""), (".", "INBOX."), ("\\", ""), ("/", "mail/"), ("", "")])
    )
    paths = draw(st.lists(st.lists(LEVEL, min_size=1, max_size=3 if delimiter else 1), max_size=8))
    names = {"INBOX": ""}
    for path in paths:
        levels = [level.replace(delimiter, "") if delimiter else level for level in path]
        if name := delimiter.join(levels).rstrip(delimiter):
            names.setdefault(prefix + name, draw(ATTRIBUTES))
    folders = (Folder(name, delimiter, frozenset(text.split()), draw(st.booleans())) for name, text in names.items())
    foreign = st.sampled_from([(), (f"Work{delimiter}",), (f"{prefix}shared{delimiter}", "")] if delimiter else [()])
    return Side(tuple(folders), delimiter, prefix, draw(foreign))


def apply(plan: FolderPlan, destination: Side) -> Side:
    """The destination as a server would list it after the plan: new folders, the levels above them, subscriptions."""
    folders = {folder.name: folder for folder in destination.folders}
    for pair in plan.pairs:
        known = folders.get(pair.destination, Folder(pair.destination, destination.delimiter))
        attributes = known.attributes - {"\\noselect"} if pair.create else known.attributes
        subscribed = known.subscribed or pair.subscribe
        folders[pair.destination] = replace(known, attributes=attributes, subscribed=subscribed)
        for parent in parents(pair.destination, destination):
            folders.setdefault(parent, Folder(parent, destination.delimiter, frozenset({"\\noselect"})))
    return replace(destination, folders=tuple(folders.values()))


def parents(name: str, side: Side) -> Iterable[str]:
    start = len(side.prefix) if side.prefix and name.startswith(side.prefix) else 0
    levels = name[start:].split(side.delimiter) if side.delimiter else [name]
    return (name[:start] + side.delimiter.join(levels[:end]) for end in range(1, len(levels)))


@given(sides(), sides(), ANY_RULES)
def test_plan_after_applying_it_creates_nothing_and_is_the_same_map(
    source: Side, destination: Side, rules: FolderRules
) -> None:
    first = plan_folders(source, destination, rules)
    second = plan_folders(source, apply(first, destination), rules)
    assert moves(second) == moves(first)
    assert not any(pair.create or pair.subscribe for pair in second.pairs)
    assert second.excluded == first.excluded


@given(sides(), sides(), ANY_RULES)
def test_every_folder_with_messages_is_either_migrated_or_excluded(
    source: Side, destination: Side, rules: FolderRules
) -> None:
    plan = plan_folders(source, destination, rules)
    planned = [pair.source for pair in plan.pairs] + [left_out.source for left_out in plan.excluded]
    messages = {path_of(item.name, source): item.name for item in source.folders if "\\noselect" not in item.attributes}
    assert len(planned) == len(set(planned))
    assert {path_of(name, source) for name in planned} == set(messages)


@given(sides(), sides(), ANY_RULES)
def test_folders_share_a_destination_only_where_the_report_says_so(
    source: Side, destination: Side, rules: FolderRules
) -> None:
    plan = plan_folders(source, destination, rules)
    merged = "\n".join(note for note in plan.notes if "merged into" in note)
    targets = [pair.destination for pair in plan.pairs]
    for pair in plan.pairs:
        if targets.count(pair.destination) > 1:
            assert f'"{pair.source}"' in merged


@given(sides(), sides(), ANY_RULES)
def test_no_level_of_a_name_turns_into_two(source: Side, destination: Side, rules: FolderRules) -> None:
    plan = plan_folders(source, replace(destination, folders=()), replace(rules, rename=()))
    for pair in plan.pairs:
        assert len(path_of(pair.destination, destination)) <= len(path_of(pair.source, source))


@given(sides(), sides(), ANY_RULES)
def test_new_parents_come_before_new_children(source: Side, destination: Side, rules: FolderRules) -> None:
    plan = plan_folders(source, destination, rules)
    order = [path_of(pair.destination, destination) for pair in plan.pairs]
    for place, path in enumerate(order):
        assert path[:-1] not in order[place:]


@given(sides(), sides(), ANY_RULES)
def test_order_of_the_listing_does_not_matter(source: Side, destination: Side, rules: FolderRules) -> None:
    backwards = replace(source, folders=source.folders[::-1]), replace(destination, folders=destination.folders[::-1])
    assert plan_folders(*backwards, rules) == plan_folders(source, destination, rules)


def test_all_mail_of_labels_is_the_archive_and_the_level_above_it_is_dropped() -> None:
    folders = {"INBOX": "", "[Gmail]": "\\noselect", "[Gmail]/Alle": "\\all", "[Gmail]/Gesendet": "\\sent", "Sent": "",
               "[Gmail]/Chats": "", "Papierkorb": ""}  # fmt: skip
    source = Side(tuple(Folder(n, "/", frozenset({a} - {""})) for n, a in folders.items()), "/", has_labels=True)

    plan = plan_folders(source, Side((), "."), FolderRules())

    assert {pair.source: pair.destination for pair in plan.pairs} == {
        "INBOX": "INBOX",
        "[Gmail]/Alle": "Archive",
        "[Gmail]/Gesendet": "Sent",
        "Sent": "Sent",
        "[Gmail]/Chats": "Chats",
        "Papierkorb": "Papierkorb",
    }
    assert any("are merged into" in note for note in plan.notes)


def test_labels_without_all_mail_are_reported() -> None:
    plan = plan_folders(Side((Folder("INBOX", "/"),), "/", has_labels=True), Side((), "."), FolderRules())

    assert any('"Show in IMAP"' in note for note in plan.notes)
