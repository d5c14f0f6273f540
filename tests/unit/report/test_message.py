# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the customer is told, in both languages."""

from __future__ import annotations

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.customer_texts import Texts
from ansible_collections.mailops.migration.plugins.module_utils.core.page import as_markdown
from ansible_collections.mailops.migration.plugins.module_utils.core.texts_message import SENTENCES
from ansible_collections.mailops.migration.plugins.module_utils.report.build import ticket_report
from ansible_collections.mailops.migration.plugins.module_utils.report.material import Material
from ansible_collections.mailops.migration.plugins.module_utils.report.message import customer_message

from tests.support.report_example import STAND, failure, folder, large, material, sync_result, verify_result

ANNA = "anna@example.com"
WHOLE = sync_result(folder("INBOX", copied=1500, bytes=1_900_000_000))


def told(given: Material, language: str = "en") -> str:
    return as_markdown(customer_message(ticket_report(given), Texts(language)))


def test_numbers_are_written_as_the_language_writes_them() -> None:
    assert "Messages: 1,500 of 1,500. Mailboxes: 1. Folders: 1. Size: 1.9 GB." in told(material({ANNA: WHOLE}))
    german = told(material({ANNA: WHOLE}), "de")
    assert "Nachrichten: 1.500 von 1.500. Postfächer: 1. Ordner: 1. Größe: 1,9 GB." in german


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (material({ANNA: WHOLE}, verify={ANNA: verify_result(("INBOX", 1500, 1500))}), "compared it with"),
        (material({ANNA: WHOLE}), "has been copied"),
        (material(mailboxes=[ANNA]), "We are moving your e-mail"),
        (material({ANNA: sync_result(failures=[failure("no")], complete=False)}), "We are moving your e-mail"),
    ],
)
def test_first_sentence_says_how_the_ticket_stands(given: Material, sentence: str) -> None:
    assert sentence in told(given).splitlines()[2]


def test_old_accounts_are_to_be_kept_until_all_is_done() -> None:
    assert "keep your accounts at your old provider" in told(material({ANNA: WHOLE}))
    closed = material({ANNA: WHOLE}, stands=[{**STAND, "phase": "closed", "next": ""}])
    assert "keep your accounts" not in told(closed) and "nothing is left to be brought over" in told(closed)


def test_nobody_is_asked_to_change_dns_before_every_mailbox_of_the_domain_is_copied() -> None:
    first = [{**STAND, "phase": "first"}]
    assert "have the MX records changed" in told(material({ANNA: WHOLE}, stands=first))
    half = told(material({ANNA: WHOLE}, mailboxes=[ANNA, "bert@example.com"], stands=first))
    assert "leave the MX records as they are" in half and "have the MX records changed" not in half


def test_operators_reasons_and_servers_words_stay_inside() -> None:
    result = sync_result(failures=[failure("[AUTHENTICATIONFAILED] secret words", uid=0)], complete=False)
    assert "AUTHENTICATIONFAILED" not in told(material({ANNA: result}))
    assert ANNA in told(material({ANNA: result}))


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_sentence_can_be_said(language: str) -> None:
    assert len(told(large(200, 5), language).splitlines()) > 8
    values = dict.fromkeys(("here", "messages", "mailboxes", "folders", "size", "names", "n", "domains"), "x")
    assert all(Texts(language)(name, **values) for name in SENTENCES)
