"""Baseline files: what a policy bounds, kept from one run and read again in the next."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec

from layerscope.errors import BadDocumentError, UsageError, shown
from layerscope.gate.baseline_checks import fault_of, indistinct
from layerscope.gate.baseline_document import (
    PACKAGES,
    SCHEMA,
    BaselineDocument,
    KeptImage,
    KeptLayer,
    KeptNumber,
    KeptPackage,
    LayerAmounts,
    PackageAmounts,
)
from layerscope.gate.image_glob import fits_image
from layerscope.gate.kept_subject import KeptSubject
from layerscope.gate.metrics import AGAINST_A_BASELINE, METRICS
from layerscope.gate.policy import Scope
from layerscope.report.store import convert, dump

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from layerscope.gate.baseline_document import KeptScope
    from layerscope.gate.measured import Composition, Measured, Part, Subject
    from layerscope.gate.policy import Budget, Policy

    _Key = tuple[str, KeptScope, str, Part]

_HINT = "gate --update-baseline writes it anew"


def baseline_of(policy: Policy, subjects: Sequence[Subject]) -> BaselineDocument:
    """What the policy bounds of the images, as it is now.

    For each budget that fits an image: its number; of a whole image also that of its own and of its
    base's layers, where something tells those apart; of every layer by itself, that of each layer.
    Numbers of the run, and those of one image against another, have no place in it.

    Raises: `UsageError` if two images cannot be told apart later.
    """
    images = [_image(policy, group) for group in _distinct(subjects)]
    images.sort(key=_place)
    if clash := indistinct(images):
        one, other = (images[position] for position in clash)
        raise UsageError(
            "a baseline file needs images that a platform and a name tell apart; "
            f"{_called(one)} and {_called(other)} are alike",
            hint="gate them in two runs with a baseline file of each",
        )
    document = BaselineDocument(checksum="", images=images)
    checksum = checksum_of(msgspec.to_builtins(document))
    return msgspec.structs.replace(document, checksum=checksum)


def baseline_bytes(document: BaselineDocument) -> bytes:
    """The file: ASCII JSON, one field, layer or package a line."""
    return dump(document)


def checksum_of(values: dict[str, object]) -> str:
    """`sha256:…` of all fields of a decoded document but `checksum`, as compact ASCII JSON.

    Layout and order of the keys do not count. Raises: `ValueError` for NaN and infinity.
    """
    import hashlib  # noqa: PLC0415 - only where there is a baseline file

    rest = {name: value for name, value in values.items() if name != "checksum"}
    text = json.dumps(rest, allow_nan=False, sort_keys=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(text.encode('ascii')).hexdigest()}"


def is_baseline(values: object) -> bool:
    """Whether decoded JSON says of itself that it is a baseline file, of whatever version."""
    found = values.get("schema") if isinstance(values, dict) else None
    return isinstance(found, str) and found.partition("/")[0] == SCHEMA.partition("/")[0]


def load_baseline(data: bytes, reading: str = "baseline") -> BaselineDocument:
    """The document that `data` holds.

    Raises: `BadDocumentError` unless it is just what was written: no JSON, a key twice, another
        schema, a wrong type, another checksum, or numbers that contradict each other.
    """
    try:
        values = json.loads(data, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise BadDocumentError(
            f"expected a baseline in JSON: {shown(error, 80)}", reading, _HINT
        ) from error
    return _baseline_from(values, reading)


def subjects_kept(document: BaselineDocument) -> list[KeptSubject]:
    """The images of a baseline file, in its order."""
    return [KeptSubject(image, position) for position, image in enumerate(document.images)]


def _baseline_from(values: object, reading: str) -> BaselineDocument:
    """The document of decoded JSON. Raises: `BadDocumentError`, as `load_baseline` does."""
    if not isinstance(values, dict) or values.get("schema") != SCHEMA:
        found = values.get("schema") if isinstance(values, dict) else None
        raise BadDocumentError(
            f'expected a document with "schema": "{SCHEMA}", found {shown(found, 40)!r}', reading
        )
    try:
        checksum = checksum_of(values)
    except (ValueError, RecursionError) as error:
        raise BadDocumentError(
            f"expected numbers in a baseline: {shown(error, 80)}", reading, _HINT
        ) from error
    if values.get("checksum") != checksum:
        raise BadDocumentError(
            "the baseline is not as it was written: damaged, edited or merged", reading, _HINT
        )
    document = convert(values, BaselineDocument, reading)
    if fault := fault_of(document):
        raise BadDocumentError(fault, reading, _HINT)
    return document


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """A JSON object. Raises: `ValueError` if it has a key twice: readers differ on which counts."""
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("an object has a key twice")
    return made


def _distinct(subjects: Sequence[Subject]) -> list[list[Subject]]:
    """The rows of each image: one manifest that a file lists under several names is one image."""
    groups: dict[object, list[Subject]] = {}
    for subject in subjects:
        name = subject.name
        digest = name.manifest_digest or name.config_digest
        identity = (_base_name(name.input), digest) if digest else (name.input, name.index)
        groups.setdefault(identity, []).append(subject)
    return list(groups.values())


def _image(policy: Policy, subjects: Sequence[Subject]) -> KeptImage:
    first = subjects[0]
    name = first.name
    names = sorted({each for subject in subjects for each in subject.name.names})
    return KeptImage(
        names=names,
        platform=name.platform,
        input=_base_name(name.input),
        source=name.source,
        manifest_digest=name.manifest_digest,
        config_digest=name.config_digest,
        created=first.created,
        base_layers=first.base_layers,
        base_is_guess=first.base_is_guess,
        layers=[
            KeptLayer(
                digest=layer.digest,
                diff_id=layer.diff_id,
                created_by=layer.created_by,
                compression=layer.compression,
                compressed_bytes=layer.compressed_bytes,
            )
            for layer in first.layers
        ],
        numbers=_numbers(policy, subjects),
    )


def _numbers(policy: Policy, subjects: Sequence[Subject]) -> list[KeptNumber]:
    wanted: dict[_Key, Subject] = {}
    for budget in policy.budgets:
        if budget.metric in AGAINST_A_BASELINE:
            continue
        subject = next((each for each in subjects if fits_image(budget.image, each.name)), None)
        if subject is not None:
            for key in _keys(budget, subject):
                wanted.setdefault(key, subject)
    return [_number(key, wanted[key]) for key in sorted(wanted)]


def _keys(budget: Budget, subject: Subject) -> Iterator[_Key]:
    """What a verdict asks of a baseline for one budget: metric, scope, pattern, part."""
    metric, scope = budget.metric, budget.scope
    if scope.kind == "run":
        return
    if scope.kind == "layer" and scope.pattern == "each":
        for index in range(len(subject.layers)):
            yield metric, "layer", str(index), "all"
        return
    yield metric, scope.kind, scope.pattern, "all"
    apart = scope.kind == "image" and METRICS[metric].additive
    if apart and subject.base_layers is not None:
        yield metric, "image", scope.pattern, "own"
        yield metric, "image", scope.pattern, "base"


def _number(key: _Key, subject: Subject) -> KeptNumber:
    metric, kind, pattern, part = key
    measured = subject.measure(metric, Scope(kind, pattern), part)
    layers = len(subject.layers)
    return KeptNumber(
        metric=metric,
        scope=kind,
        pattern=pattern,
        part=part,
        unit=METRICS[metric].unit,
        value=measured.value,
        split_by_instruction=[
            _by_instruction(split, layers) for split in _splits(measured, "instruction")
        ],
        split_by_package=[_by_package(split) for split in _splits(measured, "package")],
    )


def _splits(measured: Measured, by: str) -> list[Composition]:
    """The splits of one kind, the first of each metric, sorted by metric."""
    found: dict[str, Composition] = {}
    for split in measured.splits:
        if split.by == by:
            found.setdefault(split.metric, split)
    return [found[metric] for metric in sorted(found)]


def _by_instruction(split: Composition, layers: int) -> LayerAmounts:
    amounts: list[int | None] = [None] * layers
    for piece in split.pieces:
        if piece.layer is not None:
            amounts[piece.layer] = (amounts[piece.layer] or 0) + piece.amount
    return LayerAmounts(metric=split.metric, unit=split.unit, total=split.total, amounts=amounts)


def _by_package(split: Composition) -> PackageAmounts:
    largest = sorted(
        split.pieces, key=lambda piece: (-piece.amount, piece.kind, piece.label, piece.version)
    )[:PACKAGES]
    packages = [
        KeptPackage(name=piece.label, kind=piece.kind, version=piece.version, amount=piece.amount)
        for piece in largest
    ]
    packages.sort(key=lambda package: (package.kind, package.name, package.version))
    return PackageAmounts(
        metric=split.metric,
        unit=split.unit,
        total=split.total,
        packages=packages,
        rest=split.total - sum(package.amount for package in packages),
    )


def _place(image: KeptImage) -> tuple[object, ...]:
    digest = image.manifest_digest or image.config_digest or ""
    return image.names, str(image.platform), image.input, digest


def _called(image: KeptImage) -> str:
    name = image.names[0] if image.names else image.input
    return f"{shown(name, 60)} ({shown(image.platform, 40)})"


def _base_name(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]
