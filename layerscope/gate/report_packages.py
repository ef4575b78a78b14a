"""Numbers of the packages of an image, and splits by package."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.gate.measured import Piece

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from layerscope.gate.report_tables import PackageRow

AMOUNTS: dict[str, Callable[[PackageRow], int]] = {
    "content_bytes": lambda row: row.visible_bytes + row.hidden_bytes,
    "visible_bytes": lambda row: row.visible_bytes,
    "wasted_bytes": lambda row: row.hidden_bytes,
    "files": lambda row: row.files,
    "packages": lambda row: int(row.is_package and row.state == "visible"),
}
"""What each number of packages is of one row."""


def fitting(pattern: str, rows: Iterable[PackageRow]) -> list[PackageRow]:
    """The packages that a pattern fits.

    One that begins with `pkg:` is about package URLs, with or without their version and their
    qualifiers; any other about names.
    """
    from layerscope.gate.report_text_glob import TextGlob  # noqa: PLC0415 - few budgets ask

    fits = TextGlob(pattern).fits
    packages = [row for row in rows if row.is_package]
    if not pattern.startswith("pkg:"):
        return [row for row in packages if fits(row.name)]
    return [row for row in packages if row.purl and any(map(fits, _spellings(row.purl)))]


def _spellings(purl: str) -> tuple[str, str, str]:
    """A package URL as it is, without qualifiers and subpath, and without its version too."""
    plain = purl.partition("?")[0].partition("#")[0]
    place, slash, last = plain.rpartition("/")
    return purl, plain, f"{place}{slash}{last.partition('@')[0]}"


def amount_of(metric: str, rows: Iterable[PackageRow]) -> int:
    """A number of some packages, one of `AMOUNTS`."""
    return sum(map(AMOUNTS[metric], rows))


def pieces(metric: str, rows: Iterable[PackageRow]) -> list[Piece]:
    """A piece for each package of one kind and name, and one for what no package owns.

    Its versions are those that are visible, if any is; of wasted bytes those that are hidden.
    """
    amount = AMOUNTS[metric]
    groups: dict[tuple[str, str], list[PackageRow]] = {}
    for row in rows:
        if amount(row):
            groups.setdefault((row.name, row.kind), []).append(row)
    return [
        Piece(name, sum(map(amount, group)), kind, _versions(metric, group))
        for (name, kind), group in groups.items()
    ]


def _versions(metric: str, group: Sequence[PackageRow]) -> str:
    seen = [row for row in group if row.state == "visible"]
    told = group if metric == "wasted_bytes" or not seen else seen
    return ", ".join(dict.fromkeys(row.version for row in told if row.version))
