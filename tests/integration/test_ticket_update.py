# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Updates of tickets on a real HTTPS server: said once, whatever happens on the way."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes
from email.policy import HTTP
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError
from ansible_collections.mailops.migration.plugins.module_utils.support.ticket_update_task import update_ticket
from ansible_collections.mailops.migration.plugins.module_utils.ticket_state.store import open_ticket_state
from ansible_collections.mailops.migration.plugins.module_utils.ticket_state.values import SENDING
from ansible_collections.mailops.migration.plugins.modules.ticket_update import argument_spec

from tests.support.module_runs import ROOT, run_module
from tests.support.ticket_desk import IDENTIFIER, NUMBER, SECRET, TicketDesk, ticket_desk

EVIL = '"},"x":{"a":"b\\ \r\nX-Evil: 1 {{ 6 * 7 }} {status} {reference} <b>&=%0a\u202e'
TOKEN = "Bearer t0k3n-99-abcdef"


@pytest.fixture
def desk() -> Iterator[TicketDesk]:
    with ticket_desk() as made:
        yield made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "state").mkdir()
    return tmp_path / "state"


def whmcs(desk: TicketDesk, **changes: Any) -> dict[str, Any]:
    options = {"url": f"{desk.url}/includes/api.php", "identifier": IDENTIFIER, "secret": SECRET, "admin": "migrations",
               "ca_file": desk.ca_file, "timeout": 2, "by_id": False}  # fmt: skip
    return {"driver": "whmcs", "whmcs": {**options, **changes}}


def webhook(desk: TicketDesk, *requests: dict[str, Any], **changes: Any) -> dict[str, Any]:
    whole = {"case": "comment", "method": "POST", "headers": {"Authorization": TOKEN}, "body_format": "json",
             "body": {"text": "{comment}"}, "repeatable": False, "url": f"{desk.url}/api/{{reference}}"}  # fmt: skip
    options = {"requests": [{**whole, **row} for row in requests or ({},)], "ca_file": desk.ca_file, "timeout": 2}
    return {"driver": "webhook", "webhook": {**options, **changes}}


def arguments(folder: Path, driver: dict[str, Any], **changes: Any) -> dict[str, Any]:
    basis = {"state_dir": str(folder), "ticket": "123", "reference": NUMBER, "key": "started",
             "comment": "We have begun.", "public": True}  # fmt: skip
    return {**basis, **driver, **changes}


def update(folder: Path, driver: dict[str, Any], *, check: bool = False, **changes: Any) -> dict[str, Any]:
    defaults = {name: option.get("default") for name, option in argument_spec().items()}
    return update_ticket({**defaults, **arguments(folder, driver, **changes)}, check=check)


# WHMCS


def test_whmcs_has_a_reply_with_attachments_and_a_status_once(desk: TicketDesk, folder: Path, tmp_path: Path) -> None:
    report = tmp_path / "report 1.html"
    report.write_bytes(b"\0<html>")
    first = update(folder, whmcs(desk), status="In Progress", attachments=[str(report)])
    assert (first["sent"], first["failed"], first["changed"]) == (["started"], False, True)
    assert [row["message"].splitlines()[0] for row in desk.replies] == ["We have begun."]
    assert desk.replies[0]["files"] == {"report 1.html": b"\0<html>"}
    assert (desk.statuses, desk.notes) == (["In Progress"], [])
    again = update(folder, whmcs(desk), comment="Other words")
    assert (again["changed"], len(desk.replies)) == (False, 1)


def test_whmcs_has_what_is_internal_as_a_note(desk: TicketDesk, folder: Path) -> None:
    update(folder, whmcs(desk, by_id=True), public=False, reference="17", comment=EVIL)
    assert EVIL in desk.notes[0]["message"]
    assert desk.replies == [] and "GetTicket" not in desk.asked


