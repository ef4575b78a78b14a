from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from layerscope.gate.evaluate import evaluate
from layerscope.gate.measured import Chosen, Composition, Measured, Piece
from layerscope.gate.policy import Budget, Policy, Scope, Waiver
from layerscope.gate.questions import Evidence
from layerscope.report.document import FaultRow, SkippedRow
from tests.gate.fake_subject import FakeSubject, chosen, image_name, stored

if TYPE_CHECKING:
    from layerscope.gate.verdict import CheckRow, Verdict

TODAY = date(2026, 11, 24)
MB = 1_000_000


def budget(metric: str = "visible_bytes", **fields: Any) -> Budget:  # noqa: ANN401 - any field
    for name in ("maximum", "minimum", "max_increase", "max_increase_percent", "min_change"):
        if name in fields:
            fields[name] = Fraction(fields[name])
    return Budget(**{"name": "size", "metric": metric, **fields})


def verdict_of(
    *budgets: Budget,
    new: FakeSubject | list[FakeSubject],
    old: FakeSubject | list[FakeSubject | None] | None = None,
    **more: Any,  # noqa: ANN401 - further fields of the evidence
) -> Verdict:
    subjects = new if isinstance(new, list) else [new]
    baselines = old if isinstance(old, list) else [old]
    evidence = Evidence(subjects=subjects, baselines=[chosen(each) for each in baselines], **more)
    return evaluate(Policy(budgets), evidence, today=TODAY, fail_on="fail", version="1")


def short(check: CheckRow) -> tuple[Any, ...]:
    return check.part, check.delta, check.outcome, check.counts_as


def test_checks_come_by_budget_then_image_and_the_worst_decides() -> None:
    small, large = FakeSubject({"visible_bytes": 5}), FakeSubject({"visible_bytes": 50})

    verdict = verdict_of(
        budget(name="soft", maximum=9, severity="warn"),
        budget(name="hard", maximum=90),
        new=[small, large],
        old=[None, None],
        baseline_state="none",
    )

    assert [(check.budget, check.image, check.outcome) for check in verdict.checks] == [
        ("soft", 0, "pass"),
        ("soft", 1, "warn"),
        ("hard", 0, "pass"),
        ("hard", 1, "pass"),
    ]
    assert (verdict.outcome, verdict.passed) == ("warn", True)
    assert (verdict.counts.passed, verdict.counts.warn) == (3, 1)
    assert verdict.remarks == []


def test_verdict_passes_on_what_it_was_told() -> None:
    skipped = SkippedRow(input="a.tar", what="artifact", digest=None)
    fault = FaultRow(input="a.tar", code="corrupt-tar", message="cut")
    subject = FakeSubject({"visible_bytes": 5, "efficiency": float("nan")})

    verdict = evaluate(
        Policy((budget(maximum=9, line=7),), "dive-ci", ".dive-ci", ("highestWastedBytes",)),
        Evidence(subjects=[subject], baselines=[chosen(FakeSubject({"layers": 3}), "b.json")]),
        today=TODAY,
        fail_on="warn",
        version="9.9",
        dockerfile="Dockerfile",
        skipped=[skipped],
        faults=[fault],
    )

    assert (verdict.skipped, verdict.faults, verdict.dockerfile) == (
        [skipped],
        [fault],
        "Dockerfile",
    )
    assert (verdict.policy.origin, verdict.policy.disabled) == ("dive-ci", ["highestWastedBytes"])
    assert (verdict.tool.version, verdict.fail_on, verdict.checks[0].policy_line) == (
        "9.9",
        "warn",
        7,
    )
    (image,) = verdict.images
    assert (image.new, image.old) == ({"visible_bytes": 5, "efficiency": None}, {"layers": 3})
    assert image.baseline_from == "b.json"


def test_verdict_of_nothing_is_refused() -> None:
    subject = FakeSubject({})
    with pytest.raises(ValueError, match="without a budget"):
        verdict_of(new=subject)
    with pytest.raises(ValueError, match="for each image"):
        verdict_of(budget(maximum=1), new=subject, old=[])
    with pytest.raises(ValueError, match="history"):
        verdict_of(budget(maximum=1), new=subject, history=[[], []])


