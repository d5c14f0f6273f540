# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The customer's files without their secrets, and with all else as it was."""

from __future__ import annotations

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError
from ansible_collections.mailops.migration.plugins.module_utils.ticket.columns import MAILBOXES, USERS
from ansible_collections.mailops.migration.plugins.module_utils.ticket.wipe import (
    secret_files,
    wipe_settings,
    wipe_table,
)
from hypothesis import given
from hypothesis import strategies as st

A, B = "anna@example.com", "bert@example.com"


def wiped(text: str, encoding: str = "utf-8") -> str:
    done = wipe_table(MAILBOXES, text.encode(encoding))
    again = wipe_table(MAILBOXES, done.data)
    assert (again.data, again.secrets) == (done.data, 0)
    return done.data.decode(encoding)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"email,password,port\n{A},geheim,993\n", f"email,password,port\n{A},(wiped),993\n"),
        (f"Email;Password;Server\r\n{A};a,b;x.example\r\n", f"Email;Password;Server\r\n{A};(wiped);x.example\r\n"),
        (f'email,password,port\n{A},"a,""b",993\n', f"email,password,port\n{A},(wiped),993\n"),
        (f'email,password,port\n\n{A},"a\n\nb",993\n{B},c,1', f"email,password,port\n\n{A},(wiped),993\n{B},(wiped),1"),
        # Without a secret it stays as it is, quotes and empty lines too.
        (f'email,password,imap_server\n"{A}",,"x"\n\n', f'email,password,imap_server\n"{A}",,"x"\n\n'),
        # Columns that nobody reads.
        (f"email,pass,App Password,note\n{A},x,y,z\n", f"email,pass,App Password,note\n{A},(wiped),(wiped),z\n"),
        # A delimiter in the password: nobody knows which cells are parts of it.
        (f"email,password,port\n{A},se,cret,993\n", f"email,password,port\n{A},(wiped),,\n"),
        # Quotes that never close.
        (f'email,password,port\n{A},"secret,993\n{B},b,1\n', f"email,password,port\n(wiped)\n{B},(wiped),1\n"),
        (f"sep=;\nemail;password\n{A};x\n", f"sep=;\nemail;password\n{A};(wiped)\n"),
        # Neither header nor agreement to what is inferred.
        (f"{A},geheim\n{B},x1\n", f"{A},(wiped)\n{B},(wiped)\n"),
        (
            f"#old.example;{B};p0;new.example;{B};q0;\nold.example;{A};p1;new.example;{A};q1;\n",
            f"#old.example;{B};(wiped);new.example;{B};(wiped);\nold.example;{A};(wiped);new.example;{A};(wiped);\n",
        ),
    ],
)
def test_passwords_go_and_all_else_stays(before: str, after: str) -> None:
    assert wiped(before) == after


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_encoding_stays(encoding: str) -> None:
    assert wiped(f"email,password,note\n{A},ä,Jörg\n", encoding) == f"email,password,note\n{A},(wiped),Jörg\n"


def test_file_in_which_no_password_can_be_told_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="no column can be told to be the password"):
        wipe_table(MAILBOXES, b"a,b,c,d\ne,f,g,h\n")


CELLS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8)


@given(st.lists(CELLS, min_size=1, max_size=5))
def test_no_password_is_left_however_it_is_written(passwords: list[str]) -> None:
    secrets = [f"Zq{password}qZ" for password in passwords]
    quoted = ['"' + secret.replace('"', '""') + '"' for secret in secrets]
    text = "email,password,full_name\n" + "".join(f"u{n}@example.com,{cell},Name\n" for n, cell in enumerate(quoted))
    done = wipe_table(USERS, text.encode())
    assert done.secrets == len(secrets)
    assert done.data.decode() == "email,password,full_name\n" + "".join(
        f"u{n}@example.com,(wiped),Name\n" for n in range(len(secrets))
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("client_secret: s3cret # ours", 'client_secret: "(wiped)" # ours'),
        ("client_secret: 's3''cret'", 'client_secret: "(wiped)"'),
        ("client_secret: |\n      s3cret\n    tenant: t", 'client_secret: "(wiped)"\n    tenant: t'),
        ("client_secret_file: secret", "client_secret_file: secret"),
    ],
)
def test_secrets_of_settings_go(before: str, after: str) -> None:
    frame = "domains: [example.com]\nsource:\n  oauth:\n    {}\nnotes: client_secret\n"
    assert wipe_settings(frame.replace("{}", before).encode()).data.decode() == frame.replace("{}", after)


def test_files_with_secrets_are_named_and_authorities_are_not() -> None:
    oauth = {"grant": "client_credentials", "certificate_file": "c.pem", "ca_file": "ca.pem", "key_file": "k.json"}
    assert secret_files(oauth) == ("c.pem", "k.json")
