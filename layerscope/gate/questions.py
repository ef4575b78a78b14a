"""Which numbers a budget asks for: one question for each image, layer or group of layers."""

from __future__ import annotations

from fractions import Fraction
from functools import cached_property
from math import isfinite
from typing import TYPE_CHECKING, Literal

import msgspec
from msgspec.structs import replace

from layerscope.gate.checks import Question
from layerscope.gate.fingerprint import Fingerprints, layer_key
from layerscope.gate.image_glob import fits_image
from layerscope.gate.limits import has_growth_limit
from layerscope.gate.measured import Measured
from layerscope.gate.metrics import AGAINST_A_BASELINE, METRICS, STORED
from layerscope.gate.policy import Scope
from layerscope.report.stored_layers import compressed_otherwise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from layerscope.gate.measured import Chosen, Part, Subject
    from layerscope.gate.policy import Budget
    from layerscope.gate.verdict import Number

HISTORY_FLOOR = {"bytes": Fraction(100_000), "count": Fraction(1)}
"""By unit, what is no jump in a history, however steady that is."""
HISTORY_SHARE = Fraction(5, 1000)
"""The same as a share of the level that the history is at."""

_UNTOLD = "no report tells it; of cache_steps_rebuilt, cache simulate -f json does"
_NO_BASELINE = "there is no baseline"
_WHOLE = Scope()


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """All that a policy is judged by; images are in one order everywhere.

    Attributes:
        subjects: The images that are judged.
        baselines: For each image what it is compared with, None for nothing.
        baseline_state: Whether a baseline was given, none was asked for, or one was asked for and
            is not there.
        missing: Baselines that were named and are not there, as the user named them.
        run: Numbers of all images together, by metric.
        run_baseline: The same of the baseline, as far as it has them.
        history: For each image those of earlier runs, the oldest first; empty without a history.
        lines: Lines of the Dockerfile by position of the image and index of the layer.
    """

    subjects: Sequence[Subject]
    baselines: Sequence[Chosen | None]
    baseline_state: Literal["given", "none", "missing"] = "given"
    missing: Sequence[str] = ()
    run: Mapping[str, Number] | None = None
    run_baseline: Mapping[str, Number] | None = None
    history: Sequence[Sequence[Subject]] = ()
    lines: Mapping[tuple[int, int], int] | None = None