# Own layers and those of the base.


def layered(all_: int, base: int, base_layers: int | None = 1) -> FakeSubject:
    return FakeSubject(
        {"content_bytes": all_, "content_bytes/own": all_ - base, "content_bytes/base": base},
        base_layers=base_layers,
    )


def test_base_that_grew_warns_and_never_blames_the_author() -> None:
    limits = budget("content_bytes", maximum=1000, max_increase=10)

    verdict = verdict_of(limits, new=layered(160, 150), old=layered(110, 100))

    assert [short(check) for check in verdict.checks] == [
        ("all", 50, "pass", "pass"),
        ("own", 0, "pass", "pass"),
        ("base", 50, "warn", "warn"),
    ]
    assert verdict.passed
    assert [[row.kind for row in check.limits] for check in verdict.checks] == [
        ["max"],
        ["max-increase"],
        ["max-increase"],
    ]
    assert verdict.checks[2].severity == "warn"


def test_own_layers_that_grew_fail_though_the_base_shrank() -> None:
    verdict = verdict_of(
        budget("content_bytes", max_increase=10), new=layered(80, 50), old=layered(110, 100)
    )

    assert [short(check) for check in verdict.checks] == [
        ("own", 20, "fail", "fail"),
        ("base", -50, "pass", "pass"),
    ]


def test_percentage_of_an_unknown_whole_is_not_measured_and_of_the_base_warns() -> None:
    old = FakeSubject({"content_bytes/own": 5, "content_bytes/base": 5}, base_layers=1)

    verdict = verdict_of(
        budget("content_bytes", max_increase_percent=10), new=layered(16, 10), old=old
    )

    assert [short(check) for check in verdict.checks] == [
        ("own", 1, "not-measured", "fail"),
        ("base", 5, "not-measured", "warn"),
    ]


def guessed(all_: int, base: int, base_layers: int) -> FakeSubject:
    subject = layered(all_, base, base_layers)
    subject.base_is_guess = True
    return subject


def test_guess_of_a_base_that_took_in_own_layers_hides_no_growth() -> None:
    # The author's first layer grew by 50 and is taken for one of the base since a CMD follows it.
    limits = budget("content_bytes", max_increase=10)

    verdict = verdict_of(limits, new=guessed(160, 155, 2), old=guessed(110, 100, 1))

    assert [short(check) for check in verdict.checks] == [("all", 50, "fail", "fail")]


def test_guess_of_as_many_layers_on_both_sides_tells_the_base() -> None:
    limits = budget("content_bytes", max_increase=10)

    verdict = verdict_of(limits, new=guessed(160, 150, 1), old=guessed(110, 100, 1))

    assert [short(check) for check in verdict.checks] == [
        ("own", 0, "pass", "pass"),
        ("base", 50, "warn", "warn"),
    ]


def test_base_that_is_no_guess_may_have_other_layers() -> None:
    limits = budget("content_bytes", max_increase=10)

    verdict = verdict_of(limits, new=layered(160, 150, 2), old=layered(110, 100, 1))

    assert [short(check) for check in verdict.checks] == [
        ("own", 0, "pass", "pass"),
        ("base", 50, "warn", "warn"),
    ]


def test_base_that_is_unchanged_has_no_check() -> None:
    verdict = verdict_of(
        budget("content_bytes", max_increase=10), new=layered(111, 100), old=layered(110, 100)
    )

    assert [short(check) for check in verdict.checks] == [("own", 1, "pass", "pass")]


def test_percentage_of_own_layers_is_of_the_whole_image() -> None:
    limits = budget("content_bytes", max_increase_percent=10)

    kept = verdict_of(limits, new=layered(121, 100), old=layered(110, 100))
    broken = verdict_of(limits, new=layered(122, 100), old=layered(110, 100))

    assert [short(check) for check in kept.checks] == [("own", 11, "pass", "pass")]
    assert [short(check) for check in broken.checks] == [("own", 12, "fail", "fail")]
    assert broken.checks[0].reason == (
        "the image's own layers: grew by 12 B (10.9% of the whole image before) to 22 B, "
        "more than the 10% allowed"
    )


