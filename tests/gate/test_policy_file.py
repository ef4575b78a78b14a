"""What a decoded configuration states, and what is said of one that is wrong."""

from __future__ import annotations

import tomllib
from datetime import date
from fractions import Fraction

import pytest

from layerscope.errors import UsageError
from layerscope.gate.metrics import AGAINST_A_BASELINE, METRICS, metric_named
from layerscope.gate.policy import Budget, Policy, Scope, Waiver
from layerscope.gate.policy_file import BUDGETS_MOST, metric_words, policy_of

OF_A_LAYER = (
    "compressed_bytes",
    "uncompressed_bytes",
    "content_bytes",
    "visible_bytes",
    "wasted_bytes",
    "files",
    "entries",
)


def policy(text: str) -> Policy:
    return policy_of(tomllib.loads(text), "layerscope.toml")


def refused(text: str) -> UsageError:
    with pytest.raises(UsageError) as caught:
        policy(text)
    assert "\n" not in str(caught.value) + caught.value.hint
    return caught.value


def budget(keys: str) -> str:
    return f'[[budget]]\nname = "size"\nmetric = "wasted"\n{keys}\n'


def test_every_key_comes_into_the_policy() -> None:
    found = policy_of(
        tomllib.loads(
            """
            [gate]
            baseline = ["main.json", "release.tar"]
            require-baseline = true
            fail-on = "warn"
            dockerfile = "docker/Dockerfile"

            [[budget]]
            name = " own layers "
            metric = "compressed"
            image = "shop-*"
            layer = "own"
            max = "200 MB"
            min = "1 kB"
            max-increase = "+1 MiB"
            max-increase-percent = "2.5 %"
            min-change = 4096
            severity = "warn"
            not-measured = "pass"
            until = 2026-12-31
            reason = " issue 12 "
            """
        ),
        "layerscope.toml",
        [8],
    )

    assert found == Policy(
        budgets=(
            Budget(
                name="own layers",
                metric="compressed_bytes",
                image="shop-*",
                scope=Scope("layer", "own"),
                maximum=Fraction(200_000_000),
                minimum=Fraction(1000),
                max_increase=Fraction(1 << 20),
                max_increase_percent=Fraction(5, 2),
                min_change=Fraction(4096),
                severity="warn",
                not_measured="pass",
                waiver=Waiver(date(2026, 12, 31), "issue 12"),
                line=8,
            ),
        ),
        file="layerscope.toml",
        baselines=("main.json", "release.tar"),
        require_baseline=True,
        fail_on="warn",
        dockerfile="docker/Dockerfile",
    )


def test_what_is_left_out_has_its_default() -> None:
    found = policy('[[budget]]\nmetric = "files"\nmax = 10\n')

    assert found.budgets == (Budget(name="files", metric="files", maximum=Fraction(10)),)
    assert (found.baselines, found.require_baseline) == ((), False)
    assert (found.fail_on, found.dockerfile, found.origin) == (None, None, "layerscope")


def test_name_that_is_left_out_says_metric_part_and_image() -> None:
    text = """
    [[budget]]
    metric = "wasted"
    max = 1
    [[budget]]
    metric = "wasted"
    path = "/usr/**"
    max = 1
    [[budget]]
    metric = "wasted"
    layer = -1
    image = "app:*"
    max = 1
    """

    assert [each.name for each in policy(text).budgets] == [
        "wasted_bytes",
        "wasted_bytes of path /usr/**",
        "wasted_bytes of layer -1 in app:*",
    ]


def test_one_baseline_needs_no_array() -> None:
    assert policy(f'[gate]\nbaseline = "b.json"\n{budget("max = 1")}').baselines == ("b.json",)


@pytest.mark.parametrize("until", ["2026-12-31", '"2026-12-31"'])
def test_day_of_a_waiver_needs_no_quotes(until: str) -> None:
    found = policy(budget(f'max = 1\nuntil = {until}\nreason = "r"'))

    assert found.budgets[0].waiver == Waiver(date(2026, 12, 31), "r")


def test_percentage_as_increase_is_one_in_percent() -> None:
    found = policy(budget('max-increase = "+5 %"')).budgets[0]

    assert (found.max_increase, found.max_increase_percent) == (None, Fraction(5))


def test_increase_may_be_bounded_in_both_ways() -> None:
    found = policy(budget('max-increase = "1 MB"\nmax-increase-percent = 5')).budgets[0]

    assert (found.max_increase, found.max_increase_percent) == (Fraction(10**6), Fraction(5))


def test_ratio_of_a_float_is_the_decimal_number() -> None:
    found = policy('[[budget]]\nmetric = "efficiency"\nmin = 0.9\nmax-increase = 0.1\n').budgets[0]

    assert (found.minimum, found.max_increase) == (Fraction(9, 10), Fraction(1, 10))