@pytest.mark.parametrize("status", [401, 422, 429, 500])
def test_update_that_is_refused_is_told_and_sent_next_time(desk: TicketDesk, folder: Path, status: int) -> None:
    desk.answers = [status]
    result = update(folder, whmcs(desk))
    assert (result["failed"], result["changed"], result["waiting"]) == (True, False, ["started"])
    assert f"status {status}" in result["msg"] and "waits for the next run" in result["msg"]
    assert SECRET not in json.dumps(result)
    assert update(folder, whmcs(desk), key=None)["sent"] == ["started"]
    assert len(desk.replies) == 1


def test_step_that_is_through_is_not_done_again_with_the_next(desk: TicketDesk, folder: Path) -> None:
    desk.answers = [200, 500]
    assert update(folder, whmcs(desk), status="Closed")["waiting"] == ["started"]
    assert update(folder, whmcs(desk), key=None)["sent"] == ["started"]
    assert (len(desk.replies), desk.statuses) == (1, ["Closed"])


@pytest.mark.parametrize("answer", [0, -1])
def test_whmcs_is_asked_whether_a_reply_without_answer_is_there(desk: TicketDesk, folder: Path, answer: int) -> None:
    desk.answers = [answer]
    lost = update(folder, whmcs(desk, timeout=1))
    assert (lost["doubtful"], lost["failed"]) == (["started"], True)
    assert "may have been sent or not" in lost["msg"]
    assert len(desk.replies) == 1
    assert update(folder, whmcs(desk), key=None)["sent"] == ["started"]
    assert len(desk.replies) == 1


def test_reply_that_never_arrived_is_sent_after_whmcs_was_asked(desk: TicketDesk, folder: Path) -> None:
    desk.answers = [0]
    update(folder, whmcs(desk))
    desk.replies.clear()
    assert update(folder, whmcs(desk), key=None)["sent"] == ["started"]
    assert len(desk.replies) == 1


def test_wrong_secret_is_told_without_it(desk: TicketDesk, folder: Path) -> None:
    result = update(folder, whmcs(desk, secret="wr0ng-secret"))
    assert "Authentication Failed for ***" in result["msg"]


# Webhooks


def test_hostile_values_stay_values_in_json_urls_and_headers(desk: TicketDesk, folder: Path) -> None:
    body = {"a": {"text": "> {comment}", "internal": "{internal}", "n": 1}, "status": "{status}"}
    headers = {"Authorization": TOKEN, "X-Said": "{comment}"}
    hook = {"body": body, "headers": headers, "url": f"{desk.url}/x/{{reference}}/y?q={{comment}}"}
    result = update(folder, webhook(desk, hook), comment=EVIL, reference="../a?b=c", status=EVIL)
    assert result["sent"] == ["started"], result
    (heard,) = desk.heard
    assert heard.json() == {"a": {"text": f"> {EVIL}", "internal": False, "n": 1}, "status": EVIL}
    assert heard.path.startswith("/x/..%2Fa%3Fb%3Dc/y?q=%22%7D") and "\n" not in heard.path
    assert "X-Evil" not in heard.headers and heard.headers["Authorization"] == TOKEN


def test_forms_and_files_are_sent_as_other_systems_want_them(desk: TicketDesk, folder: Path, tmp_path: Path) -> None:
    paths = []
    for name in ('re"port.html', "b.csv"):
        (tmp_path / name).write_bytes(name.encode())
        paths.append(str(tmp_path / name))
    one = {"name": "{attachment_name}", "data": "{attachment_base64}"}
    update(
        folder,
        webhook(
            desk,
            {"body": {"text": "{comment}", "files": [one]}},
            {"name": "form", "body_format": "form", "body": {"content": "{comment}", "public": "{public}"}},
            {"name": "file", "case": "attachment", "body_format": "multipart", "body": {"note": "ü {ticket}"}},
            {"name": "state", "case": "status", "method": "PUT", "body": {"state": "{status}"}},
            {"name": "never", "case": "internal_comment"},
        ),
        attachments=paths, status="closed", comment="a=b&c",
    )  # fmt: skip
    whole, form, first, second, state = desk.heard
    assert [file["name"] for file in whole.json()["files"]] == ['re"port.html', "b.csv"]
    assert form.body == b"content=a%3Db%26c&public=true"
    assert (state.method, state.json()) == ("PUT", {"state": "closed"})
    for heard, name in ((first, "re%22port.html"), (second, "b.csv")):
        head = f"Content-Type: {heard.headers['Content-Type']}\r\n\r\n".encode()
        text, file = message_from_bytes(head + heard.body, policy=HTTP).iter_parts()
        assert text.get_content().strip() == "ü 123"
        assert file.get_filename() == name
        assert file.get_payload(decode=True) == name.replace("%22", '"').encode()


