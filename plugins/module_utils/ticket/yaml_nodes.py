# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""YAML text to plain nodes that know their line and what was written (``22:00`` stays that, and no number).

The one place of the collection's library that imports PyYAML, which comes with ansible-core.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError

try:
    import yaml
except ImportError:
    HAS_YAML = False
else:
    HAS_YAML = True


@dataclass(frozen=True, slots=True)
class Scalar:
    """``kind`` is YAML's word for the plain value: str, int, float, bool, null, timestamp."""

    line: int
    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class ListNode:
    line: int
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class MapNode:
    line: int
    entries: tuple[tuple[Scalar, Node], ...]


Node: TypeAlias = "Scalar | ListNode | MapNode"


def parse_yaml(text: str) -> Node:
    """Return the root node; an empty text is an empty map.

    Raises ConfigurationError for what is no YAML; its ``where`` is ``line N``. The text itself is never quoted.
    """
    if not HAS_YAML:
        raise ConfigurationError("PyYAML is missing", remedy="Install PyYAML for the Python that runs Ansible")
    try:
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text, Loader=yaml.SafeLoader)):
            raise ConfigurationError("YAML aliases (*name) are not taken here", remedy="Write the value out")
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as problem:
        line = problem.problem_mark.line + 1 if problem.problem_mark else 1
        raise ConfigurationError(f"is no valid YAML: {problem.problem}", where=f"line {line}") from None
    except yaml.YAMLError:
        raise ConfigurationError("is no valid YAML: it holds characters that are not allowed") from None
    return _node(root) if root is not None else MapNode(1, ())


def value_spans(text: str) -> list[tuple[tuple[str, ...], str, int, int]]:
    """The plain values of all maps: the keys that lead to one, its text, and where it stands in ``text``.

    Raises ConfigurationError as :func:`parse_yaml` does.
    """
    parse_yaml(text)
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    return list(_spans(root, ())) if root is not None else []


def _spans(node: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str, int, int]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _spans(value, (*path, str(key.value)))
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _spans(item, path)
    else:
        yield path, node.value, node.start_mark.index, node.end_mark.index


def _node(node: Any) -> Node:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        return ListNode(line, tuple(map(_node, node.value)))
    if isinstance(node, yaml.MappingNode):
        return MapNode(line, tuple((_key(key), _node(value)) for key, value in node.value))
    return Scalar(line, node.value, node.tag.rpartition(":")[2])


def _key(node: Any) -> Scalar:
    key = _node(node)
    return key if isinstance(key, Scalar) else Scalar(key.line, "", "complex")
