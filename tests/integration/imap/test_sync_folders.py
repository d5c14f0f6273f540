# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Folders of every name and shape arrive with all their messages, whatever separator and prefix the servers have."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.audit.audit import audit_mailbox
from ansible_collections.mailops.migration.plugins.module_utils.support.imap_arguments import sync_request

from tests.support import mail_maker
from tests.support.dovecot import DovecotServer
from tests.support.dovecot_config import DovecotShape
from tests.support.folder_names import awkward_paths
from tests.support.mail_maker import HARD_NAMES, NFD_CAFE, TREE, FolderSpec, MailboxSpec, make_folder
from tests.support.sync_runner import Contents, Migration, Result, counts, filled, validated

SHAPES = {
    "slash": DovecotShape(fsync="never"),
    "dot": DovecotShape(separator=".", layout="maildir++", fsync="never", create_special=True),
    "prefix": DovecotShape(separator=".", prefix="INBOX.", layout="maildir++", fsync="never"),
    "mdbox": DovecotShape(mail_format="mdbox", fsync="never", create_special=True),
    "strict": DovecotShape(layout="maildir++", fsync="never"),
    "german": DovecotShape(fsync="never", create_special=True, special_folders=(
        ("Versendet", "\\Sent"), ("Weggeworfen", "\\Trash"), ("Werbung", "\\Junk"))),
}
PAIRS = [("slash", "dot"), ("slash", "prefix"), ("prefix", "dot"), ("prefix", "mdbox"), ("dot", "prefix"),
         ("mdbox", "slash")]
AWKWARD = tuple(path for path in TREE + HARD_NAMES if not any("." in level for level in path))


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, DovecotServer]]:
    """One server of each shape."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(DovecotServer(shape)) for name, shape in SHAPES.items()}


def between(servers: dict[str, DovecotServer], pair: tuple[str, str], user: str, state_dir: Path) -> Migration:
    return Migration(servers[pair[0]], servers[pair[1]], user, state_dir)


def mapped(migration: Migration, result: Result) -> Contents:
    """What the destination's folders must hold by the map that the result shows."""
    source = migration.at_source()
    found: Contents = {}
    for folder in result["folders"]:
        found[folder["destination"]] = found.get(folder["destination"], Counter()) + source[folder["source"]]
    return filled(found)


def merged(result: Result) -> set[frozenset[str]]:
    """The source folders that share a destination folder."""
    sources: dict[str, set[str]] = {}
    for folder in result["folders"]:
        sources.setdefault(folder["destination"], set()).add(folder["source"])
    return {frozenset(names) for names in sources.values() if len(names) > 1}


@pytest.mark.parametrize("pair", PAIRS, ids="-to-".join)
def test_whole_tree_arrives_and_again_is_no_change(
    servers: dict[str, DovecotServer], mailbox_name: str, state_dir: Path, pair: tuple[str, str]
) -> None:
    migration = between(servers, pair, mailbox_name, state_dir)
    names = TREE + HARD_NAMES if servers[pair[0]].shape.separator == "/" else AWKWARD
    spec = mail_maker.variety(tree=names)
    migration.fill(spec)

    result, again = migration.run(), migration.run()

    kept = [folder for folder in spec.folders if folder.path not in (("Trash",), ("Junk",))]
    assert result["counts"]["copied"] == sum(len(folder.messages) for folder in kept)
    assert filled(migration.at_destination()) == mapped(migration, result)
    assert merged(result) <= {frozenset({" edge", "edge "}), frozenset({"INBOX. edge", "INBOX.edge "})}
    assert not again["changed"]


def test_name_that_holds_the_destination_s_separator_makes_no_level(
    servers: dict[str, DovecotServer], mailbox_name: str, state_dir: Path
) -> None:
    migration = between(servers, ("slash", "dot"), mailbox_name, state_dir)
    migration.fill(MailboxSpec((make_folder(("INBOX",), 1, "dr"), make_folder(("Dr. Jones",), 2, "dr"),
                                make_folder(("Dr. Jones", "2.5"), 1, "dr"))))

    result = migration.run()

    names = {folder["source"]: folder["destination"] for folder in result["folders"]}
    assert names["Dr. Jones"].count(".") == 0
    assert names["Dr. Jones/2.5"].startswith(names["Dr. Jones"] + ".")
    assert names["Dr. Jones/2.5"].count(".") == 1
    assert sum("Dr. Jones" in warning for warning in result["warnings"]) >= 1