def test_hook_without_answer_is_left_to_a_person(desk: TicketDesk, folder: Path) -> None:
    desk.answers = [0]
    assert update(folder, webhook(desk))["doubtful"] == ["started"]
    told = update(folder, webhook(desk), key="copied", comment="All is here.")
    assert (told["doubtful"], told["sent"], len(desk.heard)) == (["started"], ["copied"], 2)
    assert update(folder, webhook(desk), key=None, doubtful="send")["sent"] == ["started"]
    assert desk.heard[0].headers["Idempotency-Key"] == desk.heard[2].headers["Idempotency-Key"]
    assert desk.heard[0].headers["Idempotency-Key"] != desk.heard[1].headers["Idempotency-Key"]


def test_person_may_take_a_doubtful_update_for_sent(desk: TicketDesk, folder: Path) -> None:
    desk.answers = [-1]
    assert update(folder, webhook(desk, timeout=1))["doubtful"] == ["started"]
    assert update(folder, webhook(desk), key=None, doubtful="drop")["dropped"] == ["started"]
    assert not update(folder, webhook(desk))["changed"]
    assert len(desk.heard) == 1


def test_request_that_may_be_repeated_is_repeated(desk: TicketDesk, folder: Path) -> None:
    hook = {"case": "status", "repeatable": True}
    desk.answers = [0]
    update(folder, webhook(desk, hook), status="open")
    assert update(folder, webhook(desk, hook), key=None)["sent"] == ["started"]
    assert len(desk.heard) == 2


@pytest.mark.parametrize("status", [401, 403, 422, 429, 500, 302])
def test_answer_of_a_hook_is_told_without_secrets(desk: TicketDesk, folder: Path, status: int) -> None:
    desk.answers = [status]
    result = update(folder, webhook(desk))
    assert f"status {status}" in result["msg"] and result["waiting"] == ["started"]
    assert TOKEN not in json.dumps(result) and TOKEN.split()[1] not in json.dumps(result)


# What never left


