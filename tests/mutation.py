# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How many small faults in the pure core its unit tests notice.

python -m tests.mutation [--each N] [NAME …]   N faults of every file (all without it), NAME such as flags or compare

Every fault is one change of the syntax tree: a comparison turned, an operator swapped, a condition dropped, a number
one off, a result left out. It is tried in a process of its own with the tests that import the file.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import copy
import importlib
import multiprocessing
import multiprocessing.connection
import os
import random
import signal
import sys
import types
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
CORE = ROOT / "plugins" / "module_utils" / "core"
PACKAGE = "ansible_collections.mailops.migration.plugins.module_utils.core"
PATIENCE = 180
WORKERS = 2

# Tests that reach a file through others than its name tells.
MORE_TESTS = {
    "matching": ("core/test_compare*.py",),
    "folders": ("core/test_folder_plan.py",),
    "folder_places": ("core/test_folder_plan.py", "sync/test_folder_maker.py"),
    "folder_fallback": ("core/test_folder_plan.py", "sync/test_folder_maker.py"),
    "messages": ("core/test_compare*.py", "core/test_sync_plan.py"),
}

SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.FloorDiv: ast.Mult, ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr, ast.Break: ast.Continue, ast.Continue: ast.Break,
}  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """One changed file; ``what`` says where and how."""

    name: str
    what: str
    tree: ast.Module


def faults(name: str) -> list[Fault]:
    """All the faults of one file, in the order of its lines."""
    tree = ast.parse((CORE / f"{name}.py").read_text())
    found = []
    for number, (node, _unused, _unused) in enumerate(_sites(tree)):
        changed = copy.deepcopy(tree)
        _same, change, words = list(_sites(changed))[number]
        change()
        where = f"{name}.py:{getattr(node, 'lineno', '?')}"
        found.append(Fault(name, f"{where} {words}", ast.fix_missing_locations(changed)))
    return found


def unchanged(name: str) -> Fault:
    """The file as it is: its tests must pass, or they would notice anything."""
    return Fault(name, name, ast.parse((CORE / f"{name}.py").read_text()))


