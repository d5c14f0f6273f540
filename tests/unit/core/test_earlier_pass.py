# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from ansible_collections.mailops.migration.plugins.module_utils.core.earlier_pass import (
    Deleted,
    Home,
    may_have_been_deleted,
)


def judged(*homes: Home, folders_made: int = 4, folders_planned: int = 4) -> Deleted:
    return may_have_been_deleted(homes, folders_made=folders_made, folders_planned=folders_planned)


def home(
    folder: str, *, missing: int, found: int = 0, gone: int | None = 0, older: int = 0, passed_over: int = 0,
    is_there: bool = True,
) -> Home:
    return Home(folder, missing, found, gone, older, passed_over, is_there)


def test_nothing_was_deleted_where_nothing_has_gone() -> None:
    assert judged(home("INBOX", missing=3, found=9, older=3)) == Deleted()


def test_what_misses_where_messages_have_gone_may_have_been_deleted() -> None:
    assert judged(home("INBOX", missing=3, found=9, gone=1)) == Deleted(frozenset({"INBOX"}))


def test_folder_that_tells_no_uidnext_is_doubtful() -> None:
    assert judged(home("INBOX", missing=3, found=9, gone=None)) == Deleted(frozenset({"INBOX"}))


def test_removed_folder_makes_older_messages_of_the_others_doubtful() -> None:
    homes = home("INBOX", missing=3, found=9, older=2), home("Work", missing=2, is_there=False)
    assert judged(*homes, folders_made=3) == Deleted(frozenset({"Work"}), frozenset({"INBOX"}))


def test_folder_that_was_emptied_by_moves_and_removed_makes_them_doubtful_too() -> None:
    assert judged(home("INBOX", missing=3, found=9, older=2), folders_made=3).older_of == {"INBOX"}


def test_folder_that_lacks_earlier_messages_than_it_holds_was_made_anew() -> None:
    """A pass copies in the source's order: what came before was copied, and went with the folder as it was."""
    anew = home("Work", missing=5, found=3, passed_over=4)
    assert judged(anew) == Deleted(frozenset({"Work"}))
    assert judged(anew, home("INBOX", missing=3, found=9, older=2)).older_of == {"INBOX"}
    assert judged(anew, folders_made=0) == Deleted()
    assert judged(home("Work", missing=5, found=3, gone=-2, passed_over=4)) == Deleted(frozenset({"Work"}))


def test_newest_message_alone_may_have_come_on_its_own() -> None:
    assert judged(home("INBOX", missing=30, found=2, passed_over=30)) == Deleted()


def test_few_folders_were_never_made_and_nothing_is_doubtful() -> None:
    homes = home("INBOX", missing=30, found=9, older=2), home("Work", missing=2, is_there=False)
    assert judged(*homes, folders_made=1) == Deleted()


def test_little_that_was_found_lay_there_by_itself() -> None:
    assert judged(home("INBOX", missing=30, found=2, gone=20)) == Deleted()


def test_little_was_left_where_all_folders_are_there_and_nearly_all_may_have_gone() -> None:
    homes = home("INBOX", missing=21, found=1, gone=20), home("Work", missing=9, gone=9)
    assert judged(*homes) == Deleted(frozenset({"INBOX", "Work"}))
    assert judged(home("INBOX", missing=29, found=1, gone=26)) == Deleted(frozenset({"INBOX"}))
    assert judged(*homes, folders_made=3) == Deleted()
    assert judged(*homes, folders_made=0, folders_planned=0) == Deleted()
    assert judged(home("INBOX", missing=21, found=1, gone=20), home("Work", missing=9, gone=5)) == Deleted()


def test_nothing_was_there_before_where_nothing_is_found() -> None:
    assert judged(home("INBOX", missing=20, gone=20)) == Deleted()


def test_a_tenth_that_was_found_is_enough() -> None:
    assert judged(home("INBOX", missing=18, found=2, gone=9)) == Deleted(frozenset({"INBOX"}))
    assert judged(home("INBOX", missing=19, found=2, gone=9)) == Deleted()


def test_half_of_the_mail_or_of_the_folders_shows_that_a_pass_made_them() -> None:
    gone = home("Work", missing=2, is_there=False)
    assert judged(home("INBOX", missing=8, found=10), gone, folders_made=1) == Deleted(frozenset({"Work"}))
    assert judged(home("INBOX", missing=9, found=10), gone, folders_made=1) == Deleted()
    assert judged(home("INBOX", missing=9, found=10), gone, folders_made=2) == Deleted(frozenset({"Work"}))
    assert judged(home("INBOX", missing=9, found=10), gone, folders_made=1, folders_planned=3) == Deleted()


def test_half_of_the_mail_must_be_explained() -> None:
    assert judged(home("INBOX", missing=8, found=2, gone=3)) == Deleted(frozenset({"INBOX"}))
    assert judged(home("INBOX", missing=9, found=2, gone=3)) == Deleted()


def test_older_messages_of_other_folders_explain_what_misses_too() -> None:
    homes = home("INBOX", missing=6, found=4, older=4), home("Work", missing=1, is_there=False)
    assert judged(*homes, folders_made=3) == Deleted(frozenset({"Work"}), frozenset({"INBOX"}))
