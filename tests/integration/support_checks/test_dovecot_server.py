# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The Dovecot of the tests behaves as its shape says, and leaves nothing behind."""

from __future__ import annotations

import imaplib
import os
import signal
import ssl
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.dovecot import PASSWORD, DovecotServer
from tests.support.dovecot_config import BARE, DovecotShape


def connect(options: dict[str, Any]) -> imaplib.IMAP4:
    """A logged-in client, by the options that the engine would be given."""
    client: imaplib.IMAP4
    if options["encryption"] == "tls":
        trust = ssl.create_default_context(cafile=options["ca_file"])
        client = imaplib.IMAP4_SSL(options["host"], options["port"], ssl_context=trust)
    else:
        client = imaplib.IMAP4(options["host"], options["port"])
    if options["encryption"] == "starttls":
        client.starttls(ssl.create_default_context(cafile=options["ca_file"]))
    client.login(options["username"], options["password"])
    return client


@pytest.mark.parametrize("encryption", ["tls", "starttls", "none"])
def test_any_user_logs_in_over_each_encryption(
    source_server: DovecotServer, mailbox_name: str, encryption: str
) -> None:
    client = connect(source_server.endpoint(mailbox_name, encryption))

    assert client.select("INBOX")[0] == "OK"


def test_the_master_user_opens_a_mailbox_of_somebody_else(source_server: DovecotServer, mailbox_name: str) -> None:
    source_server.save(mailbox_name, "INBOX", b"Subject: one\r\n\r\n")

    client = connect(source_server.master_endpoint(mailbox_name))

    assert client.select("INBOX", readonly=True)[1] == [b"1"]


def test_a_password_of_its_own_replaces_the_common_one(source_server: DovecotServer, mailbox_name: str) -> None:
    source_server.set_password(mailbox_name, "changed")
    options = source_server.endpoint(mailbox_name)

    with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
        connect(options)
    assert connect({**options, "password": "changed"}).noop()[0] == "OK"


def test_a_wrong_password_is_refused(source_server: DovecotServer, mailbox_name: str) -> None:
    with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
        connect({**source_server.endpoint(mailbox_name), "password": PASSWORD + "x"})


def test_the_certificate_is_not_trusted_without_the_authority_of_the_tests(source_server: DovecotServer) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        imaplib.IMAP4_SSL("127.0.0.1", source_server.place.imaps_port, ssl_context=ssl.create_default_context())


def test_a_prefix_stands_before_every_folder_but_inbox(mailbox_name: str) -> None:
    shape = DovecotShape(separator=".", prefix="INBOX.", layout="maildir++", create_special=True)
    with DovecotServer(shape) as server:
        client = connect(server.endpoint(mailbox_name))

        assert rb'(\HasNoChildren \Sent) "." INBOX.Sent' in client.list()[1]
        assert client.namespace()[1] == [b'(("INBOX." ".")) NIL NIL']


def test_capabilities_can_be_hidden_down_to_bare_imap(mailbox_name: str) -> None:
    with DovecotServer(DovecotShape(capabilities=BARE)) as server:
        client = connect(server.endpoint(mailbox_name))

        assert set(client.capability()[1][0].split()) == {b"IMAP4rev1"}


def test_a_full_mailbox_refuses_more_with_overquota(mailbox_name: str) -> None:
    with DovecotServer(DovecotShape(quota="10k")) as server:
        client = connect(server.endpoint(mailbox_name))

        status, answer = client.append("INBOX", "", "", b"Subject: large\r\n\r\n" + b"x" * 20_000)

    assert status == "NO" and answer[0].startswith(b"[OVERQUOTA]")


def test_a_message_over_the_largest_size_is_refused(mailbox_name: str) -> None:
    with DovecotServer(DovecotShape(largest_message="10k")) as server:
        client = connect(server.endpoint(mailbox_name))

        assert client.append("INBOX", "", "", b"Subject: small\r\n\r\n")[0] == "OK"
        assert client.append("INBOX", "", "", b"Subject: large\r\n\r\n" + b"x" * 20_000)[0] == "NO"


def test_connections_of_one_user_are_limited(mailbox_name: str) -> None:
    with DovecotServer(DovecotShape(user_connections=1)) as server:
        first = connect(server.endpoint(mailbox_name))

        with pytest.raises(imaplib.IMAP4.error, match="Maximum number of connections"):
            connect(server.endpoint(mailbox_name))
        assert first.noop()[0] == "OK"


def test_escaped_names_may_hold_the_separator(mailbox_name: str) -> None:
    shape = DovecotShape(separator=".", layout="maildir++", escape_names=True)
    with DovecotServer(shape) as server:
        server.create_folders(mailbox_name, ["Dr\\2e Jones"])

        folders = connect(server.endpoint(mailbox_name)).list()[1]

    assert any(b"Jones" in name and b"2e" in name for name in folders if isinstance(name, bytes))


def test_a_stopped_server_leaves_no_process_and_no_folder(mailbox_name: str) -> None:
    server = DovecotServer()
    server.start()
    connect(server.endpoint(mailbox_name))
    folder = server.place.folder

    server.stop()

    assert not folder.exists()
    assert processes_naming(folder) == []


def test_a_killed_test_run_leaves_no_process_and_no_folder() -> None:
    script = ("import time; from tests.support.dovecot import DovecotServer; server = DovecotServer(); "
              "server.start(); print(server.place.folder, flush=True); time.sleep(60)")
    run = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True,
                           env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
    assert run.stdout is not None
    folder = Path(run.stdout.readline().strip())
    assert processes_naming(folder)

    run.send_signal(signal.SIGKILL)
    run.communicate()

    wait_until_gone(folder)
    assert processes_naming(folder) == []


def wait_until_gone(folder: Path) -> None:
    patience_ends = time.monotonic() + 60
    while (folder.exists() or processes_naming(folder)) and time.monotonic() < patience_ends:
        time.sleep(0.02)
    assert not folder.exists()


def processes_naming(folder: Path) -> list[str]:
    """The command lines of living processes that name the folder."""
    lines = (path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists())
    return [line.decode() for line in lines if str(folder).encode() in line]
