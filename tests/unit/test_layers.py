# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Holds the imports of every file against the last column of docs/architecture.md."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PLUGINS = Path(__file__).parents[2] / "plugins"
MODULE_UTILS = PLUGINS / "module_utils"
PACKAGE = "ansible_collections.mailops.migration.plugins.module_utils"

ROOMS = {
    "core": {"core"},
    "ticket": {"core", "ticket"},
    "imap": {"core", "imap"},
    "oauth": {"core", "oauth"},
    "sync": {"core", "imap", "sync"},
    "archive": {"core", "imap", "sync", "archive"},
    "audit": {"core", "imap", "sync", "audit"},
    "dns": {"core", "dns"},
    "dav": {"core", "sync", "dav"},
    "platform": {"core", "platform"},
    "clients": {"core", "clients"},
    "updates": {"core", "ticket_state", "updates"},
    "ticket_state": {"core", "ticket_state"},
    "report": {"core", "report"},
    "support": {
        "core", "ticket", "imap", "oauth", "sync", "audit", "archive", "dns", "platform", "ticket_state",
        "clients", "dav", "report", "updates", "support",
    },
}

# Parts of the standard library that read no clock, no file, no network and no randomness.
PURE = {
    "__future__", "abc", "array", "base64", "binascii", "bisect", "codecs", "collections", "collections.abc",
    "contextlib", "csv", "dataclasses", "datetime", "difflib", "email.utils", "enum", "fnmatch", "functools",
    "hashlib", "heapq", "hmac", "html", "ipaddress", "itertools", "json", "math", "operator", "re", "string",
    "textwrap", "types", "typing", "unicodedata", "urllib.parse",
}  # fmt: skip
PURE_ROOMS = {
    "core": PURE,
    "ticket": PURE | {"io", "os.path", "zoneinfo"},
    "clients": PURE | {"plistlib", "uuid", "xml.etree"},
    "report": PURE | {"io", "shlex", "zoneinfo"},
}
IMPURE_CALLS = {"open", "print", "input", "eval", "exec", "__import__"}
CLOCKS = {"now", "utcnow", "today"}

# One place imports each library, behind a guard: modules must load without it.
THIRD_PARTY: dict[str, str | tuple[str, ...]] = {
    "imapclient": "imap/library.py",
    "dns": "dns/library.py",
    "msal": "oauth/microsoft.py",
    "google": "oauth/google.py",
    "yaml": "ticket/yaml_nodes.py",
    "bcrypt": "platform/password_hash.py",
    "argon2": "platform/password_hash.py",
    "requests": ("platform/mailcow_http.py", "dav/dav_http.py"),
    "lxml": "dav/xml.py",
    "vobject": "dav/verdict.py",
    "icalendar": "dav/zones.py",
    "cryptography": "audit/signature.py",
    "rich": "support/progress_bars.py",
    "jinja2": ("updates/message.py", "support/report_page.py"),
    "markupsafe": "support/report_page.py",
}


def python_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.py") if path.name != "__init__.py")


