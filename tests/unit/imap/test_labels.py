# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""X-GM-LABELS as servers write it."""

from __future__ import annotations

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.imap.labels import parse_labels


@pytest.mark.parametrize(("raw", "labels"), [
    (b"", set()),
    (b"\\Inbox \\Sent Important \"Muy Importante\"", {b"\\Inbox", b"\\Sent", b"Important", b"Muy Importante"}),
    (b'"\\\\Inbox" Work', {b"\\Inbox", b"Work"}),
    (b'"a (b) {3}" "say \\"hi\\""', {b"a (b) {3}", b'say "hi"'}),
    (b"M&APw-ller/a", {b"M&APw-ller/a"}),
])
def test_labels_are_read_in_every_form(raw: bytes, labels: set[bytes]) -> None:
    assert parse_labels(raw) == labels


def test_literals_stand_where_they_are_named() -> None:
    assert parse_labels(b"Work {4} \"{4}\" {2}", [b'a"bc', b"xy"]) == {b"Work", b'a"bc', b"{4}", b"xy"}