class Questions:
    """Asks what budgets bound, and keeps in mind what could not be asked.

    Attributes:
        unpaired: Positions of images whose growth is bounded and that have no baseline.
        runs_without: Whether growth of all images together is bounded, without a baseline.
        short: Positions of images whose history was too short to tell a jump.
    """

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._fingerprints = Fingerprints()
        self._otherwise: dict[int, str] = {}
        self.unpaired: set[int] = set()
        self.runs_without = False
        self.short: set[int] = set()

    def of(self, budget: Budget) -> Iterator[Question]:
        """The questions of one budget, in the order of the images, then of the layers."""
        if budget.scope.kind == "run":
            yield self._of_run(budget)
            return
        fitting = [
            position
            for position, subject in enumerate(self._evidence.subjects)
            if fits_image(budget.image, subject.name)
        ]
        for position in fitting:
            yield from self._of_image(budget, position)
        if not fitting:
            yield Question(
                budget,
                None,
                Measured(None, "no image fits what the budget names"),
                severity=budget.severity,
                incomparable="no image fits what the budget names",
                fingerprint=self._fingerprints.of(budget, None),
            )

    def _of_run(self, budget: Budget) -> Question:
        evidence = self._evidence
        before = None
        without = evidence.baseline_state != "given"
        if not without:
            number = (evidence.run_baseline or {}).get(budget.metric)
            before = _finite(Measured(number, "" if number is not None else "it is not known"))
        elif has_growth_limit(budget):
            self.runs_without = True
        number = (evidence.run or {}).get(budget.metric)
        return Question(
            budget,
            None,
            _finite(Measured(number, "" if number is not None else _UNTOLD)),
            before=before,
            percent_of=before.value if before else None,
            no_baseline=without,
            incomparable="" if without else self._run_incomparable(budget.metric),
            severity=budget.severity,
            fingerprint=self._fingerprints.of(budget, None),
        )

    def _run_incomparable(self, metric: str) -> str:
        """Why growth of stored bytes of all images cannot be told; empty if it can."""
        if metric not in STORED:
            return ""
        reasons = map(self._stored_otherwise, range(len(self._evidence.subjects)))
        return next(filter(None, reasons), "")

    def _of_image(self, budget: Budget, position: int) -> Iterator[Question]:
        chosen = self._evidence.baselines[position]
        if chosen is None and (has_growth_limit(budget) or budget.metric in AGAINST_A_BASELINE):
            self.unpaired.add(position)
        if budget.metric in AGAINST_A_BASELINE:
            yield self._against(budget, position)
        elif budget.scope.kind == "layer" and budget.scope.pattern == "each":
            yield from self._each_layer(budget, position)
        elif chosen and self._is_apart(budget, position, chosen.subject):
            yield from self._apart(budget, position, chosen.subject)
        else:
            yield self._whole(budget, position)

    def _plain(self, budget: Budget, position: int, part: Part = "all", each: str = "") -> Question:
        """A question without numbers yet."""
        evidence = self._evidence
        chosen = evidence.baselines[position]
        subject = evidence.subjects[position]
        return Question(
            budget,
            position,
            Measured(None),
            no_baseline=chosen is None,
            incomparable=self._stored_otherwise(position) if budget.metric in STORED else "",
            part=part,
            severity=budget.severity,
            fingerprint=self._fingerprints.of(budget, subject.name, part, each),
            lines=self._lines.get(position, {}),
        )

    @cached_property
    def _lines(self) -> dict[int, dict[int, int]]:
        """Lines of the Dockerfile by position of the image, then by index of the layer."""
        found: dict[int, dict[int, int]] = {}
        for (image, layer), line in (self._evidence.lines or {}).items():
            found.setdefault(image, {})[layer] = line
        return found

    def _stored_otherwise(self, position: int) -> str:
        """Why growth of stored bytes of an image cannot be told; empty if it can."""
        if position not in self._otherwise:
            chosen = self._evidence.baselines[position]
            subject = self._evidence.subjects[position]
            reason = compressed_otherwise(chosen.subject.layers, subject.layers) if chosen else ""
            self._otherwise[position] = reason
        return self._otherwise[position]

    def _whole(self, budget: Budget, position: int) -> Question:
        question = self._measured(self._plain(budget, position))
        return replace(question, ordinary=self._ordinary(question))

    def _measured(self, question: Question) -> Question:
        """The question with the numbers of its scope and part."""
        budget = question.budget
        subject, chosen = self._sides(question)
        before = None
        if chosen:
            before = _finite(chosen.subject.measure(budget.metric, budget.scope, question.part))
        return replace(
            question,
            now=_finite(subject.measure(budget.metric, budget.scope, question.part)),
            before=before,
            percent_of=before.value if before else None,
        )

    def _sides(self, question: Question) -> tuple[Subject, Chosen | None]:
        position = question.image or 0
        return self._evidence.subjects[position], self._evidence.baselines[position]

    def _against(self, budget: Budget, position: int) -> Question:
        """A number that is growth already, so that nothing can be said of its own growth."""
        from layerscope.gate import between  # noqa: PLC0415 - few budgets ask for these

        question = replace(self._plain(budget, position), is_comparison=True)
        subject, chosen = self._sides(question)
        if chosen is None:
            return replace(question, now=Measured(None, _NO_BASELINE))
        ask = between.new_bytes if budget.metric == "new_bytes" else between.pull_delta_bytes
        return replace(
            question,
            now=_finite(ask(subject, chosen.subject)),
            incomparable="it is a growth itself, which a maximum bounds",
        )

    def _each_layer(self, budget: Budget, position: int) -> Iterator[Question]:
        """One question for each layer; a layer that the baseline does not have was nothing."""
        subject = self._evidence.subjects[position]
        partners = self._partners(position)
        for index in range(len(subject.layers)):
            question = self._plain(budget, position, each=layer_key(subject.layers, index))
            now = _finite(subject.measure(budget.metric, Scope("layer", str(index))))
            before = partners(budget.metric, index) if partners else None
            yield replace(
                question,
                layer=index,
                now=now,
                before=before,
                percent_of=before.value if before else None,
            )
        if not subject.layers:
            yield replace(
                self._plain(budget, position),
                now=Measured(None, "the image has no layer that is known"),
            )

    def _partners(self, position: int) -> Callable[[str, int], Measured] | None:
        """Gives the number that the layer of an index had in the baseline."""
        chosen = self._evidence.baselines[position]
        if chosen is None:
            return None
        from layerscope.analysis.layer_pairs import (  # noqa: PLC0415 - few budgets ask for layers
            LayerFacts,
            pair_layers,
        )

        old, new = chosen.subject.layers, self._evidence.subjects[position].layers
        facts = [[LayerFacts(row.diff_id, row.created_by) for row in side] for side in (old, new)]
        partner = {pair.new: pair.old for pair in pair_layers(*facts)}

        def number(metric: str, index: int) -> Measured:
            if not old:
                return Measured(None, "its layers are not known")
            if (there := partner.get(index)) is None:
                return Measured(0)
            return _finite(chosen.subject.measure(metric, Scope("layer", str(there))))

        return number

    def _is_apart(self, budget: Budget, position: int, baseline: Subject) -> bool:
        """Whether own layers and those of the base are judged apart."""
        subject = self._evidence.subjects[position]
        bases = (baseline.base_layers, subject.base_layers)
        return (
            budget.scope.kind == "image"
            and METRICS[budget.metric].additive
            and (has_growth_limit(budget) or bool(self._evidence.history))
            and None not in bases
            and any(bases)
            and not _may_have_moved(baseline, subject)
        )

    def _apart(self, budget: Budget, position: int, baseline: Subject) -> Iterator[Question]:
        """The whole for absolute limits, own layers for growth, the base's if their number changed.

        A growth of the base warns at most, since it is not the doing of who changed the image.
        """
        if budget.maximum is not None or budget.minimum is not None:
            yield replace(self._measured(self._plain(budget, position)), limits="absolute")
        whole = _finite(baseline.measure(budget.metric, _WHOLE)).value
        own = replace(self._of_own(budget, position, baseline), percent_of=whole)
        own = replace(own, ordinary=self._ordinary(own))
        if own.ordinary is not None or has_growth_limit(budget):
            yield own
        base = replace(
            self._measured(self._plain(budget, position, "base")),
            limits="growth",
            percent_of=whole,
            severity="warn",
        )
        numbers = (base.now.value, base.before.value if base.before else None)
        if None in numbers or numbers[0] == numbers[1] or base.incomparable:
            return
        if has_growth_limit(budget):
            yield base

    def _of_own(self, budget: Budget, position: int, baseline: Subject) -> Question:
        """The growth of own layers.

        Which package a file of one layer belongs to is not known. But what packages of the whole
        image changed is the doing of own layers where those of the base are the very same.
        """
        subject = self._evidence.subjects[position]
        question = self._measured(self._plain(budget, position, "own"))
        whole = None
        if _base_ids(subject) and _base_ids(subject) == _base_ids(baseline):
            whole = (
                _packages(subject.measure(budget.metric, _WHOLE)),
                _packages(baseline.measure(budget.metric, _WHOLE)),
            )
        return replace(question, limits="growth", whole=whole)

    def _ordinary(self, question: Question) -> int | None:
        """The highest value that is no jump in the history of the image, None if nothing tells."""
        history, budget = self._evidence.history, question.budget
        floor = HISTORY_FLOOR.get(METRICS[budget.metric].unit)
        if not history or question.image is None or floor is None:
            return None
        from layerscope.gate.change_point import jump  # noqa: PLC0415 - only with a history

        subject = self._evidence.subjects[question.image]
        series = []
        for earlier in history[question.image]:
            number = earlier.measure(budget.metric, budget.scope, question.part).value
            alike = budget.metric not in STORED or not compressed_otherwise(
                earlier.layers, subject.layers
            )
            if isinstance(number, int) and alike:
                series.append(number)
        if not isinstance(question.now.value, int):
            return None
        found = jump(
            [*series, question.now.value], max(floor, budget.min_change or floor), HISTORY_SHARE
        )
        if found is None:
            self.short.add(question.image)
            return None
        return found.limit


