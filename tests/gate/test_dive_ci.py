"""What a `.dive-ci` file states, by dive's own rules."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.errors import UsageError
from layerscope.gate.dive_ci import policy_of_dive_ci
from layerscope.gate.policy import Budget, Policy
from tests.surroundings import require_conformance

EFFICIENCY = Budget("lowestEfficiency", "dive_efficiency", minimum=Fraction(9, 10))
USER_WASTED = Budget(
    "highestUserWastedPercent",
    "dive_user_wasted_ratio",
    maximum=Fraction(1, 10),
    not_measured="pass",
)


def read(text: str) -> Policy:
    return policy_of_dive_ci(text, ".dive-ci")


def rules(lines: str) -> Policy:
    return read("rules:\n" + "".join(f"  {line}\n" for line in lines.splitlines()))


def limit(policy: Policy, name: str) -> Fraction | None:
    (budget,) = [budget for budget in policy.budgets if budget.name == name]
    return budget.minimum if budget.maximum is None else budget.maximum


def refused(text: str) -> str:
    with pytest.raises(UsageError) as caught:
        read(text)
    return str(caught.value)


@pytest.mark.parametrize(
    "text",
    ["", "# nothing\n", "---\n", "~", "rules:", "rules: {}", "rules: ~\n", "plugins:\n  - a\n"],
)
def test_file_that_says_nothing_has_dives_defaults(text: str) -> None:
    assert read(text) == Policy(
        budgets=(EFFICIENCY, USER_WASTED),
        origin="dive-ci",
        file=".dive-ci",
        disabled=("highestWastedBytes",),
    )


def test_sample_of_dive_is_read() -> None:
    text = require_conformance("dive", "sample.dive-ci").read_text()

    found = read(text)

    assert found.disabled == ()
    assert [(each.name, each.metric, each.minimum, each.maximum) for each in found.budgets] == [
        ("lowestEfficiency", "dive_efficiency", Fraction(19, 20), None),
        ("highestWastedBytes", "dive_wasted_bytes", None, Fraction(20_000_000)),
        ("highestUserWastedPercent", "dive_user_wasted_ratio", None, Fraction(1, 2)),
    ]


def test_rule_has_the_line_that_sets_it() -> None:
    found = read("# one\nrules:\n\n  highestWastedBytes: 1\n")

    assert {each.name: each.line for each in found.budgets} == {
        "lowestEfficiency": 0,
        "highestWastedBytes": 4,
        "highestUserWastedPercent": 0,
    }


@pytest.mark.parametrize(
    "word",
    ['""', "''", "disabled", "Disabled", "off", "OFF", "false", "False", '" off "', '"false"'],
)
def test_word_that_switches_off_does(word: str) -> None:
    found = rules(f"lowestEfficiency: {word}")

    assert found.disabled == ("lowestEfficiency", "highestWastedBytes")
    assert found.budgets == (USER_WASTED,)


def test_all_rules_may_be_switched_off() -> None:
    found = rules("lowestEfficiency: off\nhighestUserWastedPercent: false")

    assert found.budgets == ()
    assert len(found.disabled) == 3


@pytest.mark.parametrize("word", ["", "~", "null"])
def test_rule_without_a_value_keeps_its_default(word: str) -> None:
    assert limit(rules(f"lowestEfficiency: {word}"), "lowestEfficiency") == Fraction(9, 10)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("0.95", Fraction(19, 20)),
        ('"0.95"', Fraction(19, 20)),
        ("0", Fraction(0)),
        ("1", Fraction(1)),
        ("1.0", Fraction(1)),
        (".5", Fraction(1, 2)),
        ("1e-1", Fraction(1, 10)),
        ("0.3000000000000000000001", Fraction(3, 10)),
    ],
)
def test_ratio_is_the_float_that_dive_compares_with(written: str, expected: Fraction) -> None:
    assert limit(rules(f"lowestEfficiency: {written}"), "lowestEfficiency") == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("20MB", 20_000_000),
        ("20Mb", 20_000_000),
        ("20 mb", 20_000_000),
        ("20MiB", 20_971_520),
        ("20mib", 20_971_520),
        ("1.5k", 1500),
        (".5kB", 500),
        ("1,000", 1000),
        ("12", 12),
        ('"12"', 12),
        ("12.9", 12),
        ("0", 0),
    ],
)
def test_size_is_dives(written: str, expected: int) -> None:
    assert limit(rules(f"highestWastedBytes: {written}"), "highestWastedBytes") == expected


@pytest.mark.parametrize(
    "line",
    [
        "lowestEfficiency: 1.1",
        "lowestEfficiency: -0.1",
        "lowestEfficiency: 90",
        "lowestEfficiency: 90%",
        "lowestEfficiency: no",
        "lowestEfficiency: .nan",
        "lowestEfficiency: nan",
        "lowestEfficiency: .inf",
        "lowestEfficiency: true",
        "lowestEfficiency: [0.9]",
        "lowestEfficiency: {a: 1}",
        "lowestEfficiency: 0.9 0.9",
        "highestUserWastedPercent: 2",
        "highestWastedBytes: 20 apples",
        "highestWastedBytes: -1",
        "highestWastedBytes: MB",
        "highestWastedBytes: 010",
        "highestWastedBytes: 0x10",
        "highestWastedBytes: 1_000",
        "highestWastedBytes: 1:30",
    ],
)
def test_value_that_dive_would_refuse_or_read_otherwise_is_an_error(line: str) -> None:
    name = line.partition(":")[0]

    assert f".dive-ci: {name}: expected" in refused(f"rules:\n  {line}\n")


def test_names_count_in_any_case_and_unknown_ones_not_at_all() -> None:
    found = read(
        "Rules:\n  LOWESTEFFICIENCY: 0.5\n  plugin/rule: error\nother: [1, {2: 3}]\n5: 6\n"
    )

    assert limit(found, "lowestEfficiency") == Fraction(1, 2)


def test_rule_may_be_named_in_full() -> None:
    assert limit(read("rules.lowestEfficiency: 0.5\n"), "lowestEfficiency") == Fraction(1, 2)


def test_first_document_counts() -> None:
    found = read("rules:\n  lowestEfficiency: 0.5\n---\nrules:\n  lowestEfficiency: 0.7\n")

    assert limit(found, "lowestEfficiency") == Fraction(1, 2)


def test_merged_rules_give_way_to_those_of_the_mapping() -> None:
    found = read(
        "a: &a\n  lowestEfficiency: 0.1\n  highestWastedBytes: 1\n"
        "b: &b\n  lowestEfficiency: 0.2\n  highestUserWastedPercent: 0.2\n"
        "rules:\n  highestWastedBytes: 3\n  <<: [*a, *b]\n"
    )

    assert [limit(found, each.name) for each in found.budgets] == [
        Fraction(1, 10),
        Fraction(3),
        Fraction(1, 5),
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("rules: [", "expected YAML, found a fault in line 1: "),
        ("a: 1\nrules:\n\t- b", "expected YAML, found a fault in line 3: "),
        ("a: *b", "expected YAML, found a fault in line 1: found undefined alias"),
        ("a: \x00", "expected YAML, found a fault: special characters are not allowed"),
        ('a: "\\UFFFFFFFF"', "expected YAML, found an escape that names no character"),
        ("- a", "expected a mapping with the key rules"),
        ("text", "expected a mapping with the key rules"),
        ("rules: 5", "rules: expected a mapping"),
        ("rules: []", "rules: expected a mapping"),
        ("rules:\n  a: 1\n  a: 2\n", "a: stands there twice"),
        ("rules: {}\nRULES: {}\n", "RULES: stands there twice"),
        ("a: &a\n  <<: *a\nrules:\n  <<: *a\n", "expected no << in what is merged by another"),
        ("rules:\n  <<: 5\n", "expected a mapping after <<"),
        ("[" * 51, "expected at most 10000 values, nested at most 50 deep"),
        ("[" * 100_000, "expected at most 10000 values, nested at most 50 deep"),
        ("- a\n" * 100_000, "expected at most 10000 values, nested at most 50 deep"),
    ],
)
def test_what_is_no_configuration_is_one_clear_error(text: str, problem: str) -> None:
    message = refused(text)

    assert message.startswith(f".dive-ci: {problem}")
    assert message.isprintable()


def test_aliases_of_aliases_cost_nothing() -> None:
    bomb = "a0: &a0 [x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 40)
    )

    assert read(bomb).budgets == (EFFICIENCY, USER_WASTED)


def test_tag_makes_no_object() -> None:
    text = "rules:\n  other: !!python/object/apply:os.system [exit 1]\n"

    assert read(text).budgets == (EFFICIENCY, USER_WASTED)


@given(st.text(max_size=80))
def test_any_text_is_a_policy_or_a_usage_error(text: str) -> None:
    try:
        found = read(text)
    except UsageError:
        return
    assert len(found.budgets) + len(found.disabled) == 3
