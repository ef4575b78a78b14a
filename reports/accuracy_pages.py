"""The pages of `reports/accuracy/`: how well each builder is predicted on the measured cases."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from layerscope.cache.cases import load
from layerscope.cache.score import score
from layerscope.cache.simulate import VERSIONS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from layerscope.cache.cases import Case
    from layerscope.cache.score import Score

FEWEST_CASES_OF_A_TAG = 5

INTRODUCTION = """\
# How well the build cache is predicted

Builds that real builders ran, and what `layerscope cache simulate` says of the same builds. A step
is right if it is under each assumption about stages that run again that its case needs (both,
unless a tag of the case says which one held). `FROM` is not counted. `make reports` generates these
pages from `../shared/cache-cases`; CI compares them.

| builder | version | cases | all steps right | steps | right | unknown where nothing is assumed |
|---|---|---|---|---|---|---|
"""


def accuracy_pages(cases_folder: Path) -> dict[str, bytes]:
    """Each page by its path in the repository; none where the cases are not there."""
    cases = [load(path.read_bytes()) for path in sorted(cases_folder.glob("*/*.json"))]
    if not cases:
        return {}
    pages: dict[str, bytes] = {}
    rows = []
    for builder, versions in VERSIONS.items():
        sections = [f"# {builder}\n"]
        for version in versions:
            result = score(cases, builder, version)
            link = f"[{builder}]({builder}.md)"
            rows.append(f"| {link} | {version} | {' | '.join(_sums(result))} |\n")
            sections.append(_section(result, cases, builder, version))
        pages[f"reports/accuracy/{builder}.md"] = "\n".join(sections).encode()
    pages["reports/accuracy/README.md"] = (INTRODUCTION + "".join(rows)).encode()
    return pages


def _sums(result: Score) -> list[str]:
    counts = (len(result.judged), result.exact, result.rows, result.rows_right, result.unknown)
    return [f"{count:,}" for count in counts]


def _section(result: Score, cases: Sequence[Case], builder: str, version: str) -> str:
    lines = [
        f"## {builder} {version}\n",
        _in_words(result),
        "### Known disagreements\n",
        *(_disagreements(result) or ["None.\n"]),
    ]
    if result.skipped:
        names = ", ".join(f"`{name}`" for name in result.skipped)
        lines += [f"Not judged, since nobody can know them: {names}.\n"]
    lines += ["### By subject\n", *_by_tag(result, cases)]
    return "\n".join(lines)


def _in_words(result: Score) -> str:
    cases, steps = (
        f"{result.exact:,} of {len(result.judged):,}",
        f"{result.rows_right:,} of {result.rows:,}",
    )
    unknown = f"{result.unknown:,} steps are unknown where nothing is assumed"
    return f"{cases} cases and {steps} steps are right; {unknown}.\n"


def _disagreements(result: Score) -> list[str]:
    rows = [
        f"| `{row.id}` | {row.line} | {row.predicted} | {row.measured} | {row.assumed} |"
        for case in result.judged
        for row in case.wrong
    ]
    head = ["| case | line | predicted | measured | reruns assumed |", "|---|---|---|---|---|"]
    return [*head, *rows, ""] if rows else []


def _by_tag(result: Score, cases: Sequence[Case]) -> list[str]:
    tags = {case.id: case.tags for case in cases}
    all_cases: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for case in result.judged:
        for tag in tags[case.id]:
            all_cases[tag] += 1
            right[tag] += not case.wrong
    rows = [
        f"| {tag} | {count} | {right[tag]} |"
        for tag, count in sorted(all_cases.items())
        if count >= FEWEST_CASES_OF_A_TAG
    ]
    return ["| tag | cases | right |", "|---|---|---|", *rows, ""]