def test_ratio_that_may_exceed_one_does() -> None:
    found = policy('[[budget]]\nmetric = "dive-user-wasted-ratio"\nmax = 1.5\n').budgets[0]

    assert found.maximum == Fraction(3, 2)


@pytest.mark.parametrize("name", sorted(METRICS))
def test_every_metric_can_be_bounded_by_all_of_its_spellings(name: str) -> None:
    plain = name.removesuffix("_bytes")
    growth = "" if name in AGAINST_A_BASELINE else "max-increase-percent = 1\n"
    for word in {name, name.replace("_", "-"), plain, plain.replace("_", "-")}:
        found = policy(f'[[budget]]\nmetric = "{word}"\nmax = 1\n{growth}')

        assert found.budgets[0].metric == name
        assert found.budgets[0].scope.kind == (
            "image" if "image" in METRICS[name].scopes else "run"
        )


@pytest.mark.parametrize("name", sorted(AGAINST_A_BASELINE))
def test_growth_of_what_is_a_growth_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="is a growth itself"):
        policy(f'[[budget]]\nmetric = "{name}"\nmax-increase = 1\n')


def test_words_for_metrics_are_those_that_are_understood() -> None:
    found = [metric_named(word) for word in metric_words()]

    assert found == list(METRICS.values())


def test_lines_count_only_if_there_is_one_for_each_budget() -> None:
    values = tomllib.loads(budget("max = 1"))

    assert [policy_of(values, "f", lines).budgets[0].line for lines in ([3], [], [3, 4])] == [
        3,
        0,
        0,
    ]


@pytest.mark.parametrize("text", ["", "[gate]\n", "budget = []\n"])
def test_no_budget_is_an_error_that_shows_one(text: str) -> None:
    error = refused(text)

    assert str(error) == "layerscope.toml: there is no budget in it (usage)"
    assert error.hint == (
        'such as: [[budget]] metric = "compressed" max = "200 MB" max-increase = "+5 %"'
    )


