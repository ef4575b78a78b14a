r"""What a Dockerfile says that costs cache, bytes or signals, and what to write instead.

Rules about style are left to others. A rule that cannot tell says nothing.

>>> from layerscope.dockerfile.stages import read
>>> [(finding.line, finding.rule) for finding in lint(read(b"FROM debian\nRUN apt-get update\n"))]
[(1, 'unpinned-base'), (2, 'package-cache-kept'), (2, 'stale-package-index')]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.cache.lint.finding import SEVERITIES, Finding, Measured, Severity
from layerscope.cache.lint.ignore_comments import without_ignored
from layerscope.cache.lint.measured import Evidence, LayerEvidence, attach
from layerscope.cache.lint.reading import read_all
from layerscope.cache.lint.rules import RULES, Rule
from layerscope.errors import OverLimitError

if TYPE_CHECKING:
    from layerscope.cache.filetree import FileTree
    from layerscope.dockerfile.instructions import Dockerfile

__all__ = [
    "MOST_INSTRUCTIONS",
    "RULES",
    "SEVERITIES",
    "Evidence",
    "Finding",
    "LayerEvidence",
    "Measured",
    "Rule",
    "Severity",
    "attach",
    "lint",
]

MOST_INSTRUCTIONS = 20_000
"""Of one file, FROM lines included: a person writes no more, and rules look at pairs of them."""


def lint(
    dockerfile: Dockerfile,
    *,
    context: FileTree | None = None,
    has_ignore_file: bool | None = None,
    measured: Evidence | None = None,
    target: str | None = None,
) -> list[Finding]:
    """What the rules find, sorted by line, then by rule and message.

    Args:
        dockerfile: As `dockerfile.stages.read` gives it.
        context: The build context after its ignore file; None where it is not known.
        has_ignore_file: Is there an ignore file? None where that is not known.
        measured: What an image and its history say.
        target: The stage that is built, whose size counts; None is the last.

    Raises: `OverLimitError` for a file of more than `MOST_INSTRUCTIONS` instructions.
    """
    stages = dockerfile.stages
    if len(dockerfile.meta_args) + sum(1 + len(stage.commands) for stage in stages) > (
        MOST_INSTRUCTIONS
    ):
        problem = f"a Dockerfile of more than {MOST_INSTRUCTIONS} instructions"
        raise OverLimitError(problem, hint="split it, or lint the parts")
    reading = read_all(dockerfile, context=context, has_ignore_file=has_ignore_file, target=target)
    found = [finding for rule in RULES for finding in rule.check(reading)]
    kept = sorted(
        without_ignored(found, dockerfile),
        key=lambda finding: (finding.line, finding.rule, finding.message),
    )
    return attach(kept, measured) if measured is not None else kept