REFUSED = {
    "strict": ("Dr. Jones", "Dr. Jones/2.5", ".hidden", "/".join(("Ж" * 35, "Щ" * 35, "Ю" * 35))),
    "slash": ("cur", "tmp/new", "Clients/cur"),
    "mdbox": ("dbox-Mails", "Clients/dbox-Mails"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_names_that_the_destination_refuses_arrive_under_others_and_stay_there(
    servers: dict[str, DovecotServer], mailbox_name: str, state_dir: Path, kind: str
) -> None:
    migration = between(servers, ("dot" if kind != "strict" else "slash", kind), mailbox_name, state_dir)
    paths = [tuple(name.split("/")) for name in REFUSED[kind]]
    migration.fill(MailboxSpec((FolderSpec(("INBOX",)), *(make_folder(path, 2, "refused") for path in paths))))

    result, again = migration.run(), migration.run()

    names = {migration.source.shape.separator.join(path) for path in paths}
    moved = {folder["source"]: folder["destination"] for folder in result["folders"] if folder["notes"]}
    assert counts(result) == {"copied": 2 * len(paths)}
    assert filled(migration.at_destination()) == mapped(migration, result)
    assert moved.keys() == names
    assert {folder["source"]: folder["destination"] for folder in again["folders"] if folder["notes"]} == moved
    assert (again["changed"], again["warnings"], len(result["warnings"])) == (False, [], len(names))
    assert audit_mailbox(sync_request(validated(migration.arguments()), check=False)).passed


def test_names_that_collide_after_mapping_lose_nothing(
    servers: dict[str, DovecotServer], mailbox_name: str, state_dir: Path
) -> None:
    migration = between(servers, ("slash", "dot"), mailbox_name, state_dir)
    paths = ("a.b", "a-b", "a_b", "a b", NFD_CAFE, unicodedata.normalize("NFC", NFD_CAFE))
    migration.fill(MailboxSpec((FolderSpec(("INBOX",)), *(make_folder((path,), 2, path) for path in paths))))

    result, again = migration.run(), migration.run()

    assert counts(result) == {"copied": 12}
    assert filled(migration.at_destination()) == mapped(migration, result)
    assert len(result["warnings"]) >= 2
    assert not again["changed"]


def test_roles_lead_to_the_destination_s_own_special_folders(
    servers: dict[str, DovecotServer], mailbox_name: str, state_dir: Path
) -> None:
    migration = between(servers, ("german", "dot"), mailbox_name, state_dir)
    migration.fill(MailboxSpec(tuple(make_folder((name,), 1, name) for name in (
        "INBOX", "Versendet", "Weggeworfen", "Werbung", "Entwürfe", "Spam reports", "Trash"))))

    result = migration.run()

    names = {folder["source"]: folder["destination"] for folder in result["folders"]}
    assert names["Versendet"] == "Sent"
    assert names["Entwürfe"] == "Drafts"
    assert names["Spam reports"] == "Spam reports"
    assert {folder["source"] for folder in result["excluded"]} >= {"Weggeworfen", "Werbung"}
    assert filled(migration.at_destination()) == mapped(migration, result)


def test_folders_that_only_sound_like_trash_are_migrated(migration: Migration) -> None:
    paths = (("INBOX",), ("Spam reports",), ("Clients", "Trash talk"), ("Clients", "Junk"), ("Trashy",))
    spec = MailboxSpec(tuple(make_folder(path, 1, "sounds") for path in paths))
    migration.fill(spec)

    result = migration.run()

    assert result["excluded"] == []
    assert migration.at_destination() == migration.expected(spec)


def test_include_exclude_and_rename_choose_and_name_folders(migration: Migration) -> None:
    paths = (("INBOX",), ("Work",), ("Work", "2020"), ("Work", "Private"), ("Other",))
    migration.fill(MailboxSpec(tuple(make_folder(path, 1, "rules") for path in paths)))

    rules = {"include": ["Work", "Work/*"], "exclude": ["Work/Priv*"], "rename": {"Work": "Büro"}}
    result = migration.run(folders=rules)

    assert {name for name, found in migration.at_destination().items() if found} == {"Büro", "Büro.2020"}
    assert {folder["source"] for folder in result["excluded"]} == {"INBOX", "Work/Private", "Other"}


def test_parent_that_holds_no_messages_brings_its_children(migration: Migration) -> None:
    migration.source.create_folders(migration.user, ["Gone/Child"])
    migration.source.save(migration.user, "Gone/Child", b"Subject: child\r\n\r\nchild\r\n")
    rows = migration.source.doveadm("mailbox", "list", "-u", migration.user).split()
    assert "Gone/Child" in rows

    result = migration.run()

    assert counts(result) == {"copied": 1}
    assert migration.at_destination()["Gone.Child"].total() == 1


@pytest.mark.parametrize("pair, count", [(("slash", "dot"), 500), (("prefix", "mdbox"), 190)], ids=str)
def test_five_hundred_folders_of_every_awkward_name_arrive_and_stay(
    servers: dict[str, DovecotServer], mailbox_name: str, state_dir: Path, pair: tuple[str, str], count: int
) -> None:
    migration = between(servers, pair, mailbox_name, state_dir)
    shape = migration.source.shape
    paths = [path for path in awkward_paths(count) if not any(shape.separator in level for level in path)]
    paths = [path for path in paths if not shape.prefix or path[0] != "INBOX"]
    folders = (make_folder(path, 1, "all", size=300) for path in [("INBOX",), *paths])
    migration.fill(MailboxSpec(tuple(folders)))

    result = migration.run()
    names = migration.destination.folders(mailbox_name)
    again = migration.run()

    assert counts(result) == {"copied": len(paths) + 1}
    assert filled(migration.at_destination()) == mapped(migration, result)
    assert (again["changed"], again["failures"], again["warnings"]) == (False, [], [])
    assert migration.destination.folders(mailbox_name) == names
    assert [(f["source"], f["destination"]) for f in again["folders"]] == [
        (f["source"], f["destination"]) for f in result["folders"]]
    told = "\n".join(note for folder in result["folders"] for note in folder["notes"])
    assert all(all(f'"{name}"' in told for name in names) for names in merged(result))
