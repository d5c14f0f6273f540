# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From which label folder a message is copied."""

from __future__ import annotations

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.folder_plan import plan_folders
from ansible_collections.mailops.migration.plugins.module_utils.core.folders import Folder, FolderRules, Side
from ansible_collections.mailops.migration.plugins.module_utils.core.labels import POLICIES, Labels
from ansible_collections.mailops.migration.plugins.module_utils.core.message_list import MessageList
from ansible_collections.mailops.migration.plugins.module_utils.core.messages import Listed
from hypothesis import given
from hypothesis import strategies as st

ALL = "[G]/Alles"
FOLDERS = {
    "INBOX": "", "[G]": "\\noselect", ALL: "\\all", "[G]/Gesendet": "\\sent", "[G]/Entwürfe": "\\drafts",
    "[G]/Papierkorb": "\\trash", "[G]/Markiert": "\\flagged", "[G]/Wichtig": "\\important", "Work": "",
    "Clients/Acme": "", "Drafts": "", "Trash": "",
}  # fmt: skip
SHOWN = {"INBOX": "\\Inbox", "[G]/Gesendet": "\\Sent", "[G]/Entwürfe": "\\Draft", "Work": "Work",
         "Clients/Acme": "Clients/Acme", "Drafts": "Drafts", "Trash": "Trash"}  # fmt: skip


def labels_of(policy: str = "folders", *, without: str = "", **rules: tuple[str, ...]) -> Labels:
    folders = tuple(Folder(n, "/", frozenset({a} - {""})) for n, a in FOLDERS.items() if n != without)
    side = Side(folders, "/", has_labels=True)
    plan = plan_folders(side, Side((), "/"), FolderRules(gmail_labels=policy, **rules))
    return Labels(side, plan, policy)


def listed(*labels: str, msgid: int = 1) -> Listed:
    return Listed(1, frozenset(), b"", 100, msgid, frozenset(labels))


def places(labels: Labels, *names: str) -> list[str]:
    """The folders from which a message with these labels is copied, asked of each folder where it lies."""
    here = [folder for folder, label in SHOWN.items() if label in names]
    shown = {folder: listed(*(set(names) - {SHOWN[folder]})) for folder in here} | {ALL: listed(*names)}
    return [folder for folder, message in shown.items() if labels.copied_from(folder, MessageList.of([message]))]


@pytest.mark.parametrize(("names", "found"), [
    ((), [ALL]),
    (("\\Important", "\\Starred"), [ALL]),
    (("\\Inbox", "Work", "\\Starred"), ["INBOX", "Work"]),
    (("\\Sent",), ["[G]/Gesendet"]),
    (("\\Muted", "not shown"), [ALL]),
    (("Trash",), ["Trash"]),
])
def test_copies_come_from_each_label_and_from_all_mail_what_has_none(names: tuple[str, ...], found: list[str]) -> None:
    assert places(labels_of(), *names) == found


def test_label_folders_are_those_that_are_migrated_in_the_order_in_which_they_count() -> None:
    folders = ["INBOX", "[G]/Gesendet", "[G]/Entwürfe", "Clients/Acme", "Drafts", "Trash", "Work"]
    assert labels_of().folders == folders
    assert labels_of(exclude=("Work",)).folders == folders[:-1]


def test_one_copy_comes_from_the_folder_that_counts_first() -> None:
    labels = labels_of("one_copy")

    assert places(labels, "Work", "\\Inbox", "\\Sent") == ["INBOX"]
    assert places(labels, "Work", "\\Sent") == ["[G]/Gesendet"]
    assert places(labels, "Work", "Clients/Acme") == ["Clients/Acme"]
    assert places(labels) == [ALL]


def test_one_copy_comes_from_a_folder_that_is_migrated() -> None:
    labels = labels_of("one_copy", exclude=("INBOX",))

    assert places(labels, "Work", "\\Inbox") == ["Work"]
    assert places(labels, "\\Inbox") == []


def test_labels_of_one_place_bring_one_copy() -> None:
    assert places(labels_of(), "\\Draft", "Drafts") == ["[G]/Entwürfe"]


def test_label_that_its_folder_does_not_show_counts_no_more() -> None:
    labels = labels_of()
    labels.hide("Work", [1])

    assert labels.copied_from(ALL, MessageList.of([listed("Work")]))
    assert not labels.copied_from(ALL, MessageList.of([listed("Work", msgid=2)]))


def test_label_in_modified_utf7_is_that_of_the_folder() -> None:
    folders = (Folder("Müller", "/"), Folder("All", "/", frozenset({"\\all"})))
    side = Side(folders, "/", has_labels=True)
    labels = Labels(side, plan_folders(side, Side((), "/"), FolderRules()), "folders")

    assert labels.homes(listed("M&APw-ller")) == ["Müller"]


def test_folders_that_are_no_labels_are_copied_whole() -> None:
    side = Side((Folder("INBOX", "/"), Folder("All", "/", frozenset({"\\all"}))), "/")
    labels = Labels(side, plan_folders(side, Side((), "/"), FolderRules()), "folders")

    assert not labels.active
    assert labels.copied_from("INBOX", MessageList.of([listed("Work")])) == [listed("Work")]


@given(names=st.sets(st.sampled_from([*SHOWN.values(), "\\Starred", "unseen"])), policy=st.sampled_from(POLICIES),
       without=st.sampled_from(["", "[G]/Gesendet", "Work"]))
def test_every_message_of_all_mail_is_copied_from_somewhere(names: set[str], policy: str, without: str) -> None:
    labels = labels_of(policy, without=without)
    names -= {SHOWN[without]} if without else set()
    found = places(labels, *names)

    assert found
    assert len(found) == 1 or policy == "folders"
    assert labels.spread([listed(*names)]).messages == len(found)