def test_update_waits_where_nobody_listens_and_others_are_not_tried(desk: TicketDesk, folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    away = {"url": f"https://localhost:{port}/x"}
    update(folder, webhook(desk, away))
    result = update(folder, webhook(desk, away), key="copied", comment="All is here.")
    assert result["waiting"] == ["started", "copied"] and len(result["problems"]) == 1
    assert "it cannot be reached" in result["msg"]
    assert update(folder, webhook(desk), key=None)["sent"] == ["started", "copied"]


def test_certificate_that_is_not_trusted_ends_it_before_anything_is_sent(desk: TicketDesk, folder: Path) -> None:
    result = update(folder, webhook(desk, ca_file=None))
    assert "certificate could not be verified" in result["msg"] and result["waiting"] == ["started"]
    assert desk.heard == []


@pytest.mark.parametrize("url", ["http://localhost/x", "https://u:p@localhost/x", "https://{reference}.example/x"])
def test_address_that_would_give_secrets_away_is_refused(desk: TicketDesk, folder: Path, url: str) -> None:
    with pytest.raises(ConfigurationError):
        update(folder, webhook(desk, {"url": url}))


def test_attachment_that_is_gone_is_named_and_waited_for(desk: TicketDesk, folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    result = update(folder, whmcs(desk), attachments=[str(path)])
    assert "report.html: the attachment cannot be read" in result["msg"]
    path.write_text("x", encoding="utf-8")
    assert update(folder, whmcs(desk), key=None)["sent"] == ["started"]


# The file, check mode, kill -9


def test_file_has_each_update_once_and_shows_what_people_wrote_as_it_is(folder: Path) -> None:
    for _again in range(2):
        update(folder, {}, comment=f"Failed:\n- {EVIL}", public=False, status="open")
    update(folder, {}, key="copied", comment="All is here.")
    text = (folder / "updates.md").read_text(encoding="utf-8")
    assert (text.count("## "), text.count("Failed:")) == (2, 1)
    assert "(internal, status open)" in text and "\\<b\\>" in text and "\u202e" not in text


def test_check_says_what_would_be_sent_and_remembers_nothing(desk: TicketDesk, folder: Path) -> None:
    hook = {"url": f"{desk.url}/api/{{reference}}?token=abc"}
    done = run_module("ticket_update", arguments(folder, webhook(desk, hook)), check=True, diff=True)
    (told,) = done.result["would_send"]
    assert told["steps"] == [f"POST {desk.url}/api/{NUMBER}"]
    assert told["comment"] == "We have begun." and done.result["changed"]
    assert TOKEN not in done.output and "abc" not in json.dumps(done.result["would_send"])
    assert list(folder.iterdir()) == [] and desk.heard == []


def test_template_knows_values_as_text_only(folder: Path) -> None:
    template = "{% for name in names %}\n- {{ name }}\n{% endfor %}\n{{ n | number }} of {{ ticket }}"
    update(folder, {}, comment=None, template=template, values={"names": [EVIL, "{{ n }}"], "n": 12345}, language="de")
    text = (folder / "updates.md").read_text(encoding="utf-8")
    assert "12.345 of 123" in text and "6 \\* 7" in text and " 42" not in text


@pytest.mark.parametrize("template", ["{{ missing }}", "{{ ''.__class__.__mro__ }}", "{% if %}", "{{ 1 / 0 }}"])
def test_template_that_cannot_be_used_is_told(folder: Path, template: str) -> None:
    with pytest.raises(ConfigurationError, match="template of the message"):
        update(folder, {}, comment=None, template=template, values={})


@pytest.mark.parametrize("kind", ["whmcs", "webhook"])
def test_run_that_is_killed_while_it_sends_sends_nothing_twice(desk: TicketDesk, folder: Path, kind: str) -> None:
    driver = (whmcs if kind == "whmcs" else webhook)(desk)
    driver[kind]["timeout"] = 60
    desk.answers = [-1]
    process = subprocess.Popen(
        [sys.executable, "-m", "ansible_collections.mailops.migration.plugins.modules.ticket_update"],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, cwd=ROOT / ".ansible/collections",
    )  # fmt: skip
    assert process.stdin
    process.stdin.write(json.dumps({"ANSIBLE_MODULE_ARGS": arguments(folder, driver)}).encode())
    process.stdin.close()
    assert desk.silent.wait(60)
    process.send_signal(signal.SIGKILL)
    process.wait()
    desk.release()
    after = update(folder, driver)
    if kind == "whmcs":
        assert (after["sent"], len(desk.replies)) == (["started"], 1)
    else:
        assert (after["doubtful"], len(desk.heard)) == (["started"], 1)
        assert "the run was ended while it was sent" in after["msg"]


def test_file_that_has_the_update_of_a_killed_run_does_not_get_it_twice(folder: Path) -> None:
    update(folder, {})
    with open_ticket_state(str(folder)) as state:
        (sent,) = state.updates()
        state.note_update(replace(sent, state=SENDING, done=(), step="comment"), 1.0)
    assert update(folder, {}, key=None)["sent"] == ["started"]
    assert (folder / "updates.md").read_text(encoding="utf-8").count("We have begun") == 1
