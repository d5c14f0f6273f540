# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From a pass through the archive and the proof to the undo, by the modules themselves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.support.archive_runner import Archiving, over_years
from tests.support.compare_runner import compare, told
from tests.support.mail_maker import MailboxSpec
from tests.support.mail_user import MailUser
from tests.support.server_shapes import Server
from tests.support.sync_runner import Migration, filled
from tests.support.undo_runner import reasons, undo

SPEC = MailboxSpec((over_years(("INBOX",), (2026,), "proven"), over_years(("Leads",), (2023, 2026), "proven", 4)))


def test_archived_mail_is_proven_named_to_the_customer_and_taken_back(
    server: Callable[[str], Server], mailbox_name: str, state_dir: Path
) -> None:
    there = server("dovecot-dot")
    ticket = state_dir / "123"
    ticket.mkdir(mode=0o700)
    migration = Migration(server("dovecot"), there, mailbox_name, ticket)
    migration.fill(SPEC)
    with MailUser(migration.arguments()["destination"]) as user:
        user.create("Archive")
    assert migration.run()["counts"]["copied"] == SPEC.count()
    archiving = Archiving(there, mailbox_name, state_dir)
    assert archiving.run()["counts"]["moved"] == 4

    proof = {"dir": str(state_dir / "proof"), "ticket": "123"}
    for depth in ("facts", "full"):
        result = compare(migration, depth=depth, proof=proof)
        assert (told(result), result["proof"]["here"]) == ([], SPEC.count())
        assert result["proof"]["archived"] == [{"folder": "Leads", "to": "Archive.Leads.2023", "messages": 4}]
        (page,) = (state_dir / "proof").glob("*.md")
        assert "Archive.Leads.2023" in page.read_text(encoding="utf-8").replace("\\", "")

    with MailUser(migration.arguments()["destination"]) as user:
        user.flag("Archive.Leads.2023", "1", "\\Flagged")
    result = undo(migration)
    assert result["counts"]["taken_back"] == SPEC.count() - 1
    assert reasons(result) == {"its flags were changed at the destination": 1}
    assert {name: found.total() for name, found in filled(migration.at_destination()).items()} == {
        "Archive.Leads.2023": 1}
    with MailUser(migration.arguments()["destination"]) as user:
        user.unflag("Archive.Leads.2023", "1", "\\Flagged")

    assert undo(migration)["counts"]["taken_back"] == 1
    assert filled(migration.at_destination()) == {}
    assert archiving.run(state="absent")["folders_removed"] == ["Archive.Leads.2023"]
    assert [name for name in migration.at_destination() if name.startswith("Archive")] == ["Archive"]
