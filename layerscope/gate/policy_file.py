"""The policy that a decoded `layerscope.toml` states, or the first thing that is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from layerscope.errors import UsageError, shown
from layerscope.gate.metrics import AGAINST_A_BASELINE, METRICS, metric_named
from layerscope.gate.policy import Budget, Policy, Waiver
from layerscope.gate.policy_scope import SCOPES, pattern, scope_of
from layerscope.gate.policy_tables import (
    TABLES,
    BudgetTable,
    GateTable,
    converted,
    found_text,
    inside,
    refuse_unknown,
)
from layerscope.gate.policy_words import amount, is_percentage, percentage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from layerscope.gate.metrics import Metric
    from layerscope.gate.policy import Severity, WhenUnknown
    from layerscope.gate.policy_words import Written

SEVERITIES = ("fail", "warn")
OUTCOMES = ("fail", "warn", "pass")
MEANINGS = {"error": "fail", "failure": "fail", "warning": "warn", "ok": "pass", "ignore": "pass"}
"""What other tools call the same."""

BOUNDS = ("max", "min", "max-increase", "max-increase-percent")
NAME_CHARACTERS = 100
BUDGETS_MOST = 1000

BEYOND_ONE = {"dive_user_wasted_ratio"}
"""Ratios that may be larger than 1."""

EXAMPLE = '[[budget]] metric = "compressed" max = "200 MB" max-increase = "+5 %"'
"""A budget, without its line breaks."""


def policy_of(values: Mapping[str, object], file: str, lines: Sequence[int] = ()) -> Policy:
    """The policy that the values state.

    Args:
        values: As a TOML parser gives them: what `layerscope.toml` holds, or the table
            `[tool.layerscope]`.
        file: What it was read from, for messages and reports.
        lines: Where each budget begins; not used unless there are as many as budgets.

    Raises: `UsageError` for the first thing that is wrong, naming the budget and the key.
    """
    with inside(shown(file)):
        return _policy(values, file, lines)


def _policy(values: Mapping[str, object], file: str, lines: Sequence[int]) -> Policy:
    refuse_unknown(values, TABLES)
    gate = _gate(values.get("gate", {}))
    tables = values.get("budget", [])
    if not isinstance(tables, list):
        raise UsageError(
            f"budget: expected an array of tables, found {found_text(tables)}",
            hint="each budget begins with [[budget]], in double brackets",
        )
    if not tables:
        in_project = file.endswith("pyproject.toml")
        example = EXAMPLE.replace("[[", "[[tool.layerscope.") if in_project else EXAMPLE
        raise UsageError("there is no budget in it", hint=f"such as: {example}")
    if len(tables) > BUDGETS_MOST:
        raise UsageError(f"expected at most {BUDGETS_MOST} budgets, found {len(tables)}")
    known = lines if len(lines) == len(tables) else [0] * len(tables)
    budgets: dict[str, Budget] = {}
    for number, (table, line) in enumerate(zip(tables, known, strict=True), start=1):
        named = _name_for_messages(table)
        with inside(f"budget {number} ({named})" if named else f"budget {number}"):
            budget = _budget(table, line)
            if budget.name in budgets:
                first = list(budgets).index(budget.name) + 1
                raise UsageError(
                    f"name: budget {first} has that name too", hint="give each a name of its own"
                )
        budgets[budget.name] = budget
    baselines = [gate.baseline] if isinstance(gate.baseline, str) else gate.baseline or []
    fail_on = gate.fail_on
    return Policy(
        budgets=tuple(budgets.values()),
        file=file,
        baselines=tuple(baselines),
        require_baseline=gate.require_baseline,
        fail_on=None if fail_on is None else cast("Severity", fail_on),
        dockerfile=gate.dockerfile,
    )


def _gate(value: object) -> GateTable:
    with inside("gate"):
        gate = converted(value, GateTable)
        if gate.fail_on is not None:
            _word("fail-on", gate.fail_on, SEVERITIES)
        given = gate.baseline if isinstance(gate.baseline, list) else [gate.baseline]
        if "" in given or gate.dockerfile == "":
            key = "baseline" if "" in given else "dockerfile"
            raise UsageError(f"{key}: expected the name of a file, found an empty one")
        if any("\0" in (text or "") for text in (*given, gate.dockerfile)):
            raise UsageError("baseline, dockerfile: no file has a NUL in its name")
    return gate


def _budget(value: object, line: int) -> Budget:
    table = converted(value, BudgetTable)
    metric = metric_named(table.metric)
    if metric is None:
        from layerscope.gate.did_you_mean import did_you_mean  # noqa: PLC0415 - only for errors

        raise UsageError(
            f"metric: {shown(table.metric, 40)} is not known",
            hint=did_you_mean(table.metric, metric_words()),
        )
    named = {kind: getattr(table, kind) for kind in SCOPES}
    scope = scope_of({kind: text for kind, text in named.items() if text is not None}, metric)
    image = "" if table.image is None else pattern("image", table.image)
    if image and scope.kind == "run":
        raise UsageError(f"image: {metric.name} is of all images together")
    increase, percent = _growth(table, metric)
    budget = Budget(
        name=table.name.strip() if table.name is not None else _default_name(table, metric),
        metric=metric.name,
        image=image,
        scope=scope,
        maximum=_amount("max", table.max, metric),
        minimum=_amount("min", table.min, metric),
        max_increase=increase,
        max_increase_percent=percent,
        min_change=_amount("min-change", table.min_change, metric, growth=True),
        severity=cast("Severity", _word("severity", table.severity, SEVERITIES)),
        not_measured=cast("WhenUnknown", _word("not-measured", table.not_measured, OUTCOMES)),
        waiver=_waiver(table),
        line=line,
    )
    _check(budget)
    return budget


def _check(budget: Budget) -> None:
    """Refuses a budget that bounds nothing, or whose bounds exclude each other."""
    growth = budget.max_increase is not None or budget.max_increase_percent is not None
    if budget.maximum is None and budget.minimum is None and not growth:
        raise UsageError(f"expected one of {', '.join(BOUNDS)}, found none")
    if growth and budget.metric in AGAINST_A_BASELINE:
        problem = f"{budget.metric} is a growth itself: expected max, found a limit on its increase"
        raise UsageError(problem)
    if None not in (budget.maximum, budget.minimum) and budget.minimum > budget.maximum:  # type: ignore[operator] # neither is None
        raise UsageError("no number is at least min and at most max, since min is larger")
    if not 0 < len(budget.name) <= NAME_CHARACTERS or not budget.name.isprintable():
        raise UsageError(f"name: expected 1 to {NAME_CHARACTERS} printable characters")


def _growth(table: BudgetTable, metric: Metric) -> tuple[Fraction | None, Fraction | None]:
    """The limits on growth: in the unit of the metric, and in percent."""
    increase, percent = table.max_increase, table.max_increase_percent
    if is_percentage(increase):
        if metric.unit == "ratio":
            raise UsageError(
                "max-increase: a percentage of a ratio can be read in two ways",
                hint="say max-increase = 0.05, or max-increase-percent = 5",
            )
        if percent is not None:
            raise UsageError("max-increase: is a percentage, as max-increase-percent beside it is")
        increase, percent = None, increase
        key = "max-increase"
    else:
        key = "max-increase-percent"
    with inside(key):
        percent_found = None if percent is None else percentage(percent)
    return _amount("max-increase", increase, metric, growth=True), percent_found


def _amount(
    key: str, value: Written | None, metric: Metric, *, growth: bool = False
) -> Fraction | None:
    if value is None:
        return None
    with inside(key):
        found = amount(value, metric.unit, growth=growth)
        if metric.unit == "ratio" and found > 1 and metric.name not in BEYOND_ONE:
            raise UsageError(
                f'expected a ratio from 0 to 1 such as 0.9 or "90 %", found {shown(value, 40)}'
            )
    return found


def _waiver(table: BudgetTable) -> Waiver | None:
    if table.until is None and table.reason is None:
        return None
    if table.until is None:
        raise UsageError("reason: expected until beside it", hint="such as until = 2026-12-31")
    if table.reason is None or not table.reason.strip():
        raise UsageError("until: expected a reason beside it", hint='such as reason = "issue 12"')
    return Waiver(until=table.until, reason=table.reason.strip())


def _word(key: str, text: str, known: Sequence[str]) -> str:
    if text in known:
        return text
    from layerscope.gate.did_you_mean import did_you_mean  # noqa: PLC0415 - only for errors

    meanings = {word: meant for word, meant in MEANINGS.items() if meant in known}
    raise UsageError(
        f"{key}: expected {' or '.join(known)}, found {shown(text, 40)}",
        hint=did_you_mean(text, known, meanings),
    )


def _default_name(table: BudgetTable, metric: Metric) -> str:
    """`compressed_bytes of layer own in app:*`, wherever in the file the budget stands."""
    parts = [metric.name]
    parts += [f"of {kind} {text}" for kind in SCOPES if (text := getattr(table, kind)) is not None]
    if table.image:
        parts.append(f"in {table.image}")
    name = shown(" ".join(parts))
    return name if len(name) <= NAME_CHARACTERS else f"{name[: NAME_CHARACTERS - 1]}…"


def metric_words() -> list[str]:
    """The metrics as the pages write them in a configuration: `compressed`, `new-bytes`.

    >>> metric_words()[:2]
    ['compressed', 'uncompressed']
    """
    return [name.removesuffix("_bytes").replace("_", "-") for name in METRICS]


def _name_for_messages(table: object) -> str:
    """What tells a budget from others: its name, else its metric, if it has any."""
    if not isinstance(table, Mapping):
        return ""
    found = table.get("name") or table.get("metric")
    return shown(found, 40) if isinstance(found, str) else ""