def imports(tree: ast.AST, package: str) -> Iterator[str]:
    """Full dotted names of the modules that a file of ``package`` imports, anywhere in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            levels = package.split(".")
            head = levels[: len(levels) - node.level + 1] if node.level else []
            modules = [node.module] if node.module else [alias.name for alias in node.names]
            yield from (".".join([*head, module]) for module in modules)


def violations(source: str, file: str) -> list[str]:
    """What a file of module_utils (``room/name.py``) does against the map."""
    room = file.partition("/")[0]
    tree = ast.parse(source)
    found = [why for name in imports(tree, f"{PACKAGE}.{room}") if (why := forbidden(name, room, file))]
    if room in PURE_ROOMS:
        found += impure_calls(tree)
    return found + unguarded(tree)


def forbidden(name: str, room: str, file: str) -> str | None:
    top = name.partition(".")[0]
    if name == PACKAGE or name.startswith(PACKAGE + "."):
        other = name.removeprefix(PACKAGE).split(".")[1:2]
        return None if other and other[0] in ROOMS[room] else f"{room} imports {name}"
    if top == "ansible":
        return None if room == "support" else f"{room} imports {name}"
    if top in sys.stdlib_module_names:
        return None if room not in PURE_ROOMS or name in PURE_ROOMS[room] else f"{room} imports the impure {name}"
    places = THIRD_PARTY.get(top, ())
    return None if file in (places, *places) else f"{file} imports {name}, the place of which is {places}"


def impure_calls(tree: ast.AST) -> list[str]:
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    names = [call.id for call in calls if isinstance(call, ast.Name) and call.id in IMPURE_CALLS]
    return names + [call.attr for call in calls if isinstance(call, ast.Attribute) and call.attr in CLOCKS]


def unguarded(tree: ast.Module) -> list[str]:
    """Third-party imports that stand bare at the top level."""
    bare = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    names = (name.partition(".")[0] for node in bare for name in imports(node, PACKAGE))
    return [f"{name} is imported without a guard" for name in names if name in THIRD_PARTY]


@pytest.mark.parametrize("path", python_files(MODULE_UTILS), ids=lambda path: str(path.relative_to(MODULE_UTILS)))
def test_file_keeps_to_the_map(path: Path) -> None:
    assert violations(path.read_text("utf-8"), path.relative_to(MODULE_UTILS).as_posix()) == []


@pytest.mark.parametrize(
    "path",
    [path for path in python_files(PLUGINS) if MODULE_UTILS not in path.parents],
    ids=lambda path: str(path.relative_to(PLUGINS)),
)
def test_plugin_leaves_other_libraries_to_module_utils(path: Path) -> None:
    known = {*sys.stdlib_module_names, "ansible", "ansible_collections"}
    names = imports(ast.parse(path.read_text("utf-8")), "ansible_collections.mailops.migration.plugins.x")
    assert [name for name in names if name.partition(".")[0] not in known] == []


def test_map_names_the_same_rooms() -> None:
    architecture = (PLUGINS.parent / "docs" / "architecture.md").read_text("utf-8")
    assert {room for room in ROOMS if f"`plugins/module_utils/{room}/`" in architecture} == set(ROOMS)
    assert {path.parent.relative_to(MODULE_UTILS).parts[0] for path in python_files(MODULE_UTILS)} <= set(ROOMS)


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("core/x.py", "import os"),
        ("core/x.py", "from email import message"),
        ("core/x.py", "from datetime import datetime\ndatetime.now()"),
        ("core/x.py", "open('x')"),
        ("core/x.py", f"from {PACKAGE}.imap.wire import Wire"),
        ("core/x.py", "from ..imap.wire import Wire"),
        ("core/x.py", "from .. import sync"),
        ("ticket/x.py", "import socket"),
        ("ticket/x.py", "from ..sync import journal"),
        ("imap/x.py", "try:\n    import imapclient\nexcept ImportError:\n    pass"),
        ("imap/session.py", "import imapclient"),
        ("imap/x.py", "from ansible.module_utils.basic import AnsibleModule"),
        ("sync/x.py", f"from {PACKAGE}.platform import driver"),
        ("platform/x.py", "def f():\n    from ..sync.journal import Journal"),
        ("support/x.py", "import requests"),
        ("support/x.py", "from ansible_collections.community.dns.plugins.module_utils import names"),
    ],
)
def test_import_against_the_map_is_found(file: str, source: str) -> None:
    assert violations(source, file) != []


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("core/x.py", "from collections.abc import Iterable\nfrom .errors import MigrationError"),
        ("sync/x.py", "import os\nfrom ..imap import diagnose\nfrom . import journal"),
        ("imap/library.py", "try:\n    import imapclient\nexcept ImportError:\n    pass"),
        (
            "support/x.py",
            f"from ansible.module_utils.basic import AnsibleModule\nfrom {PACKAGE}.sync.engine import run",
        ),
    ],
)
def test_import_that_the_map_allows_passes(file: str, source: str) -> None:
    assert violations(source, file) == []
