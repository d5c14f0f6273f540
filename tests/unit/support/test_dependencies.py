# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.support.dependencies import LIBRARIES, missing_text

from tests.support.module_runs import COLLECTIONS

ROOT = Path(__file__).parents[3]
REQUIREMENTS = "".join(
    (ROOT / "requirements" / name).read_text()
    for name in ("../requirements.txt", "oauth.txt", "mailcow.txt", "proof.txt")
)


def test_nothing_is_said_about_libraries_that_are_there():
    assert missing_text("bcrypt", "imapclient") == ""


def test_every_missing_library_is_named_with_its_purpose(monkeypatch):
    monkeypatch.setitem(sys.modules, "bcrypt", None)
    monkeypatch.setitem(sys.modules, "dns", None)
    text = missing_text("dns", "bcrypt", "imapclient")
    assert "(dnspython)" in text
    assert "(bcrypt)" in text
    assert "to hash passwords with the scheme BLF-CRYPT" in text
    assert "imapclient" not in text


@pytest.mark.parametrize("package", re.findall(r"^([a-z0-9-]+)>=", REQUIREMENTS, re.MULTILINE))
def test_every_required_package_is_known_to_the_guard(package):
    assert package in {library.package for library in LIBRARIES.values()}


IMPORT_ALL = """
import importlib, pathlib, sys
for name in sys.argv[2:]:
    sys.modules[name] = None
root = pathlib.Path(sys.argv[1])
for path in sorted(root.rglob("[a-z]*.py")):
    importlib.import_module(".".join(("ansible_collections.mailops.migration.plugins.module_utils",
                                      *path.relative_to(root).with_suffix("").parts)))
"""


def test_every_file_loads_without_the_libraries_so_that_what_is_missing_can_be_told():
    libraries = ("imapclient", "msal", "google", "bcrypt", "argon2", "dns", "icalendar", "vobject", "lxml",
                 "requests")
    command = [sys.executable, "-c", IMPORT_ALL, str(ROOT / "plugins" / "module_utils"), *libraries]
    done = subprocess.run(
        command, env={"PYTHONPATH": str(COLLECTIONS)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_libraries_for_tokens_are_loaded_only_when_a_token_is_fetched():
    engine = "ansible_collections.mailops.migration.plugins.module_utils.support.sync_task"
    script = f"import sys, {engine}; print({{'msal', 'google.auth', 'requests', 'cryptography'}} & sys.modules.keys())"
    done = subprocess.run(
        [sys.executable, "-c", script], env={"PYTHONPATH": str(COLLECTIONS)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout == "set()\n", done.stderr
