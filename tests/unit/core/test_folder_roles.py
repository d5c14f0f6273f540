# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import unicodedata

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.folder_roles import (
    NAMES,
    folder_roles,
    name_rank,
)
from ansible_collections.mailops.migration.plugins.module_utils.core.folders import Folder, Side


def side(*folders: tuple[str, str], delimiter: str = "/", prefix: str = "") -> Side:
    """Folders as (name, attributes separated by spaces)."""
    listed = (Folder(name, delimiter, frozenset(attributes.split())) for name, attributes in folders)
    return Side(tuple(listed), delimiter, prefix)


def role_of(name: str, attributes: str = "", delimiter: str = "/", prefix: str = "") -> str | None:
    roles = folder_roles(side((name, attributes), delimiter=delimiter, prefix=prefix))
    return next(iter(roles.values()), None)


@pytest.mark.parametrize("role", ["all", "archive", "drafts", "flagged", "important", "junk", "sent", "trash"])
def test_attribute_gives_the_role_whatever_the_name(role: str) -> None:
    assert role_of("Some/where", f"\\hasnochildren \\{role}") == role


@pytest.mark.parametrize(("role", "name"), [(role, name) for role, names in NAMES.items() for name in names])
def test_localised_name_gives_the_role_in_any_case_and_form(role: str, name: str) -> None:
    assert role_of(name) == role
    assert role_of(unicodedata.normalize("NFD", name.upper())) == role
    assert role_of("INBOX." + name, delimiter=".", prefix="INBOX.") == role


@pytest.mark.parametrize(
    "name", ["Spam reports", "Clients/Trash talk", "Clients/Trash", "Trashcan", "My Sent", "Inbox/Spam", "Papierkorb 2"]
)
def test_part_of_a_name_or_a_lower_level_gives_no_role(name: str) -> None:
    assert role_of(name) is None


@pytest.mark.parametrize("name", ["INBOX", "inbox", "Inbox"])
def test_inbox_has_its_role_in_any_case_with_and_without_prefix(name: str) -> None:
    assert role_of(name) == "inbox"
    assert role_of(name, "\\junk", delimiter=".", prefix="INBOX.") == "inbox"


def test_folder_named_inbox_below_the_prefix_is_ordinary() -> None:
    assert role_of("INBOX.Inbox", delimiter=".", prefix="INBOX.") is None


def test_attribute_makes_folders_of_that_name_ordinary() -> None:
    roles = folder_roles(side(("Bin", "\\trash"), ("Deleted Items", ""), ("Spam", "")))
    assert roles == {("Bin",): "trash", ("Spam",): "junk"}


def test_several_names_of_one_role_all_count_without_an_attribute() -> None:
    roles = folder_roles(side(("Sent", ""), ("Sent Items", "")))
    assert roles == {("Sent",): "sent", ("Sent Items",): "sent"}


def test_attribute_overrides_what_the_name_says() -> None:
    assert folder_roles(side(("Trash", "\\archive"))) == {("Trash",): "archive"}


@pytest.mark.parametrize("names", NAMES.values())
def test_names_of_a_role_rank_in_the_order_of_their_list_and_before_all_others(names: tuple[str, ...]) -> None:
    ranks = [name_rank((name.upper(),)) for name in names]
    assert ranks == sorted(ranks)
    assert ranks[-1] < name_rank(("Leads",)) == name_rank(())