@pytest.mark.parametrize(
    ("metric", "scope", "bases"),
    [
        ("content_bytes", Scope(), (None, 1)),
        ("content_bytes", Scope(), (1, None)),
        ("content_bytes", Scope(), (0, 0)),
        ("efficiency", Scope(), (1, 1)),
        ("content_bytes", Scope("path", "/usr/**"), (1, 1)),
    ],
)
def test_layers_that_are_not_told_apart_are_judged_together(
    metric: str, scope: Scope, bases: tuple[int | None, int | None]
) -> None:
    key = metric if scope.kind == "image" else f"{metric}/path:/usr/**"
    old, new = (FakeSubject({key: 1}, base_layers=count) for count in bases)

    verdict = verdict_of(budget(metric, scope=scope, maximum=5, max_increase=1), new=new, old=old)

    assert [short(check) for check in verdict.checks] == [("all", 0, "pass", "pass")]


# Compressed sizes.


@pytest.mark.parametrize("metric", ["unique_bytes", "shared_bytes"])
def test_stored_sizes_of_other_compression_are_not_compared(metric: str) -> None:
    old = FakeSubject({metric: 9}, layers=[stored("a", compression="none")])
    new = FakeSubject({metric: 5}, layers=[stored("a", compression="gzip")])

    verdict = verdict_of(budget(metric, max_increase=1), new=new, old=old)

    assert [short(check) for check in verdict.checks] == [("all", None, "not-measured", "fail")]


def test_stored_sizes_of_all_images_are_not_compared_where_one_is_compressed_otherwise() -> None:
    pairs = [("gzip", "gzip"), ("none", "gzip")]
    old = [FakeSubject({}, layers=[stored("a", compression=before)]) for before, _ in pairs]
    new = [FakeSubject({}, layers=[stored("a", compression=after)]) for _, after in pairs]
    limits = budget("blob_bytes_unique", scope=Scope("run"), max_increase=1)

    verdict = verdict_of(
        limits,
        new=new,
        old=[*old],
        run={"blob_bytes_unique": 5},
        run_baseline={"blob_bytes_unique": 50},
    )

    assert [short(check) for check in verdict.checks] == [("all", None, "not-measured", "fail")]


def test_image_that_is_compared_with_another_one_is_remarked() -> None:
    subject = FakeSubject({"visible_bytes": 5})
    other = Chosen(subject, "b.json", other_name=True, other_platform=True)
    evidence = Evidence(subjects=[subject], baselines=[other])

    verdict = evaluate(
        Policy((budget(maximum=9),)), evidence, today=TODAY, fail_on="fail", version="1"
    )

    assert [(row.code, row.text) for row in verdict.remarks] == [
        ("baseline-of-another-name", "image 1 of 1 is compared with an image of another name"),
        (
            "baseline-of-another-platform",
            "image 1 of 1 is compared with an image for another platform",
        ),
    ]


def test_compressed_sizes_of_other_compression_are_not_measured_and_keep_their_maximum() -> None:
    old = FakeSubject({"compressed_bytes": 9}, layers=[stored("a", compression="gzip")])
    new = FakeSubject({"compressed_bytes": 5}, layers=[stored("a", compression="zstd")])

    verdict = verdict_of(budget("compressed_bytes", max_increase=1, maximum=9), new=new, old=old)

    (check,) = verdict.checks
    assert short(check) == ("all", None, "not-measured", "fail")
    assert [(row.kind, row.holds) for row in check.limits] == [
        ("max", True),
        ("max-increase", None),
    ]
    assert check.reason == "growth is not measured: layers are stored as gzip before, zstd after"


