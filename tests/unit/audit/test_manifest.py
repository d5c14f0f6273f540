# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The manifest's file: same facts, same octets; whatever is done to it is named."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.audit.manifest import (
    Owner,
    manifest_fault,
    proof_path,
    write_manifest,
)
from ansible_collections.mailops.migration.plugins.module_utils.audit.signature import NO_KEYS, Keys, read_keys
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError

OWNER = Owner("123", "anna@example.com")
LINES: list[dict[str, Any]] = [
    {"kind": "manifest", "ticket": "123", "mailbox": "anna@example.com"},
    {"kind": "message", "uid": 1, "folder": "Pläne \ud800 \u2028"},
    {"kind": "message", "uid": 2, "folder": "INBOX"},
    {"kind": "total", "messages": 2},
]


@pytest.fixture(scope="module")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return new_key(tmp_path_factory.mktemp("key"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "proof" / "anna.manifest"


def new_key(folder: Path) -> Path:
    """As the documentation says that it is made."""
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", folder / "key"], check=True)
    subprocess.run(["openssl", "pkey", "-in", folder / "key", "-pubout", "-out", folder / "key.pub"], check=True)
    return folder / "key"


def keys_of(key_file: Path) -> Keys:
    return read_keys(str(key_file), "")


def test_same_facts_are_the_same_octets_and_the_file_stays(path: Path, key_file: Path) -> None:
    write_manifest(str(path), LINES, keys_of(key_file))
    before = path.stat(), path.read_bytes()
    write_manifest(str(path), iter(LINES), keys_of(key_file))
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before[0].st_ino, before[0].st_mtime_ns)
    assert (path.read_bytes(), oct(path.stat().st_mode & 0o777)) == (before[1], "0o600")
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    assert manifest_fault(str(path), OWNER, keys_of(key_file)) == ""


Change = Callable[[bytes], bytes]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda text: text.replace(b'"uid":2', b'"uid":3'), "was changed: its SHA-256 is "),
        (lambda text: text.replace(b'"mailbox":"anna', b'"mailbox":"bert'), "is that of 'bert@example.com', ticket "),
        (lambda text: text[:-90], "is cut off: it has no end after 5 lines"),
        (lambda text: text[:-1], "is cut off"),
        (lambda text: b"".join(text.splitlines(keepends=True)[:-1]), "is cut off: it has no end after 4 lines"),
        (lambda text: b"".join(text.splitlines(keepends=True)[i] for i in (0, 1, 3, 4)), "lines were removed or added"),
        (lambda text: b"".join(text.splitlines(keepends=True)[i] for i in (0, 2, 1, 3, 4)), "was changed"),
        (lambda text: b"", "does not begin as a manifest does"),
        (lambda text: b"[" * 100_000, "does not begin as a manifest does"),
        (lambda text: text + text, "was changed"),
    ],
)
def test_change_is_found_without_a_key_and_named(path: Path, change: Change, fault: str) -> None:
    write_manifest(str(path), LINES, NO_KEYS)
    path.write_bytes(change(path.read_bytes()))
    told = manifest_fault(str(path), OWNER, NO_KEYS)
    assert fault in told or (fault == "was changed" and "lines were removed or added" in told)


def test_manifest_of_another_ticket_is_exchanged(path: Path) -> None:
    write_manifest(str(path), LINES, NO_KEYS)
    assert "it was exchanged" in manifest_fault(str(path), Owner("124", OWNER.mailbox), NO_KEYS)


def test_forged_end_is_found_by_the_public_key_alone(path: Path, key_file: Path, tmp_path: Path) -> None:
    public = read_keys("", f"{key_file}.pub")
    write_manifest(str(path), LINES, keys_of(key_file))
    assert manifest_fault(str(path), OWNER, public) == ""

    forged = [*LINES[:2], {**LINES[2], "uid": 3}, LINES[3]]
    write_manifest(str(path), forged, keys_of(new_key(tmp_path)))
    assert manifest_fault(str(path), OWNER, public) == "has a signature that is not of the given key"
    write_manifest(str(path), forged, NO_KEYS)
    assert manifest_fault(str(path), OWNER, public).startswith("is not signed, and a key is given")


def test_signature_can_be_checked_with_openssl_alone(path: Path, key_file: Path, tmp_path: Path) -> None:
    write_manifest(str(path), LINES, keys_of(key_file))
    script = (
        'head -n -1 "$1" | sha256sum | head -c 64 > digest\n'
        'tail -n 1 "$1" | sed \'s/.*"signature":"//; s/".*//\' | base64 -d > signature\n'
        'openssl pkeyutl -verify -pubin -inkey "$2" -rawin -in digest -sigfile signature\n'
    )
    command = ["bash", "-euc", script, "x", str(path), f"{key_file}.pub"]
    assert subprocess.run(command, cwd=tmp_path, check=False, capture_output=True).returncode == 0
    path.write_bytes(path.read_bytes().replace(b'"uid":2', b'"uid":3'))
    assert subprocess.run(command, cwd=tmp_path, check=False, capture_output=True).returncode != 0


def test_key_that_is_none_is_told_with_the_way_to_make_one(tmp_path: Path, key_file: Path) -> None:
    (tmp_path / "rubbish").write_text("-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----\n")
    subprocess.run(["openssl", "genpkey", "-algorithm", "x25519", "-out", tmp_path / "other"], check=True)
    for name, told in (("rubbish", "no private key"), ("none", "No such file"), ("other", "not of the kind Ed25519")):
        with pytest.raises(ConfigurationError, match=told) as error:
            read_keys(str(tmp_path / name), "")
        assert "openssl genpkey -algorithm ed25519" in error.value.text()
        assert "secret" not in error.value.text()
    with pytest.raises(ConfigurationError, match="not the public half"):
        read_keys(str(key_file), f"{new_key(tmp_path)}.pub")


@pytest.mark.parametrize(
    "mailbox", ["anna@example.com", "../../x/y@example.com", "...", "ä{{ 1 }}\n@example.com", "a" * 300]
)
def test_file_of_any_address_lies_in_the_folder(mailbox: str) -> None:
    found = Path(proof_path("/proof", mailbox, "manifest"))
    assert found.parent == Path("/proof")
    assert not found.name.startswith(".")
    assert found.name.isascii()
    assert len(found.name) < 128


def test_no_two_addresses_share_a_file() -> None:
    assert proof_path("/p", "a/b@example.com", "md") != proof_path("/p", "a_b@example.com", "md")
    assert proof_path("/p", "Anna@Example.com", "md") == proof_path("/p", "anna@example.com", "md")


def test_value_of_a_line_is_what_was_given(path: Path) -> None:
    write_manifest(str(path), LINES, NO_KEYS)
    assert [json.loads(line) for line in path.read_bytes().splitlines()][:-1] == LINES