@pytest.mark.parametrize(
    ("keys", "problem", "hint"),
    [
        ("maxx = 1", "maxx: there is no such key", "did you mean max?"),
        ("max_increase = 1", "max_increase: there is no such key", "did you mean max-increase?"),
        ('max = 1\nseverity = "error"', "severity: expected fail or warn, found error",
         "did you mean fail?"),
        ('max = 1\nseverity = "warning"', "severity: expected fail or warn, found warning",
         "did you mean warn?"),
        ('max = 1\nnot-measured = "ignore"',
         "not-measured: expected fail or warn or pass, found ignore", "did you mean pass?"),
        ("", "expected one of max, min, max-increase, max-increase-percent, found none", ""),
        ("min-change = 1",
         "expected one of max, min, max-increase, max-increase-percent, found none", ""),
        ("max = 1\nmin = 2", "no number is at least min and at most max, since min is larger", ""),
        ("max = -1",
         'max: expected a size such as "20 MB" or "20 MiB", not a negative one, found -1', ""),
        ("max = nan", 'max: expected a size such as "20 MB" or "20 MiB", found nan', ""),
        ("min = inf", 'min: expected a size such as "20 MB" or "20 MiB", found inf', ""),
        ("max = true", "max: expected a number or a text, found true", ""),
        ("max = [1]", "max: expected a number or a text, found an array", ""),
        ("max = {}", "max: expected a number or a text, found a table", ""),
        ('max = "20 MX"', 'max: expected a size such as "20 MB" or "20 MiB", found 20 MX', ""),
        ('min-change = "5 %"\nmax = 1',
         'min-change: expected a size such as "20 MB" or "20 MiB", found 5 %', ""),
        ('max-increase-percent = "five"',
         'max-increase-percent: expected a percentage such as 5 or "5 %", found five', ""),
        ('max-increase = "five %"',
         'max-increase: expected a percentage such as 5 or "5 %", found five %', ""),
        ('max-increase = "5 %"\nmax-increase-percent = 5',
         "max-increase: is a percentage, as max-increase-percent beside it is", ""),
        ("max = 1\nlayer = true",
         'layer: expected a text or an index, such as "own" or -1, found true', ""),
        ("max = 1\npath = 5", "path: expected a text, found 5", ""),
        ('max = 1\npath = "/a"\nlayer = 0',
         "expected one of layer, path, package, instruction at most, found layer, path", ""),
        ('max = 1\npath = "/[z-a]"', "path: expected a range such as a-z, found 'z-a'", ""),
        ('max = 1\nimage = ""', "image: expected a glob of 1 to 4096 characters, an empty one", ""),
        ("max = 1\nuntil = 2026-12-31", "until: expected a reason beside it",
         'such as reason = "issue 12"'),
        ('max = 1\nuntil = 2026-12-31\nreason = " "', "until: expected a reason beside it",
         'such as reason = "issue 12"'),
        ('max = 1\nreason = "r"', "reason: expected until beside it",
         "such as until = 2026-12-31"),
        ('max = 1\nuntil = "soon"\nreason = "r"',
         'until: expected a day such as 2026-12-31, found "soon"', ""),
        ('max = 1\nuntil = 2026-12-31T10:00:00\nreason = "r"',
         "until: expected a day such as 2026-12-31, found 2026-12-31 10:00:00", ""),
    ],
)  # fmt: skip
def test_fault_of_a_budget_is_one_line_that_names_the_key(
    keys: str, problem: str, hint: str
) -> None:
    error = refused(budget(keys))

    assert str(error) == f"layerscope.toml: budget 1 (size): {problem} (usage)"
    assert error.hint == hint


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("budgets = 1", "budgets: there is no such key", "did you mean budget?"),
        ("[budget]\nmax = 1", "budget: expected an array of tables, found a table",
         "each budget begins with [[budget]], in double brackets"),
        ("budget = [1]", "budget 1: expected a table, found 1", ""),
        ("gate = 5", "gate: expected a table, found 5", ""),
        ("[gate]\nbase-line = 1", "gate: base-line: there is no such key",
         "did you mean baseline?"),
        ('[gate]\nfail-on = "error"', "gate: fail-on: expected fail or warn, found error",
         "did you mean fail?"),
        ("[gate]\nbaseline = 3",
         "gate: baseline: expected the name of a file, or an array of such, found 3", ""),
        ("[gate]\nbaseline = [3]",
         "gate: baseline: expected the name of a file, or an array of such, found an array", ""),
        ('[gate]\nbaseline = [""]',
         "gate: baseline: expected the name of a file, found an empty one", ""),
        ('[gate]\ndockerfile = ""',
         "gate: dockerfile: expected the name of a file, found an empty one", ""),
        ('[gate]\nrequire-baseline = "yes"',
         'gate: require-baseline: expected true or false, found "yes"', ""),
        ("[[budget]]\nmax = 1", "budget 1: metric: is missing", ""),
        ('[[budget]]\nmetric = "efficency"\nmin = 1',
         "budget 1 (efficency): metric: efficency is not known", "did you mean efficiency?"),
        ('[[budget]]\nmetric = "efficiency"\nmin = 90',
         'budget 1 (efficiency): min: expected a ratio from 0 to 1 such as 0.9 or "90 %", found 90',
         ""),
        ('[[budget]]\nmetric = "efficiency"\nmax-increase = "5 %"',
         "budget 1 (efficiency): max-increase: a percentage of a ratio can be read in two ways",
         "say max-increase = 0.05, or max-increase-percent = 5"),
        ('[[budget]]\nmetric = "images"\nmax = 5\nimage = "app"',
         "budget 1 (images): image: images is of all images together", ""),
        ('[[budget]]\nmetric = "images"\nmax = 5\nlayer = "own"',
         "budget 1 (images): images is not known of a layer, only of all images together",
         f"of a layer there are {', '.join(OF_A_LAYER)}"),
        ('[[budget]]\nmetric = "files"\nmax = 5\n[[budget]]\nmetric = "files"\nmin = 5',
         "budget 2 (files): name: budget 1 has that name too", "give each a name of its own"),
        ('[[budget]]\nmetric = "files"\nmax = 5\nname = ""',
         "budget 1 (files): name: expected 1 to 100 printable characters", ""),
    ],
)  # fmt: skip
def test_fault_of_a_file_is_one_line_that_names_the_place(
    text: str, message: str, hint: str
) -> None:
    error = refused(text)

    assert str(error) == f"layerscope.toml: {message} (usage)"
    assert error.hint == hint


def test_name_that_moves_the_cursor_is_refused_and_shown_escaped() -> None:
    error = refused('[[budget]]\nname = "a\\u001b[2J"\nmetric = "files"\nmax = 1\n')

    assert str(error).startswith("layerscope.toml: budget 1 (a\\x1b[2J): name: expected 1 to 100")


def test_endless_budgets_are_refused() -> None:
    values = {"budget": [{"metric": "files", "max": 1, "name": str(n)} for n in range(1001)]}
    assert len(policy_of({"budget": values["budget"][:BUDGETS_MOST]}, "f").budgets) == 1000

    with pytest.raises(UsageError, match="expected at most 1000 budgets, found 1001"):
        policy_of(values, "f")