def test_compressed_sizes_that_cannot_be_compared_show_only_what_they_are_made_of() -> None:
    def measured(amount: int) -> Measured:
        pieces = (Piece("RUN", amount, layer=0, diff_id="a"),)
        split = Composition("instruction", "compressed_bytes", "bytes", amount, pieces)
        return Measured(amount, "", (split,))

    old = FakeSubject({"compressed_bytes": measured(9)}, layers=[stored("a", compression="gzip")])
    new = FakeSubject({"compressed_bytes": measured(5)}, layers=[stored("a", compression="zstd")])

    verdict = verdict_of(budget("compressed_bytes", maximum=1), new=new, old=old)

    (split,) = verdict.checks[0].attribution
    assert (split.old, split.new, split.delta) == (None, 5, None)


def test_compressed_sizes_of_a_layer_that_was_compressed_anew_are_not_measured() -> None:
    old = FakeSubject({"compressed_bytes": 9}, layers=[stored("a", size=9)])
    new = FakeSubject({"compressed_bytes": 10}, layers=[stored("a", size=10)])

    verdict = verdict_of(budget("compressed_bytes", max_increase=1), new=new, old=old)

    assert short(verdict.checks[0]) == ("all", None, "not-measured", "fail")


def test_compressed_sizes_of_like_layers_are_compared() -> None:
    old = FakeSubject({"compressed_bytes": 9}, layers=[stored("a", size=9)])
    new = FakeSubject({"compressed_bytes": 19}, layers=[stored("a", size=9), stored("b", size=10)])

    verdict = verdict_of(budget("compressed_bytes", max_increase=9), new=new, old=old)

    assert short(verdict.checks[0]) == ("all", 10, "fail", "fail")


# Every layer by itself.


def test_each_layer_is_compared_with_the_one_of_its_instruction() -> None:
    old = FakeSubject(
        {"content_bytes/layer:0": 100, "content_bytes/layer:1": 30},
        layers=[stored("base", "FROM"), stored("a1", "RUN a")],
    )
    new = FakeSubject(
        {"content_bytes/layer:0": 100, "content_bytes/layer:1": 8, "content_bytes/layer:2": 31},
        layers=[stored("base", "FROM"), stored("n", "COPY n"), stored("a2", "RUN a")],
    )

    verdict = verdict_of(
        budget("content_bytes", scope=Scope("layer", "each"), max_increase=5),
        new=new,
        old=old,
        lines={(0, 1): 4, (0, 2): 5, (7, 0): 1},
    )

    assert [
        (check.layer, check.baseline, check.delta, check.outcome, check.line)
        for check in verdict.checks
    ] == [(0, 100, 0, "pass", None), (1, 0, 8, "fail", 4), (2, 30, 1, "pass", 5)]
    assert len({check.fingerprint for check in verdict.checks}) == 3


def test_each_layer_of_a_baseline_without_layers_is_not_compared() -> None:
    new = FakeSubject({"content_bytes/layer:0": 100}, layers=[stored("a")])

    verdict = verdict_of(
        budget("content_bytes", scope=Scope("layer", "each"), max_increase=5),
        new=new,
        old=FakeSubject({}),
    )

    assert short(verdict.checks[0]) == ("all", None, "not-measured", "fail")


# Numbers of the run.


def test_run_is_judged_once_and_against_the_run_of_the_baseline() -> None:
    limits = budget("blob_bytes_unique", scope=Scope("run"), max_increase=5)
    subjects = [FakeSubject({}), FakeSubject({})]

    def verdict(**more: Any) -> Verdict:  # noqa: ANN401 - further fields of the evidence
        return verdict_of(
            limits, new=subjects, old=[None, None], run={"blob_bytes_unique": 16}, **more
        )

    (check,) = verdict(run_baseline={"blob_bytes_unique": 10}).checks
    assert (check.image, check.delta, check.outcome) == (None, 6, "fail")
    (check,) = verdict(run_baseline={}).checks
    assert (check.outcome, check.counts_as) == ("not-measured", "fail")
    without = verdict(baseline_state="none")
    assert (without.checks[0].outcome, without.checks[0].counts_as) == ("not-measured", "warn")
    assert [remark.code for remark in without.remarks] == ["no-baseline"]


