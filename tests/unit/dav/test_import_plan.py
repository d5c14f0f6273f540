# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an import does with files, record and destination; and what it makes of a server's answers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.dav.bulk import stand_in
from ansible_collections.mailops.migration.plugins.module_utils.dav.gather import gather
from ansible_collections.mailops.migration.plugins.module_utils.dav.meaning import meaning
from ansible_collections.mailops.migration.plugins.module_utils.dav.plan import Fate, Step, href_for, known_there, plan
from ansible_collections.mailops.migration.plugins.module_utils.dav.record import (
    CONFIRMED,
    CREATING,
    UPDATING,
    Imported,
    Seen,
)
from ansible_collections.mailops.migration.plugins.module_utils.dav.remote import Put
from ansible_collections.mailops.migration.plugins.module_utils.dav.values import Item
from ansible_collections.mailops.migration.plugins.module_utils.dav.writer import why_not_written
from ansible_collections.mailops.migration.plugins.module_utils.dav.xml import (
    BadAnswer,
    multistatus,
    precondition,
    said,
)


def item(name: str = "Ann", uid: str = "1") -> Item:
    own = f"UID:{uid}\n" if uid else ""
    [found] = gather({"c.vcf": f"BEGIN:VCARD\nVERSION:3.0\n{own}FN:{name}\nEND:VCARD\n".encode()}).items
    return found


OLD, NEW, USERS = item("Ann"), item("Anna"), item("Annie")
NAME = href_for(OLD)


def imported(state: str = CONFIRMED, **fields: str) -> dict[str, Imported]:
    return {"1": Imported(**{"uid": "1", "href": NAME, "sent": OLD.digest, "stored": OLD.digest, "etag": "e1",
                             "state": state, **fields})}  # fmt: skip


def there(found: Item, etag: str = "e1", name: str = NAME) -> dict[str, Seen]:
    return {name: Seen(name, etag, "1", found.digest)}


@pytest.mark.parametrize(
    ("wanted", "record", "destination", "fate"),
    [
        (OLD, {}, {}, Fate.CREATE),
        (OLD, imported(), there(OLD), Fate.UNCHANGED),
        (OLD, imported(), there(OLD, "e2"), Fate.UNCHANGED),
        (NEW, imported(), there(OLD), Fate.UPDATE),
        (NEW, imported(), there(OLD, "e2"), Fate.UPDATE),
        (NEW, imported(), there(USERS, "e2"), Fate.KEPT),
        (OLD, imported(), there(USERS, "e2"), Fate.KEPT),
        (NEW, imported(), there(NEW, "e2"), Fate.UNCHANGED),
        (NEW, imported(), {}, Fate.DELETED),
        # The record is lost.
        (OLD, {}, there(OLD, name="x.vcf"), Fate.UNCHANGED),
        (OLD, {}, there(USERS, name="x.vcf"), Fate.KEPT),
        # A run was killed before the answer came.
        (OLD, imported(CREATING, stored="", etag=""), {}, Fate.CREATE),
        (OLD, imported(CREATING, stored="", etag=""), there(OLD), Fate.UNCHANGED),
        (OLD, imported(CREATING, stored="", etag=""), there(USERS), Fate.KEPT),
        (NEW, imported(CREATING, stored="", etag=""), there(OLD), Fate.UPDATE),
        (NEW, imported(UPDATING, sent=NEW.digest), there(OLD), Fate.UPDATE),
        (NEW, imported(UPDATING, sent=NEW.digest), there(NEW, "e2"), Fate.UNCHANGED),
        (NEW, imported(UPDATING, sent=NEW.digest), there(USERS, "e2"), Fate.KEPT),
        (NEW, imported(UPDATING, sent=NEW.digest), {}, Fate.DELETED),
        # The server keeps it in words of its own.
        (OLD, imported(stored="theirs"), {NAME: Seen(NAME, "e1", "1", "theirs")}, Fate.UNCHANGED),
        (OLD, imported(stored="theirs"), {NAME: Seen(NAME, "e2", "1", "theirs")}, Fate.UNCHANGED),
        (NEW, imported(stored="theirs"), {NAME: Seen(NAME, "e2", "1", "theirs")}, Fate.UPDATE),
    ],
)
def test_the_users_own_changes_win(wanted: Item, record: dict, destination: dict, fate: Fate):
    [step] = plan([wanted], record, destination)
    assert step.fate is fate
    if fate is Fate.UPDATE:
        assert step.etag == destination[NAME].etag


def in_zone(*lines: str) -> Item:
    more = "".join(f"{line}\n" for line in lines)
    event = f"BEGIN:VEVENT\nUID:1\nDTSTART;TZID=Europe/Berlin:20240701T090000\n{more}END:VEVENT\n"
    [found] = gather({"k.ics": f"BEGIN:VCALENDAR\n{event}END:VCALENDAR\n".encode()}).items
    return found


@pytest.mark.parametrize(
    ("state", "held", "fate"),
    [
        # A run was killed after all went in at once, and before each was put in place of its stand-in.
        (CREATING, "stand-in", Fate.UPDATE),
        (UPDATING, "stand-in", Fate.UPDATE),
        (CREATING, "users", Fate.KEPT),
        (UPDATING, "users", Fate.KEPT),
        (UPDATING, "whole", Fate.UNCHANGED),
    ],
)
def test_a_stand_in_is_replaced_by_the_next_run_and_what_the_user_made_of_it_is_not(state: str, held: str, fate: Fate):
    found = in_zone()
    stored = meaning(stand_in(found))
    assert stored != found.digest
    digest = {"stand-in": stored, "users": "other", "whole": found.digest}[held]
    href = href_for(found) if state == CREATING else "1.ics"
    record = {"1": Imported("1", href, found.digest, stored, "e0", state)}
    [step] = plan([found], record, {"1.ics": Seen("1.ics", "e1", "1", digest)})
    assert (step.fate, step.href, step.etag) == (fate, "1.ics", "e1")


