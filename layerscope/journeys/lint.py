"""What in a Dockerfile costs cache, bytes or run time, measured where an image is given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope import __version__
from layerscope.cache.lint import Evidence, lint
from layerscope.errors import InputError
from layerscope.journeys.dockerfile import read_stages
from layerscope.report.document import FaultRow, Tool
from layerscope.report.fault_rows import fault_row
from layerscope.report.lint_document import FindingRow, LintDocument, MeasuredRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from layerscope.cache.lint import Finding
    from layerscope.dockerfile.instructions import Dockerfile


def lint_file(
    path: str,
    *,
    context: str | None = None,
    image: str | None = None,
    target: str | None = None,
    index: Path | None = None,
) -> LintDocument:
    """The `layerscope.lint/1` document of a Dockerfile.

    Args:
        path: The Dockerfile.
        context: Its build context; None where it is not known.
        image: An image that was built from it: findings then say how many bytes they cost.
        target: The stage whose size counts; None is the last.
        index: Where checksums of contexts are kept; None keeps none.

    A file or context that cannot be read, a Dockerfile that BuildKit refuses, and a damaged image
    are faults of the document.

    Raises: `UsageError` for several images.
    """
    try:
        return _linted(path, context, image, target, index)
    except InputError as error:
        return _document(path, [], [fault_row(error, "" if error.reading else path)])


def _linted(
    path: str, context: str | None, image: str | None, target: str | None, index: Path | None
) -> LintDocument:
    dockerfile = read_stages(path)
    opened = None
    if context is not None:
        from layerscope.journeys.build_inputs import Contexts  # noqa: PLC0415 - only with a context

        opened = Contexts.empty(index, "buildkit").open(context, path)
    evidence, faults = _evidence(dockerfile, image, target)
    if opened is not None:
        sent = sum(node.size for _, node in opened.tree.walk() if node.kind == "file")
        evidence = Evidence(evidence.layers if evidence else (), context_bytes=sent)
    found = lint(
        dockerfile,
        context=None if opened is None else opened.tree,
        has_ignore_file=None if opened is None else opened.ignore_source is not None,
        measured=evidence,
        target=target,
    )
    return _document(path, found, faults)


def _evidence(
    dockerfile: Dockerfile, image: str | None, target: str | None
) -> tuple[Evidence | None, list[FaultRow]]:
    if image is None:
        return None, []
    from layerscope.journeys.layer_evidence import layer_evidence  # noqa: PLC0415 - only with an image

    layers, faults = layer_evidence(dockerfile, image, target)
    return Evidence(layers), faults


def _document(path: str, found: Sequence[Finding], faults: Sequence[FaultRow]) -> LintDocument:
    severities = [finding.severity for finding in found]
    return LintDocument(
        tool=Tool(version=__version__),
        input=path,
        findings=[_row(finding) for finding in found],
        errors=severities.count("error"),
        warnings=severities.count("warning"),
        infos=severities.count("info"),
        faults=list(faults),
    )


def _row(finding: Finding) -> FindingRow:
    measured = finding.measured
    return FindingRow(
        rule=finding.rule,
        severity=finding.severity,
        line=finding.line,
        last_line=finding.last_line,
        stage=finding.stage,
        message=finding.message,
        remedy=finding.remedy,
        others=list(finding.others),
        measured=None
        if measured is None
        else MeasuredRow(value=measured.value, unit=measured.unit, text=measured.text),
    )
