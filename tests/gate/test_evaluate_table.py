"""A truth table: one budget, one number, one baseline, and what must come of them.

Every row was worked out by hand from the rules of docs/decisions/0010-gates.md. Today is
2026-11-24. A plain number in `value` or `baseline` is that of the image; `NONE` is an image that
the baseline does not have or no baseline at all.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from layerscope.gate.evaluate import evaluate
from layerscope.gate.measured import INFINITE, Measured
from layerscope.gate.policy import Budget, Policy, Scope, Waiver
from layerscope.gate.questions import Evidence
from layerscope.report.store import dump
from tests.gate.fake_subject import FakeSubject, chosen, stored

if TYPE_CHECKING:
    from layerscope.gate.policy import Severity
    from layerscope.gate.verdict import Verdict

TODAY = date(2026, 11, 24)
NONE: Final = "none"
UNKNOWN: Final = None
LATER = Waiver(date(2026, 12, 31), "moves to slim in December")
LAST_DAY = Waiver(TODAY, "until today")
PASSED = Waiver(date(2026, 11, 23), "until yesterday")
NAN, INF = float("nan"), float("inf")
INFINITELY = Measured(None, INFINITE)

PASS, FAIL, WARN = ("pass", "pass"), ("fail", "fail"), ("warn", "warn")
WAIVED, NOT_MEASURED = ("waived", "pass"), ("not-measured", "fail")
UNKNOWN_WARNS, UNKNOWN_PASSES = ("not-measured", "warn"), ("not-measured", "pass")

WARNS = {"severity": "warn"}
ROWS: list[tuple[str, dict[str, Any], Any, Any, tuple[str, str]]] = [
    # A maximum: as much is allowed, one more is not.
    ("max below", {"maximum": 100}, 99, NONE, PASS),
    ("max equal", {"maximum": 100}, 100, NONE, PASS),
    ("max above", {"maximum": 100}, 101, NONE, FAIL),
    ("max above warns", {"maximum": 100, **WARNS}, 101, NONE, WARN),
    ("max equal, warning", {"maximum": 100, **WARNS}, 100, NONE, PASS),
    ("max zero of zero", {"maximum": 0}, 0, NONE, PASS),
    ("max zero of one", {"maximum": 0}, 1, NONE, FAIL),
    ("max a fraction below", {"maximum": "100.5"}, 100, NONE, PASS),
    ("max a fraction above", {"maximum": "100.5"}, 101, NONE, FAIL),
    ("max shrunk but above", {"maximum": 100}, 101, 500, FAIL),
    ("max grown but below", {"maximum": 100}, 99, 1, PASS),
    ("max beyond floats", {"maximum": 2**60}, 2**60 + 1, NONE, FAIL),
    # A minimum.
    ("min above", {"minimum": 100}, 101, NONE, PASS),
    ("min equal", {"minimum": 100}, 100, NONE, PASS),
    ("min below", {"minimum": 100}, 99, NONE, FAIL),
    ("min below warns", {"minimum": 100, **WARNS}, 99, NONE, WARN),
    ("min and max inside", {"minimum": 1, "maximum": 3}, 2, NONE, PASS),
    ("min and max over", {"minimum": 1, "maximum": 3}, 4, NONE, FAIL),
    ("min and max under", {"minimum": 1, "maximum": 3}, 0, NONE, FAIL),
    ("ratio equal", {"metric": "efficiency", "minimum": "0.9"}, 0.9, NONE, PASS),
    ("ratio below", {"metric": "efficiency", "minimum": "0.9"}, 0.8999999, NONE, FAIL),
    ("ratio one", {"metric": "efficiency", "minimum": 1}, 1.0, NONE, PASS),
    ("ratio max by sums", {"metric": "shared_ratio", "maximum": "0.3"}, 0.1 + 0.2, NONE, FAIL),
    # Growth in the unit of the number.
    ("growth within", {"max_increase": 10}, 109, 100, PASS),
    ("growth equal", {"max_increase": 10}, 110, 100, PASS),
    ("growth over", {"max_increase": 10}, 111, 100, FAIL),
    ("growth over warns", {"max_increase": 10, **WARNS}, 111, 100, WARN),
    ("growth none", {"max_increase": 0}, 100, 100, PASS),
    ("growth one of none", {"max_increase": 0}, 101, 100, FAIL),
    ("shrinking", {"max_increase": 0}, 1, 100, PASS),
    ("growth from zero", {"max_increase": 10}, 10, 0, PASS),
    ("growth from zero over", {"max_increase": 10}, 11, 0, FAIL),
    ("growth of a ratio equal", {"metric": "shared_ratio", "max_increase": "0.1"}, 0.9, 0.8, PASS),
    # Growth in percent.
    ("percent within", {"max_increase_percent": 5}, 104, 100, PASS),
    ("percent equal", {"max_increase_percent": 5}, 105, 100, PASS),
    ("percent over", {"max_increase_percent": 5}, 106, 100, FAIL),
    ("percent a fraction", {"max_increase_percent": "0.5"}, 1005, 1000, PASS),
    ("percent a fraction over", {"max_increase_percent": "0.5"}, 1006, 1000, FAIL),
    ("percent of zero, none", {"max_increase_percent": 5}, 0, 0, PASS),
    ("percent of zero, some", {"max_increase_percent": 5}, 1, 0, FAIL),
    ("percent of zero, any", {"max_increase_percent": 10**6}, 1, 0, FAIL),
    ("percent of shrinking", {"max_increase_percent": 0}, 99, 100, PASS),
    ("both, one broken", {"max_increase": 100, "max_increase_percent": 5}, 106, 100, FAIL),
    ("both, other broken", {"max_increase": 1, "max_increase_percent": 5}, 102, 100, FAIL),
    ("both kept", {"max_increase": 5, "max_increase_percent": 5}, 105, 100, PASS),
    # Noise.
    ("noise equal", {"max_increase": 0, "min_change": 8}, 108, 100, PASS),
    ("noise over", {"max_increase": 0, "min_change": 8}, 109, 100, FAIL),
    ("noise of zero", {"max_increase_percent": 1, "min_change": 8}, 8, 0, PASS),
    ("noise of zero over", {"max_increase_percent": 1, "min_change": 8}, 9, 0, FAIL),
    ("noise and the maximum", {"maximum": 100, "max_increase": 0, "min_change": 8}, 101, 100, FAIL),
    # No baseline is not a baseline of zero.
    ("no baseline, growth alone", {"max_increase": 10}, 999, NONE, UNKNOWN_WARNS),
    ("no baseline, percent alone", {"max_increase_percent": 1}, 0, NONE, UNKNOWN_WARNS),
    ("no baseline, max kept", {"max_increase": 10, "maximum": 1000}, 999, NONE, PASS),
    ("no baseline, max broken", {"max_increase": 10, "maximum": 9}, 999, NONE, FAIL),
    ("no baseline let pass", {"max_increase": 1, "not_measured": "pass"}, 9, NONE, UNKNOWN_PASSES),
    ("no baseline waived", {"max_increase": 1, "waiver": LATER}, 9, NONE, WAIVED),
    ("no baseline, value unknown", {"max_increase": 1, "maximum": 5}, UNKNOWN, NONE, NOT_MEASURED),
    ("no baseline for new bytes", {"metric": "new_bytes", "maximum": 5}, 1, NONE, UNKNOWN_WARNS),
    # Not measured.
    ("unknown max", {"maximum": 100}, UNKNOWN, NONE, NOT_MEASURED),
    ("unknown min", {"minimum": 0}, UNKNOWN, NONE, NOT_MEASURED),
    ("unknown growth", {"max_increase": 10}, UNKNOWN, 100, NOT_MEASURED),
    ("unknown baseline", {"max_increase": 10}, 100, UNKNOWN, NOT_MEASURED),
    ("unknown baseline, max kept", {"max_increase": 9, "maximum": 100}, 1, UNKNOWN, NOT_MEASURED),
    ("unknown baseline, max only", {"maximum": 100}, 1, UNKNOWN, PASS),
    ("unknown warns", {"maximum": 100, "not_measured": "warn"}, UNKNOWN, NONE, UNKNOWN_WARNS),
    ("unknown passes", {"maximum": 100, "not_measured": "pass"}, UNKNOWN, NONE, UNKNOWN_PASSES),
    ("unknown of a warning", {"maximum": 100, **WARNS}, UNKNOWN, NONE, NOT_MEASURED),
    ("broken and unknown", {"maximum": 1, "max_increase": 1}, 9, UNKNOWN, FAIL),
    ("warned and unknown", {"maximum": 1, "max_increase": 1, **WARNS}, 9, UNKNOWN, NOT_MEASURED),
    ("NaN", {"metric": "efficiency", "minimum": 0}, NAN, NONE, NOT_MEASURED),
    ("NaN before", {"metric": "efficiency", "max_increase": 1}, 0.5, NAN, NOT_MEASURED),
    ("infinity is no number", {"metric": "efficiency", "minimum": 0}, INF, NONE, NOT_MEASURED),
    ("infinite max", {"metric": "dive_user_wasted_ratio", "maximum": 9}, INFINITELY, NONE, FAIL),
    ("infinite min", {"metric": "dive_user_wasted_ratio", "minimum": 9}, INFINITELY, NONE, PASS),
    # Waivers.
    ("waived", {"maximum": 1, "waiver": LATER}, 2, NONE, WAIVED),
    ("waived on its last day", {"maximum": 1, "waiver": LAST_DAY}, 2, NONE, WAIVED),
    ("waiver passed", {"maximum": 1, "waiver": PASSED}, 2, NONE, FAIL),
    ("waiver passed, warning", {"maximum": 1, "waiver": PASSED, **WARNS}, 2, NONE, WARN),
    ("waiver not needed", {"maximum": 1, "waiver": LATER}, 1, NONE, PASS),
    ("waiver of a warning", {"maximum": 1, "waiver": LATER, **WARNS}, 2, NONE, WAIVED),
    ("waiver of the unknown", {"maximum": 1, "waiver": LATER}, UNKNOWN, NONE, WAIVED),
    ("waiver passed, unknown", {"maximum": 1, "waiver": PASSED}, UNKNOWN, NONE, NOT_MEASURED),
    (
        "waiver of an unknown that passes",
        {"maximum": 1, "waiver": LATER, "not_measured": "pass"},
        UNKNOWN,
        NONE,
        UNKNOWN_PASSES,
    ),
    # Which images.
    ("image by name", {"image": "app:*", "maximum": 1}, 1, NONE, PASS),
    ("image by input", {"image": "app.tar", "maximum": 1}, 2, NONE, FAIL),
    ("image that is not there", {"image": "web:*", "maximum": 1}, 1, NONE, NOT_MEASURED),
    (
        "image that may be missing",
        {"image": "web:*", "maximum": 1, "not_measured": "warn"},
        1,
        NONE,
        UNKNOWN_WARNS,
    ),
    ("image missing, waived", {"image": "w", "maximum": 1, "waiver": LATER}, 1, NONE, WAIVED),
    ("image missing, with baseline", {"image": "w", "max_increase": 1}, 1, 1, NOT_MEASURED),
    # Nothing to judge is not a pass.
    ("budget without a limit", {}, 1, 1, NOT_MEASURED),
    ("growth of what is growth", {"metric": "new_bytes", "max_increase": 1}, 1, 1, NOT_MEASURED),
]


def budget(fields: dict[str, Any]) -> Budget:
    made: dict[str, Any] = {"metric": "visible_bytes", **fields}
    for name in ("maximum", "minimum", "max_increase", "max_increase_percent", "min_change"):
        if name in made:
            made[name] = Fraction(made[name])
    return Budget("size", **made)


def verdict_of(
    asked: Budget,
    value: Any,  # noqa: ANN401 - a number, None or what was measured
    baseline: Any,  # noqa: ANN401 - the same, or NONE
    fail_on: Severity = "fail",
) -> Verdict:
    old = None if isinstance(baseline, str) else FakeSubject({asked.metric: baseline})
    evidence = Evidence(
        subjects=[FakeSubject({asked.metric: value})],
        baselines=[chosen(old)],
        baseline_state="given" if old else "none",
    )
    return evaluate(Policy((asked,)), evidence, today=TODAY, fail_on=fail_on, version="1")


def test_table_has_at_least_sixty_rows_of_their_own() -> None:
    assert len({row[0] for row in ROWS}) == len(ROWS) >= 60


@pytest.mark.parametrize(
    ("fields", "value", "baseline", "expected"),
    [row[1:] for row in ROWS],
    ids=[row[0].replace(" ", "-") for row in ROWS],
)
def test_row_of_the_table_comes_out_as_worked_out(
    fields: dict[str, Any],
    value: Any,  # noqa: ANN401 - as in the table
    baseline: Any,  # noqa: ANN401 - as in the table
    expected: tuple[str, str],
) -> None:
    strict = verdict_of(budget(fields), value, baseline, "warn")
    verdict = verdict_of(budget(fields), value, baseline)

    (check,) = verdict.checks
    assert (check.outcome, check.counts_as) == expected
    assert verdict.outcome == strict.outcome == expected[1]
    assert verdict.passed == (expected[1] != "fail")
    assert strict.passed == (expected[1] == "pass")
    assert dump(verdict) == dump(verdict_of(budget(fields), value, baseline))
    counts = verdict.counts
    assert sum((counts.passed, counts.fail, counts.warn, counts.waived, counts.not_measured)) == 1


NUMBERS = st.integers(0, 40)
LIMITS = st.fractions(0, 40, max_denominator=4)
SUBJECTS = st.builds(
    lambda all_, own, layers: FakeSubject(
        {
            f"{metric}{part}": number
            for metric in ("content_bytes", "files")
            for part, number in (
                ("", all_),
                ("/own", own),
                ("/base", None if own is None or all_ is None else all_ - own),
                ("/layer:0", all_),
            )
        },
        layers=[stored("base")],
        base_layers=layers,
    ),
    st.none() | NUMBERS,
    st.none() | NUMBERS,
    st.none() | st.integers(0, 2),
)
BUDGETS = st.builds(
    Budget,
    st.just("size"),
    st.sampled_from(["content_bytes", "files"]),
    image=st.sampled_from(["", "app:*", "web:*"]),
    scope=st.sampled_from([Scope(), Scope("layer", "each"), Scope("run"), Scope("layer", "0")]),
    maximum=st.none() | LIMITS,
    minimum=st.none() | LIMITS,
    max_increase=st.none() | LIMITS,
    max_increase_percent=st.none() | LIMITS,
    min_change=st.none() | LIMITS,
    severity=st.sampled_from(["fail", "warn"]),
    not_measured=st.sampled_from(["fail", "warn", "pass"]),
    waiver=st.sampled_from([None, LATER, PASSED]),
)
EVIDENCE = st.builds(
    lambda subject, baseline, state, run, history: Evidence(
        subjects=[subject],
        baselines=[chosen(baseline) if state == "given" else None],
        baseline_state=state,
        run={"content_bytes": run[0], "files": run[0]},
        run_baseline={"content_bytes": run[1], "files": run[1]},
        history=[history] if history else [],
    ),
    SUBJECTS,
    SUBJECTS,
    st.sampled_from(["given", "none", "missing"]),
    st.tuples(st.none() | NUMBERS, st.none() | NUMBERS),
    st.just([]) | st.lists(SUBJECTS, min_size=5, max_size=7),
)
WORSE = {"pass": 0, "warn": 1, "fail": 2}


@given(
    BUDGETS, EVIDENCE, st.lists(LIMITS, min_size=5, max_size=5), st.sampled_from(["fail", "warn"])
)
def test_raising_limits_never_makes_a_verdict_worse(
    tight: Budget, evidence: Evidence, more: list[Fraction], fail_on: Severity
) -> None:
    loose = tight
    for name, step in zip(
        ("maximum", "max_increase", "max_increase_percent", "min_change", "minimum"),
        more,
        strict=True,
    ):
        limit = getattr(tight, name)
        if limit is not None:
            change: dict[str, Any] = {name: limit - step if name == "minimum" else limit + step}
            loose = replace(loose, **change)

    one, other = (
        evaluate(Policy((each,)), evidence, today=TODAY, fail_on=fail_on, version="1")
        for each in (tight, loose)
    )

    assert WORSE[other.outcome] <= WORSE[one.outcome]
    assert other.passed or not one.passed
    for before, after in zip(one.checks, other.checks, strict=True):
        assert WORSE[after.counts_as] <= WORSE[before.counts_as]


@given(BUDGETS, EVIDENCE)
def test_same_input_always_gives_the_same_bytes(asked: Budget, evidence: Evidence) -> None:
    one, other = (
        evaluate(Policy((asked, asked)), evidence, today=TODAY, fail_on="fail", version="1")
        for _ in range(2)
    )

    assert one == other
    assert dump(one) == dump(other)
    assert len({check.fingerprint for check in one.checks}) == len(one.checks)