def test_a_stand_in_has_local_times_and_all_else():
    text = stand_in(in_zone("RRULE:FREQ=WEEKLY;UNTIL=20240901T070000Z", "SUMMARY:Plan"))
    assert "DTSTART:20240701T090000\r\n" in text and "UNTIL=20240901T070000\r\n" in text and "SUMMARY:Plan" in text
    assert "VTIMEZONE" not in text and "TZID" not in text


def test_what_was_done_is_not_done_again():
    items = [item(f"Person {number}", str(number)) for number in range(20)]
    steps = plan(items, {}, {})
    taken = {"etag": "e", "state": CONFIRMED}
    record = {step.item.uid: replace(step.entered, stored=step.item.digest, **taken) for step in steps}
    destination = {step.href: Seen(step.href, "e", step.item.uid, step.item.digest) for step in steps}
    again = plan(items, record, destination)
    assert {step.fate for step in again} == {Fate.UNCHANGED} and not any(step.entered for step in again)


def test_nothing_is_read_whose_tag_is_known_and_all_else_is():
    untagged, open_one = Imported("2", "b", "d", "d", "", CONFIRMED), Imported("3", "c", "d", "", "", CREATING)
    record = {**imported(), "2": untagged, "3": open_one}
    etags = {NAME: "e1", "b": "e", "c": "e", "users": "u1", "others": "o2"}
    read = {"users": Seen("users", "u1", "9", "x"), "others": Seen("others", "o1", "8", "y")}
    assert known_there(record, read, etags).keys() == {NAME, "users"}


def test_an_entry_without_uid_that_changed_is_known_again_by_file_and_name():
    def without_uid(note: str) -> Item:
        [found] = gather({"c.vcf": f"BEGIN:VCARD\nVERSION:3.0\nFN:Ann\nNOTE:{note}\nEND:VCARD\n".encode()}).items
        return found

    first, second = without_uid("one"), without_uid("two")
    [step] = plan([first], {}, {})
    assert step.entered is not None and first.uid != second.uid
    record = {first.uid: replace(step.entered, stored=first.digest, etag="e", state=CONFIRMED)}
    destination = {step.href: Seen(step.href, "e", first.uid, first.digest)}
    [update] = plan([second], record, destination)
    assert (update.fate, update.href) == (Fate.UPDATE, step.href)
    assert f"UID:{first.uid}\r\n" in update.item.text and meaning(update.item.text) == update.item.digest
    both = plan([first, second], record, destination)
    assert [each.fate for each in both] == [Fate.UNCHANGED, Fate.CREATE]


@pytest.mark.parametrize(
    ("status", "rule", "fate", "word"),
    [
        (400, "", "refused", "cannot read"),
        (403, "valid-calendar-data", "refused", "cannot read"),
        (403, "", "failed", "may not write"),
        (403, "some-rule", "refused", "some-rule"),
        (409, "no-uid-conflict", "refused", "identifier"),
        (409, "", "failed", "409"),
        (413, "", "refused", "too large"),
        (403, "max-resource-size", "refused", "too large"),
        (412, "", "kept", "changed"),
        (415, "", "refused", "cannot read"),
        (500, "", "failed", "500"),
    ],
)
def test_answers_that_may_change_are_told_from_those_that_stay(status: int, rule: str, fate: str, word: str):
    outcome = why_not_written(Step(OLD, Fate.UPDATE, NAME, "e1"), Put(status, "", rule))
    assert outcome.fate == fate and word in outcome.reason
    assert outcome.remedy or fate == "kept"


def test_a_new_entry_to_which_a_server_objects_is_refused_and_not_taken_for_the_users():
    outcome = why_not_written(Step(OLD, Fate.CREATE, NAME), Put(412))
    assert outcome.fate == "refused" and "412" in outcome.reason


# Answers come from outside


def test_a_document_type_is_refused_so_that_nothing_expands():
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><d:multistatus xmlns:d="DAV:">&b;</d:multistatus>'
    with pytest.raises(BadAnswer, match="document type"):
        multistatus(bomb)


@pytest.mark.parametrize("body", [b"", b"<html><body>Login</body></html>", b"\xff\xfe", b"<m xmlns='DAV:'>"])
def test_what_is_no_answer_is_told(body: bytes):
    with pytest.raises(BadAnswer):
        multistatus(body)
    assert precondition(body) == ""


def test_what_a_server_says_to_people_is_in_the_reason():
    body = (b"<D:error xmlns:D='DAV:' xmlns:C='urn:ietf:params:xml:ns:caldav'><C:valid-calendar-data/>"
            b"<D:responsedescription>DTEND must  occur\nafter DTSTART</D:responsedescription></D:error>")  # fmt: skip
    assert said(body) == "DTEND must occur after DTSTART" and said(b"no") == ""
    outcome = why_not_written(Step(OLD, Fate.CREATE, NAME), Put(403, "", precondition(body), said(body)))
    assert "HTTP 403, valid-calendar-data, DTEND must occur after DTSTART" in outcome.reason


def test_a_rule_is_read_from_an_error():
    body = b'<error xmlns="DAV:"><C:no-uid-conflict xmlns:C="urn:ietf:params:xml:ns:caldav"/></error>'
    assert precondition(body) == "no-uid-conflict"