# Numbers against a baseline.


def test_new_bytes_are_those_of_contents_that_the_baseline_has_nowhere() -> None:
    old = FakeSubject({}, contents={"a": 5, "b": 7})
    new = FakeSubject({}, contents={"a": 5, "c": 9})

    verdict = verdict_of(budget("new_bytes", maximum=8), new=new, old=old)

    (check,) = verdict.checks
    assert (check.value, check.baseline, check.outcome) == (9, None, "fail")


# A baseline that is not there.


def test_image_that_the_baseline_does_not_have_is_remarked_by_position() -> None:
    one = FakeSubject({"visible_bytes": 5})

    verdict = verdict_of(budget(maximum=9, max_increase=0), new=[one, one], old=[one, None])

    assert [short(check) for check in verdict.checks] == [
        ("all", 0, "pass", "pass"),
        ("all", None, "pass", "pass"),
    ]
    assert [remark.code for remark in verdict.remarks] == ["baseline-image-missing"]
    assert "image 2 of 2" in verdict.remarks[0].text
    assert verdict.checks[1].reason == (
        "5 B keeps the maximum of 9 B; without a baseline, growth is not judged"
    )


@pytest.mark.parametrize(
    ("state", "limits", "codes"),
    [
        ("none", {"maximum": 9}, []),
        ("none", {"max_increase": 9}, ["no-baseline"]),
        ("missing", {"maximum": 9}, ["no-baseline"]),
        ("missing", {"max_increase": 9}, ["no-baseline"]),
    ],
)
def test_missing_baseline_is_remarked_once(
    state: str, limits: dict[str, Any], codes: list[str]
) -> None:
    one = FakeSubject({"visible_bytes": 5})

    verdict = verdict_of(budget(**limits), new=[one, one], old=[None, None], baseline_state=state)

    assert [remark.code for remark in verdict.remarks] == codes
    assert verdict.passed


# Waivers.


def test_waiver_that_expired_is_remarked_and_said() -> None:
    waiver = Waiver(date(2026, 11, 23), "soon")

    verdict = verdict_of(
        budget(maximum=20 * MB, waiver=waiver), new=FakeSubject({"visible_bytes": 41_234_567})
    )

    (check,) = verdict.checks
    assert check.reason == (
        "41.2 MB is over the maximum of 20.0 MB by 21.2 MB; its waiver expired after 2026-11-23"
    )
    assert check.waiver is not None
    assert check.waiver.expired
    assert "expired-waiver" in [remark.code for remark in verdict.remarks]


def test_waived_check_still_names_the_culprit() -> None:
    split = Composition("path", "visible_bytes", "bytes", 7, (Piece("/big", 7),))
    waiver = Waiver(TODAY, "soon")

    verdict = verdict_of(
        budget(maximum=5, waiver=waiver),
        new=FakeSubject({"visible_bytes": Measured(7, "", (split,))}),
    )

    (check,) = verdict.checks
    assert check.outcome == "waived"
    assert check.waiver is not None
    assert not check.waiver.expired
    assert check.reason == "7 B is over the maximum of 5 B by 2 B; waived until 2026-11-24"
    assert [part.label for part in check.attribution[0].parts] == ["/big"]


# Culprits.


def by_layer(*amounts: int) -> Measured:
    total = sum(amounts)
    pieces = tuple(
        Piece(f"RUN {index}", amount, layer=index, diff_id=f"{index}-{amount}")
        for index, amount in enumerate(amounts)
    )
    split = Composition("instruction", "visible_bytes", "bytes", total, pieces)
    other = Composition("path", "visible_bytes", "bytes", total, (Piece("/all", total, layer=0),))
    return Measured(total, "", (other, split))