def _sites(tree: ast.AST) -> Iterator[tuple[ast.AST, Callable[[], None], str]]:
    """Each place that can be changed: the node, what changes it, and words for it."""
    for node in _walk(tree):
        if isinstance(node, ast.Compare):
            for at, operator in enumerate(node.ops):
                if type(operator) in SWAPS:
                    yield node, _setter(node.ops, at, SWAPS[type(operator)]()), f"{ast.unparse(node)}: turned"
        elif isinstance(node, ast.BoolOp | ast.BinOp | ast.AugAssign) and type(node.op) in SWAPS:
            yield node, _attribute(node, "op", SWAPS[type(node.op)]()), f"{ast.unparse(node)[:70]}: other operator"
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield node, _drop_not(node), f"{ast.unparse(node)}: not dropped"
        elif isinstance(node, ast.IfExp):
            yield node, _swap(node, "body", "orelse"), f"{ast.unparse(node)[:70]}: branches swapped"
        elif isinstance(node, ast.comprehension) and node.ifs:
            yield node.iter, _attribute(node, "ifs", []), f"if {ast.unparse(node.ifs[0])[:60]}: dropped"
        elif isinstance(node, ast.Constant) and type(node.value) in (bool, int):
            other = not node.value if isinstance(node.value, bool) else node.value + 1
            yield node, _attribute(node, "value", other), f"{node.value}: {other}"
        elif isinstance(node, ast.Return) and not (isinstance(node.value, ast.Constant) or node.value is None):
            yield node, _attribute(node, "value", ast.Constant(None)), f"{ast.unparse(node)[:70]}: None"


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes but annotations, decorators and base classes, parents first."""
    yield node
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list", "bases", "type_params"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _walk(child)


def _setter(items: list[ast.cmpop], at: int, value: ast.AST) -> Callable[[], None]:
    return lambda: items.__setitem__(at, value)  # type: ignore[call-overload, no-any-return]


def _attribute(node: ast.AST, name: str, value: object) -> Callable[[], None]:
    return lambda: setattr(node, name, value)


def _drop_not(node: ast.UnaryOp) -> Callable[[], None]:
    """``not not x`` is the truth of x."""
    return lambda: setattr(node, "operand", ast.UnaryOp(ast.Not(), node.operand))


def _swap(node: ast.AST, one: str, other: str) -> Callable[[], None]:
    def change() -> None:
        first, second = getattr(node, one), getattr(node, other)
        setattr(node, one, second)
        setattr(node, other, first)

    return change


def tests_of(name: str) -> list[str]:
    """The unit tests that import this file, and those that reach it otherwise."""
    unit = ROOT / "tests" / "unit"
    found = [path for path in unit.rglob("test_*.py") if f".core.{name} import" in path.read_text()]
    if any(path.parent.name == "core" for path in found):
        found = [path for path in found if path.parent.name == "core"]
    found += [path for pattern in MORE_TESTS.get(name, ()) for path in unit.glob(pattern)]
    return sorted({str(path) for path in found})


def is_noticed(fault: Fault, tests: Sequence[str]) -> bool:
    """Whether a test fails, or never ends, with this fault. Runs in a process of its own."""
    signal.alarm(PATIENCE)
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
        try:
            _install(fault)
        except Exception:
            return True
        import pytest

        return pytest.main(["-x", "-q", "--no-header", "-p", "no:cacheprovider", *tests]) != 0


def _install(fault: Fault) -> None:
    """Put the changed file in the place of the one that the tests would import."""
    package = importlib.import_module(PACKAGE)
    full = f"{PACKAGE}.{fault.name}"
    module = types.ModuleType(full)
    module.__package__, module.__file__ = PACKAGE, str(CORE / f"{fault.name}.py")
    sys.modules[full] = module
    exec(compile(fault.tree, module.__file__, "exec"), module.__dict__)
    setattr(package, fault.name, module)


def _try(fault: Fault, tests: Sequence[str], answers: multiprocessing.SimpleQueue[tuple[str, bool]]) -> None:
    answers.put((fault.what, is_noticed(fault, tests)))


def survivors(chosen: Sequence[Fault]) -> list[str]:
    """The faults that no test notices. A process that was ended by the alarm has not answered: it never ended."""
    fork = multiprocessing.get_context("fork")
    answers: multiprocessing.SimpleQueue[tuple[str, bool]] = fork.SimpleQueue()
    running: list[multiprocessing.process.BaseProcess] = []
    waiting, unnoticed = list(chosen), []
    while waiting or running:
        while waiting and len(running) < WORKERS:
            fault = waiting.pop(0)
            running.append(fork.Process(target=_try, args=(fault, tests_of(fault.name), answers)))
            running[-1].start()
        multiprocessing.connection.wait([process.sentinel for process in running])
        running = [process for process in running if process.is_alive()]
        while not answers.empty():
            what, noticed = answers.get()
            unnoticed += [] if noticed else [what]
    return unnoticed


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__.splitlines()[0])
    parser.add_argument("--each", type=int, default=0, help="so many faults of each file, chosen by a fixed seed")
    parser.add_argument("names", nargs="*", help="files of the core without .py; all of them by default")
    options = parser.parse_args()
    sys.path[:0] = [str(ROOT / ".ansible" / "collections"), str(ROOT)]
    for module in ("pytest", "_pytest", "hypothesis.strategies", "hypothesis.extra.pytestplugin"):
        with contextlib.suppress(ImportError):
            importlib.import_module(module)
    names = options.names or sorted(path.stem for path in CORE.glob("*.py") if path.stem != "__init__")
    total = noticed = 0
    for name in names:
        every = faults(name)
        chosen = random.Random(name).sample(every, min(options.each or len(every), len(every)))
        if tests_of(name) and not survivors([unchanged(name)]):
            sys.exit(f"the tests of {name} fail without any fault")
        left = survivors(chosen) if tests_of(name) else [fault.what for fault in chosen]
        total, noticed = total + len(chosen), noticed + len(chosen) - len(left)
        print(f"{name:20} {len(chosen) - len(left):4} of {len(chosen):4} noticed", flush=True)
        for what in sorted(left):
            print(f"    unnoticed: {what}", flush=True)
    print(f"{'all':20} {noticed:4} of {total:4} noticed ({100 * noticed / max(total, 1):.0f} %)")


if __name__ == "__main__":
    main()
