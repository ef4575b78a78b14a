"""The policy that a `.dive-ci` file states, as dive reads it.

Its three rules, their defaults, and what switches one off are those of dive's source at commit
d6c691947f8f; names of keys are taken in any case, as dive 0.13.1 does. A rule fails when its
threshold is passed, never when it is met. Ratios and sizes are rounded to the float that dive
compares with, so that a number is on the same side of a threshold here and there.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING

from layerscope.errors import UsageError, shown
from layerscope.gate.policy import Budget, Policy
from layerscope.gate.policy_tables import inside
from layerscope.units import parse_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    from yaml.nodes import Node

DEFAULTS = {
    "lowestEfficiency": "0.9",
    "highestWastedBytes": "disabled",
    "highestUserWastedPercent": "0.1",
}
"""The rules, with what holds where a file does not say."""

DISABLED = frozenset({"", "disabled", "off", "false"})
"""What switches a rule off, in any case."""

NODES_MOST = 10_000
"""No `.dive-ci` has as many values; what has is refused before it is taken apart."""

DEPTH_MOST = 50

_RATIO = re.compile(r"[+-]?(?:[0-9]{1,40}\.?[0-9]{0,40}|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,2})?")
_SIZE = re.compile(r"(?P<number>[0-9]{1,20}(?:\.[0-9]{0,20})?|\.[0-9]{1,20})\s*(?P<unit>[a-zA-Z]*)")
_DIGITS = re.compile(r"0|[1-9][0-9]*", re.ASCII)
_NAMES = {name.lower(): name for name in DEFAULTS}
_INT = "tag:yaml.org,2002:int"
_NULL = "tag:yaml.org,2002:null"
_MERGE = "tag:yaml.org,2002:merge"


def policy_of_dive_ci(text: str, file: str) -> Policy:
    """The policy that the file states, its budgets named as dive names its rules.

    Args:
        text: YAML; of several documents the first counts, as for dive.
        file: What it was read from, for messages and reports.

    There is no budget in it if the file switches all three rules off: dive passes all then.

    Raises: `UsageError` if it is no YAML, or a value is none that dive would take.
    """
    budgets: list[Budget] = []
    disabled: list[str] = []
    with inside(shown(file)):
        rules = _rules(text)
        for name, default in DEFAULTS.items():
            written, line = rules.get(name.lower(), (default, 0))
            if written.strip().lower() in DISABLED:
                disabled.append(name)
                continue
            with inside(name):
                budgets.append(_BUDGETS[name](written.strip(), line))
    return Policy(budgets=tuple(budgets), origin="dive-ci", file=file, disabled=tuple(disabled))


def _efficiency(text: str, line: int) -> Budget:
    return Budget("lowestEfficiency", "dive_efficiency", minimum=_ratio(text), line=line)


def _wasted(text: str, line: int) -> Budget:
    return Budget("highestWastedBytes", "dive_wasted_bytes", maximum=_size(text), line=line)


def _user_wasted(text: str, line: int) -> Budget:
    # The ratio of an image of one layer is that of nothing to nothing, which dive lets pass.
    return Budget(
        "highestUserWastedPercent",
        "dive_user_wasted_ratio",
        maximum=_ratio(text),
        not_measured="pass",
        line=line,
    )


_BUDGETS: dict[str, Callable[[str, int], Budget]] = {
    "lowestEfficiency": _efficiency,
    "highestWastedBytes": _wasted,
    "highestUserWastedPercent": _user_wasted,
}


def _ratio(text: str) -> Fraction:
    """The shortest decimal number of the float, which keeps floats in their order."""
    found = Fraction(repr(float(text))) if _RATIO.fullmatch(text) else None
    if found is None or not 0 <= found <= 1:
        raise UsageError(f"expected a ratio from 0 to 1 or disabled, found {shown(text, 40)}")
    return found


def _size(text: str) -> Fraction:
    """Whole bytes. dive multiplies floats and cuts what is left of a byte."""
    found = _SIZE.fullmatch(text.replace(",", ""))
    try:
        factor = parse_bytes(f"1{found['unit']}") if found else 0
    except UsageError:
        factor = 0
    if found is None or not factor:
        raise UsageError(
            f"expected a size such as 20MB or 20MiB, or disabled, found {shown(text, 40)}"
        )
    return Fraction(int(float(found["number"]) * factor))


def _rules(text: str) -> dict[str, tuple[str, int]]:
    """What the file says of each rule, by its name in small letters: the text and its line.

    Nodes are read as they stand and no value is made of them: `off` and `false` are then the words
    that were written, and an alias costs no more than what it stands for.
    """
    root = _root(text)
    found: dict[str, tuple[str, int]] = {}
    if root is None or root.tag == _NULL:
        return found
    for key, value in _pairs(root, "expected a mapping with the key rules").items():
        if key == "rules" and value.tag != _NULL:
            for name, node in _pairs(value, "rules: expected a mapping").items():
                _note(found, name, node)
        elif key.startswith("rules."):
            _note(found, key.removeprefix("rules."), value)
    return found


def _root(text: str) -> Node | None:
    """The first document as nodes; None if there is nothing in it."""
    import yaml  # noqa: PLC0415 - only for .dive-ci

    try:
        depth = 0
        for count, event in enumerate(yaml.parse(text, Loader=yaml.SafeLoader)):
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if count > NODES_MOST or depth > DEPTH_MOST:
                raise UsageError(
                    f"expected at most {NODES_MOST} values, nested at most {DEPTH_MOST} deep"
                )
            if isinstance(event, yaml.DocumentEndEvent):
                break
        loader = yaml.SafeLoader(text)
        root: Node | None = loader.get_node() if loader.check_node() else None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark is not None else ""
        what = getattr(error, "problem", None) or getattr(error, "reason", None) or "not readable"
        raise UsageError(f"expected YAML, found a fault{where}: {shown(what, 80)}") from None
    except (ValueError, OverflowError):
        # PyYAML asks `chr` for whatever an escape such as "\\UFFFFFFFF" names.
        raise UsageError("expected YAML, found an escape that names no character") from None
    return root


def _note(found: dict[str, tuple[str, int]], name: str, node: Node) -> None:
    """Keeps what a rule is set to; a rule that is set to nothing (null) keeps its default."""
    if name not in _NAMES or node.tag == _NULL:
        return
    if not isinstance(node.value, str):
        raise UsageError(f"{_NAMES[name]}: expected one value, found several")
    if node.tag == _INT and not _DIGITS.fullmatch(node.value):
        # YAML 1.1 takes 010 for eight, and 1_000 and 1:00 for whole numbers too.
        raise UsageError(f"{_NAMES[name]}: expected digits alone, found {shown(node.value, 40)}")
    found[name] = (node.value, node.start_mark.line + 1)


def _pairs(node: Node, problem: str, *, merged: bool = False) -> dict[str, Node]:
    """The values of a mapping by their keys in small letters; keys that are no texts are left out.

    What is merged into it (`<<`) gives way to its own keys, and later to earlier.
    """
    from yaml import MappingNode, SequenceNode  # noqa: PLC0415 - only for .dive-ci

    if not isinstance(node, MappingNode):
        raise UsageError(problem)
    found: dict[str, Node] = {}
    below: dict[str, Node] = {}
    for key, value in node.value:
        if key.tag == _MERGE:
            if merged:
                raise UsageError("expected no << in what is merged by another")
            for part in value.value if isinstance(value, SequenceNode) else [value]:
                below = _pairs(part, "expected a mapping after <<", merged=True) | below
        elif isinstance(key.value, str):
            name = key.value.lower()
            if name in found:
                raise UsageError(f"{shown(key.value, 40)}: stands there twice")
            found[name] = value
    return below | found