def test_line_to_blame_is_that_of_the_instruction_that_grew_most() -> None:
    verdict = verdict_of(
        budget(max_increase=1),
        new=FakeSubject({"visible_bytes": by_layer(1, 40, 75)}),
        old=FakeSubject({"visible_bytes": by_layer(99, 10, 5)}),
        lines={(0, 0): 1, (0, 1): 2, (0, 2): 3, (1, 2): 9},
    )

    (check,) = verdict.checks
    (path, instruction) = check.attribution
    assert [(part.label, part.delta, part.line) for part in instruction.parts] == [
        ("RUN 0", -98, 1),
        ("RUN 2", 70, 3),
        ("RUN 1", 30, 2),
    ]
    assert path.parts[0].line == 1
    assert check.line == 3


def test_check_that_passes_blames_nobody() -> None:
    verdict = verdict_of(
        budget(max_increase=10),
        new=FakeSubject({"visible_bytes": by_layer(5)}),
        old=FakeSubject({"visible_bytes": by_layer(1)}),
        lines={(0, 0): 1},
    )

    assert (verdict.checks[0].attribution, verdict.checks[0].line) == ([], None)


def test_broken_maximum_without_any_change_shows_what_the_number_is_made_of() -> None:
    same = FakeSubject({"visible_bytes": by_layer(5, 6)})

    verdict = verdict_of(budget(maximum=1), new=same, old=same)

    path, instruction = verdict.checks[0].attribution
    assert (path.old, path.delta) == (None, None)
    assert [part.label for part in instruction.parts] == ["RUN 1", "RUN 0"]


# History.


def test_history_makes_a_jump_fail_without_any_other_limit_broken() -> None:
    earlier = [FakeSubject({"visible_bytes": 50 * MB})] * 5
    limits = budget(maximum=900 * MB, severity="warn")

    def check(value: int) -> CheckRow:
        new = FakeSubject({"visible_bytes": value})
        return verdict_of(limits, new=new, baseline_state="none", history=[earlier]).checks[0]

    # Half a percent of 50 MB is more than 100 kB.
    assert [row.kind for row in check(50_250_000).limits] == ["max", "history"]
    assert check(50_250_000).outcome == "pass"
    assert check(50_250_001).outcome == "warn"
    assert check(60 * MB).reason == "60.0 MB is a jump: so far at most 50.2 MB would be ordinary"


def test_history_has_the_noise_of_the_budget_for_a_floor() -> None:
    earlier = [FakeSubject({"visible_bytes": 50 * MB})] * 5
    new = FakeSubject({"visible_bytes": 51 * MB})

    for noise, outcome in ((MB, "pass"), (MB - 1, "fail")):
        limits = budget(maximum=900 * MB, min_change=noise)
        verdict = verdict_of(limits, new=new, history=[earlier])
        assert verdict.checks[0].outcome == outcome


def test_history_that_is_short_is_remarked() -> None:
    earlier = [FakeSubject({"visible_bytes": 50}), FakeSubject({"visible_bytes": None})] * 4

    verdict = verdict_of(
        budget(maximum=9), new=FakeSubject({"visible_bytes": 5}), history=[earlier]
    )

    assert [row.kind for row in verdict.checks[0].limits] == ["max"]
    assert "short-history" in [remark.code for remark in verdict.remarks]


@pytest.mark.parametrize("metric", ["efficiency", "shared_ratio", "new_bytes"])
def test_history_is_no_matter_of_ratios_and_comparisons(metric: str) -> None:
    one = FakeSubject({metric: 1.0}, contents={})

    verdict = verdict_of(budget(metric, maximum=5), new=one, old=one, history=[[one] * 9])

    assert [row.kind for row in verdict.checks[0].limits] == ["max"]


@pytest.mark.parametrize(("own", "outcome"), [(10 * MB, "pass"), (11 * MB, "fail")])
def test_history_looks_at_own_layers_where_they_are_known(own: int, outcome: str) -> None:
    verdict = verdict_of(
        budget("content_bytes", maximum=900 * MB),
        new=layered(150 * MB + own, 150 * MB),
        old=layered(110 * MB, 100 * MB),
        history=[[layered(110 * MB, 100 * MB)] * 6],
    )

    assert [(check.part, check.outcome, len(check.limits)) for check in verdict.checks] == [
        ("all", "pass", 1),
        ("own", outcome, 1),
    ]


