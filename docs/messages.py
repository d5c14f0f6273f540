# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every message of the code that comes with a remedy, as a page in Markdown: python docs/messages.py PLUGINS

Messages are read from the source: a call that has the argument ``remedy`` (errors, failures), or a finding of the
ticket's reader (``error``, ``warning``, ``notice`` with a remedy). An ellipsis is what is only known at run time.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

AREAS = {
    "ticket": "The customer's files and ticket.yml",
    "imap": "Connections, logins and folders",
    "oauth": "Access tokens",
    "sync": "Passes and journals",
    "audit": "Verification and proof",
    "archive": "The archive",
    "dns": "DNS",
    "dav": "Contacts and calendars",
    "platform": "The platform",
    "clients": "Client set-up",
    "updates": "Updates of tickets",
    "ticket_state": "What is remembered of a ticket",
    "core": "Settings and decisions",
    "support": "Options of modules",
    "report": "The report",
    "": "Inventory, lookups and other plugins",
}
_FINDING = {"error", "warning", "notice"}
_Names = Mapping[str, ast.expr]


@dataclass(frozen=True, order=True)
class Message:
    """What is said, and what is to be done; an ellipsis stands for what is known only when it happens."""

    area: str
    text: str
    remedy: str


def messages(plugins: Path) -> list[Message]:
    """All messages of the code below ``plugins``, each once."""
    found: set[Message] = set()
    for path in sorted(plugins.rglob("*.py")):
        parts = path.relative_to(plugins).parts
        area = parts[1] if parts[0] == "module_utils" and parts[1] in AREAS else ""
        found.update(Message(area, text, remedy) for text, remedy in _of_file(ast.parse(path.read_text())))
    return sorted(found)


def page(found: list[Message]) -> str:
    """The messages as a page, an area after the other."""
    blocks = [
        "# Every message with a remedy",
        "Made from the source. An ellipsis stands for what is known only when it happens: a name, a number, a server's"
        " own words. What comes up most often, in more words: [troubleshooting](../troubleshooting.md).",
    ]
    for area, title in AREAS.items():
        rows = [f"| {_cell(one.text)} | {_cell(one.remedy)} |" for one in found if one.area == area]
        if rows:
            blocks += [f"## {title}", "\n".join(["| it says | do |", "|---|---|", *rows])]
    return "\n\n".join(blocks) + "\n"


def _of_file(tree: ast.Module) -> Iterator[tuple[str, str]]:
    constants = _assigned(tree.body)
    inside: dict[ast.AST, _Names] = {}
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            names = {**constants, **_assigned(list(ast.walk(function)))}
            inside.update(dict.fromkeys(ast.walk(function), names))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            text, remedy = _parts(node, inside.get(node, constants))
            if re.search(r"\w", text) and re.search(r"\w", remedy):
                yield text, remedy


def _assigned(nodes: list[ast.stmt] | list[ast.AST]) -> dict[str, ast.expr]:
    """What plain names are set to; of several values the last one."""
    return {
        target.id: node.value
        for node in nodes
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _parts(call: ast.Call, names: _Names) -> tuple[str, str]:
    given = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    if isinstance(call.func, ast.Attribute) and call.func.attr in _FINDING and len(call.args) >= 3:
        # (line, column, message, remedy), or (column, message, remedy) for a row that knows its line.
        *_place, text, remedy = call.args
        if len(call.args) == 3 and " " not in _text(text, names):
            return "", ""
        return _text(text, names), _text(remedy, names)
    text = next((given[name] for name in ("message", "what", "reason") if name in given), None)
    if "remedy" not in given or (text is None and not call.args):
        return "", ""
    return _text(text or call.args[0], names), _text(given["remedy"], names)


def _text(node: ast.expr, names: _Names, depth: int = 0) -> str:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else "…"
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part, names, depth) if isinstance(part, ast.Constant) else "…" for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _text(node.left, names, depth) + _text(node.right, names, depth)
    if isinstance(node, ast.IfExp):
        return " / ".join(dict.fromkeys([_text(node.body, names, depth), _text(node.orelse, names, depth)]))
    if isinstance(node, ast.Name) and node.id in names and depth < 5:
        return _text(names[node.id], names, depth + 1)
    return "…"


def _cell(text: str) -> str:
    """As text that no mark in it turns into anything else."""
    return re.sub(r"([\\`*_{}\[\]<>#|~$@])", r"\\\1", re.sub(r"\s+", " ", text).strip())


if __name__ == "__main__":
    sys.stdout.write(page(messages(Path(sys.argv[1]))))
