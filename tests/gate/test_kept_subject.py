from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.gate.baseline import baseline_bytes, baseline_of, load_baseline, subjects_kept
from layerscope.gate.baseline_document import PACKAGES
from layerscope.gate.evaluate import evaluate
from layerscope.gate.kept_subject import NOT_KEPT, NOT_MEASURED
from layerscope.gate.measured import Chosen, Composition, Measured, Piece
from layerscope.gate.policy import Budget, Policy, Scope
from layerscope.gate.questions import Evidence
from layerscope.gate.report_subject import subjects_of
from tests.gate.baseline_subjects import TableSubject, by_layer, by_package, image_name, layer
from tests.gate.made import image_row, packages_table, report_of

if TYPE_CHECKING:
    from layerscope.gate.kept_subject import KeptSubject
    from layerscope.gate.measured import Subject
    from layerscope.gate.verdict import Verdict

SIZE = ("compressed_bytes", "image", "", "all")


def kept(policy: Policy, *subjects: Subject) -> list[KeptSubject]:
    """The images of a file that was written and read again."""
    return subjects_kept(load_baseline(baseline_bytes(baseline_of(policy, subjects))))


def test_kept_subject_gives_the_number_with_its_splits() -> None:
    layers = (layer("FROM base", 100), layer("RUN make", 43))
    splits = (
        by_layer("compressed_bytes", layers, {0: 100, 1: 43}),
        by_package("content_bytes", {"a": 7, "b": 9}),
    )
    image = TableSubject(image_name("app:1"), {SIZE: Measured(143, splits=splits)}, layers)

    (again,) = kept(Policy((Budget("size", "compressed_bytes"),)), image)

    assert again.measure("compressed_bytes", Scope()) == Measured(143, splits=splits)
    assert again.layers == layers


def test_kept_subject_says_what_would_write_a_number_that_is_not_there() -> None:
    image = TableSubject(image_name("app:1"), {SIZE: Measured(None, "a layer is damaged")})

    (again,) = kept(Policy((Budget("size", "compressed_bytes"),)), image)

    assert again.measure("compressed_bytes", Scope()) == Measured(None, NOT_MEASURED)
    for metric, scope in (
        ("files", Scope()),
        ("compressed_bytes", Scope("layer", "0")),
        ("compressed_bytes", Scope("path", "")),
    ):
        assert again.measure(metric, scope) == Measured(None, NOT_KEPT)
    assert again.measure("compressed_bytes", Scope(), "own") == Measured(None, NOT_KEPT)
    assert again.contents() is None


def test_kept_subject_names_its_image_without_the_folder() -> None:
    names = [image_name("b:1", on="linux/arm/v7", index=4), image_name("a:1")]
    times = ("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z")
    images = [TableSubject(name, created=time) for name, time in zip(names, times, strict=True)]

    again = kept(Policy((Budget("size", "compressed_bytes"),)), *images)

    assert [(each.name.names, each.name.index, each.created) for each in again] == [
        (["a:1"], 0, "2026-02-01T00:00:00Z"),
        (["b:1"], 1, "2026-01-01T00:00:00Z"),
    ]
    assert again[1].name.platform == names[0].platform
    assert again[1].name.manifest_digest == names[0].manifest_digest
    assert {each.name.input for each in again} == {"app.tar"}


def test_kept_subject_has_the_sizes_of_whole_images() -> None:
    answers = {
        SIZE: Measured(143),
        ("compressed_bytes", "image", "", "own"): Measured(43),
        ("files", "path", "/a", "all"): Measured(2),
        ("efficiency", "image", "", "all"): Measured(None),
    }
    budgets = [Budget(name, name) for name in ("compressed_bytes", "efficiency")]
    policy = Policy((*budgets, Budget("a", "files", scope=Scope("path", "/a"))))

    (again,) = kept(policy, TableSubject(image_name("app:1"), answers, base_layers=0))

    assert again.sizes() == {"compressed_bytes": 143, "efficiency": None}


AMOUNTS = st.integers(0, 2**40)
TEXTS = st.text(max_size=6)