def test_history_leaves_out_what_was_compressed_otherwise() -> None:
    def subject(size: int, compression: str) -> FakeSubject:
        return FakeSubject(
            {"compressed_bytes": size}, layers=[stored("a", compression=compression, size=size)]
        )

    verdict = verdict_of(
        budget("compressed_bytes", maximum=900 * MB),
        new=subject(50 * MB, "gzip"),
        history=[[subject(20 * MB, "zstd")] * 9],
    )

    assert verdict.checks[0].outcome == "pass"
    assert "short-history" in [remark.code for remark in verdict.remarks]


# Fingerprints.


def test_fingerprint_lasts_from_tag_to_tag_and_tells_checks_apart() -> None:
    def fingerprint(name: str, asked: str = "size", **fields: Any) -> str:  # noqa: ANN401 - any
        subject = FakeSubject({"visible_bytes": 1}, image_name(name, given="/tmp/x/out.tar"))
        limits = budget(**{"name": asked, "maximum": 1, **fields})
        return verdict_of(limits, new=subject).checks[0].fingerprint

    one = fingerprint("docker.io/library/app:1")

    assert one == fingerprint("app:2")
    assert one == fingerprint("app@sha256:12ab") == fingerprint("app:1@sha256:12ab")
    assert one == fingerprint("app:2", maximum=7, severity="warn")
    assert one != fingerprint("other:1")
    assert one != fingerprint("app:1", "other")
    assert one != fingerprint("registry.example:5000/app:1")
    assert fingerprint("registry.example:5000/app:1") == fingerprint("registry.example:5000/app")
    assert len(one) == 64


def test_fingerprint_of_a_nameless_image_is_by_its_file() -> None:
    def fingerprint(path: str) -> str:
        subject = FakeSubject({"visible_bytes": 1}, image_name(given=path))
        return verdict_of(budget(maximum=1), new=subject).checks[0].fingerprint

    assert fingerprint("/a/out.tar") == fingerprint("b/out.tar") != fingerprint("/a/in.tar")


def test_no_name_of_an_image_comes_into_a_reason_or_remark() -> None:
    evil = "evil`|@<b>"
    split = Composition("path", "visible_bytes", "bytes", 7, (Piece(evil, 7),))
    subject = FakeSubject(
        {"visible_bytes": Measured(7, "", (split,))}, image_name(evil, given=evil)
    )

    every: list[dict[str, Any]] = [{"maximum": 1}, {"maximum": 9}, {"max_increase": 1}]
    for fields in (*every, {"minimum": 9}):
        for old in (subject, None):
            verdict = verdict_of(budget(**fields), new=subject, old=old, history=[[subject]])
            texts = [check.reason for check in verdict.checks]
            texts += [remark.text for remark in verdict.remarks]
            assert not any("evil" in text for text in texts)


@pytest.mark.parametrize(("maximum", "value", "told"), [(5, 0, True), (0, 0, False), (5, 1, False)])
def test_pattern_that_fits_nothing_is_remarked_unless_nothing_is_allowed(
    maximum: int, value: int, *, told: bool
) -> None:
    made = budget("content_bytes", scope=Scope("path", "/typo"), maximum=maximum)

    verdict = verdict_of(made, new=FakeSubject({"content_bytes/path:/typo": value}))

    assert ("fits-nothing" in [row.code for row in verdict.remarks]) is told


def test_input_that_could_not_be_read_never_passes() -> None:
    verdict = evaluate(
        Policy((budget(maximum=9),)),
        Evidence(subjects=[FakeSubject({"visible_bytes": 5})], baselines=[None]),
        today=TODAY,
        fail_on="fail",
        version="1",
        faults=[FaultRow(input="b.tar", code="unreadable", message="gone")],
    )

    assert (verdict.outcome, verdict.passed) == ("pass", False)