def _may_have_moved(old: Subject, new: Subject) -> bool:
    """Whether layers of the author may be taken for some of the base on one side only.

    A guess counts only if it is of as many layers on both sides. Else a CMD that the author puts in
    between would make growth one of the base, which fails nothing.
    """
    is_guess = old.base_is_guess or new.base_is_guess
    return is_guess and old.base_layers != new.base_layers


def _base_ids(subject: Subject) -> list[str]:
    """The DiffIDs of the layers of the base; empty unless all are known."""
    found = [layer.diff_id for layer in subject.layers[: subject.base_layers or 0]]
    known = [diff_id for diff_id in found if diff_id is not None]
    return known if len(known) == len(found) else []


def _packages(measured: Measured) -> Measured:
    """The number with only its splits by package, which are made when somebody looks at them."""
    from layerscope.gate.report_splits import Splits  # noqa: PLC0415 - only for own layers

    return replace(
        measured,
        splits=Splits(lambda: (split for split in measured.splits if split.by == "package")),
    )


def _finite(measured: Measured) -> Measured:
    """The number, unless it is none: NaN and infinity never come into a verdict."""
    value = measured.value
    if isinstance(value, float) and not isfinite(value):
        return Measured(None, measured.reason or "it is something of nothing", measured.splits)
    return measured