@st.composite
def measured(draw: st.DrawFn, layers: int) -> Measured:
    """A number of bytes, split in ways that sum to it, or to a number of another name."""
    held = tuple(layer(f"RUN {at}") for at in range(layers))
    amounts = draw(st.lists(AMOUNTS | st.none(), min_size=layers, max_size=layers))
    known = {at: amount for at, amount in enumerate(amounts) if amount is not None}
    packages = draw(
        st.dictionaries(st.tuples(TEXTS, TEXTS), st.tuples(TEXTS, AMOUNTS), max_size=40)
    )
    pieces = tuple(
        Piece(name, amount, kind, version) for (name, kind), (version, amount) in packages.items()
    )
    rest = draw(AMOUNTS)
    split = by_layer("compressed_bytes", held, known)
    total = sum(piece.amount for piece in pieces) + rest
    return Measured(
        split.total,
        splits=(split, Composition("package", "content_bytes", "bytes", total, pieces, rest)),
    )


@given(st.integers(0, 5).flatmap(lambda layers: st.tuples(st.just(layers), measured(layers))))
def test_kept_subject_gives_every_split_up_to_the_cut(drawn: tuple[int, Measured]) -> None:
    count, number = drawn
    layers = tuple(layer(f"RUN {at}") for at in range(count))
    policy = Policy((Budget("size", "compressed_bytes"),))

    (again,) = kept(policy, TableSubject(image_name("app:1"), {SIZE: number}, layers))
    found = again.measure("compressed_bytes", Scope())

    assert found.value == number.value
    assert found.splits[0] == number.splits[0]
    before, after = number.splits[1], found.splits[1]
    assert after.total == before.total == sum(piece.amount for piece in after.pieces) + after.rest
    assert set(after.pieces) <= set(before.pieces)
    assert len(after.pieces) == min(PACKAGES, len(before.pieces))
    gone = set(before.pieces) - set(after.pieces)
    smallest = min((piece.amount for piece in after.pieces), default=0)
    assert all(piece.amount <= smallest for piece in gone)
    # What was read and is written again is the same file.
    assert kept(policy, again)[0].measure("compressed_bytes", Scope()) == found


def images(*sizes: int) -> Subject:
    """An image with packages of these sizes in its second layer, and 300 bytes of its base."""
    content = sum(sizes)
    rows: list[dict[str, int | float | str | None]] = [
        {"name": f"p{at:02}", "visible_bytes": size, "version": f"{size}"}
        for at, size in enumerate(sizes)
    ]
    report = report_of(
        image_row(
            [("FROM base", 100, 300, 0), ("RUN make", content // 2, content, 0)], base_layers=1
        ),
        tables={
            "packages": packages_table(*rows, {"name": "", "kind": "unowned", "visible_bytes": 300})
        },
    )
    (subject,) = subjects_of(report)
    return subject


METRICS = [
    ("compressed_bytes", Scope()),
    ("content_bytes", Scope()),
    ("content_bytes", Scope("layer", "each")),
    ("visible_bytes", Scope("layer", "own")),
    ("visible_bytes", Scope("package", "p0*")),
    ("files", Scope("instruction", "RUN*")),
    ("efficiency", Scope()),
    ("packages", Scope()),
    ("layers", Scope()),
]
POLICY = Policy(
    tuple(
        Budget(
            f"{metric} {scope.kind} {scope.pattern}",
            metric,
            scope=scope,
            max_increase_percent=Fraction(1),
        )
        for metric, scope in METRICS
    )
)


def verdict(now: Subject, before: Subject) -> Verdict:
    return evaluate(
        POLICY,
        Evidence(subjects=[now], baselines=[Chosen(before, "baseline")]),
        today=date(2026, 11, 24),
        fail_on="fail",
        version="0",
    )


@pytest.mark.parametrize("after", [[10] * 3, [10, 10, 500], [], [40] * 30])
@pytest.mark.parametrize("before", [[10] * 3, [10] * 25, [1]])
def test_gate_judges_by_a_kept_baseline_as_by_the_report_that_it_was_made_of(
    before: list[int], after: list[int]
) -> None:
    old, new = images(*before), images(*after)

    by_report = verdict(new, old)
    by_file = verdict(new, kept(POLICY, old)[0])

    assert len(by_file.checks) >= len(METRICS)
    assert sum(check.baseline is not None for check in by_file.checks) >= len(METRICS) - 2
    for ours, theirs in zip(by_file.checks, by_report.checks, strict=True):
        assert (ours.budget, ours.value, ours.baseline, ours.delta, ours.outcome, ours.reason) == (
            theirs.budget,
            theirs.value,
            theirs.baseline,
            theirs.delta,
            theirs.outcome,
            theirs.reason,
        )
        for split in ours.attribution:
            assert sum(part.delta or 0 for part in split.parts) == split.delta
