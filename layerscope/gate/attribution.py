"""What a number is made of and, with a baseline, what made it change: rows that sum to the byte.

The row `all other` takes what has no row of its own, so that old, new and change of the rows are
exactly those of the whole, whatever was left out.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from layerscope.gate.verdict import PartRow, SplitRow
from layerscope.units import bytes_text, count_text, counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from layerscope.gate.measured import Composition, Measured, Piece

ROWS = 10
"""How many parts of a split have a row of their own at most."""
NAMED = 3
"""How many parts the row `all other` names at most."""
ALL_OTHER = "all other"

Key = tuple[str, str]


class _Side(NamedTuple):
    """One thing on one side: all pieces of it together."""

    amount: int
    version: str = ""
    layer: int | None = None


class _Pair(NamedTuple):
    """One thing on both sides; None where it is not there, or not told from the rest."""

    label: str
    kind: str
    old: _Side | None
    new: _Side | None


def split_rows(
    old: Measured | None, new: Measured, lines: Mapping[int, int] | None = None
) -> list[SplitRow]:
    """The splits of a number, in the order in which it comes with them.

    Against the old number only parts that changed have a row, the largest change first, and a split
    in which nothing did is left out: the content may be the same though the compressed size is not.
    Where the old number does not split that way, or there is none, the largest parts have one.

    Args:
        old: The number of the baseline; None to show what the new one is made of.
        new: The number that is judged.
        lines: Lines of the Dockerfile by index of the layer.
    """
    before = {(part.by, part.metric, part.unit): part for part in old.splits} if old else {}
    rows = []
    for split in new.splits:
        other = before.get((split.by, split.metric, split.unit))
        row = _makeup(split, lines or {}) if other is None else _change(other, split, lines or {})
        if row:
            rows.append(row)
    return rows


def _makeup(split: Composition, lines: Mapping[int, int]) -> SplitRow:
    pairs = [
        pair
        for pair in (
            _layer_pairs((), split.pieces) if split.by == "instruction" else _named((), split)
        )
        if pair.new and pair.new.amount
    ]
    pairs.sort(key=lambda pair: (-abs(_new(pair)), pair.label, pair.kind))
    parts = [
        PartRow(
            label=pair.label,
            kind=pair.kind,
            new=pair.new.amount,
            detail=pair.new.version,
            layer=pair.new.layer,
            line=_line(pair.new.layer, lines),
        )
        for pair in pairs[:ROWS]
        if pair.new
    ]
    rest = split.total - sum(part.new or 0 for part in parts)
    if rest:
        parts.append(PartRow(label=ALL_OTHER, new=rest, rest=True))
    return SplitRow(
        by=split.by,
        metric=split.metric,
        unit=split.unit,
        old=None,
        new=split.total,
        delta=None,
        parts=parts,
    )


def _change(old: Composition, new: Composition, lines: Mapping[int, int]) -> SplitRow | None:
    if new.by == "instruction":
        pairs = _layer_pairs(old.pieces, new.pieces)
    else:
        pairs = list(_named(old.pieces, new))
    # What has no piece on a side of which some have none may still be there: its change is unknown.
    unsure = [pair for pair in pairs if _is_unsure(pair, old, new)]
    changed = [
        pair for pair in pairs if _new(pair) != _old(pair) and not _is_unsure(pair, old, new)
    ]
    changed.sort(key=lambda pair: (-abs(_new(pair) - _old(pair)), pair.label, pair.kind))
    parts = [
        PartRow(
            label=pair.label,
            kind=pair.kind,
            old=_old(pair),
            new=_new(pair),
            delta=_new(pair) - _old(pair),
            detail=_detail(pair, new),
            layer=pair.new.layer if pair.new else None,
            line=_line(pair.new.layer, lines) if pair.new else None,
        )
        for pair in changed[:ROWS]
    ]
    rest_old = old.total - sum(part.old or 0 for part in parts)
    rest_new = new.total - sum(part.new or 0 for part in parts)
    if not parts and rest_old == rest_new:
        return None
    if rest_old or rest_new:
        parts.append(
            PartRow(
                label=ALL_OTHER,
                old=rest_old,
                new=rest_new,
                delta=rest_new - rest_old,
                detail=_largest_unsure(unsure, old, new.unit),
                rest=True,
            )
        )
    return SplitRow(
        by=new.by,
        metric=new.metric,
        unit=new.unit,
        old=old.total,
        new=new.total,
        delta=new.total - old.total,
        parts=parts,
    )


def _is_unsure(pair: _Pair, old: Composition, new: Composition) -> bool:
    return (pair.old is None and old.rest != 0) or (pair.new is None and new.rest != 0)


def _old(pair: _Pair) -> int:
    return pair.old.amount if pair.old else 0


def _new(pair: _Pair) -> int:
    return pair.new.amount if pair.new else 0


def _line(layer: int | None, lines: Mapping[int, int]) -> int | None:
    return None if layer is None else lines.get(layer)


def _named(old: Iterable[Piece], split: Composition) -> Iterator[_Pair]:
    """Things of which the amount changed, or that are on one side only.

    Pieces with one label and kind are one thing; of paths, and with a baseline, one label is.

    A file that is hidden now and was not before is stored as it was: its bytes did not change. What
    did change at a path has the kind of the copies that made it.
    """
    before, after = _sides(old), _sides(split.pieces)
    keys = dict.fromkeys([*before, *after])
    if split.by != "path" or not before:
        for key in keys:
            old_side, new_side = before.get(key), after.get(key)
            if _differ(old_side, new_side):
                yield _Pair(*key, old_side, new_side)
        return
    kinds: dict[str, list[str]] = {}
    for label, kind in keys:
        kinds.setdefault(label, []).append(kind)
    for label, own in kinds.items():
        if len(own) == 1:
            old_side, new_side = before.get((label, own[0])), after.get((label, own[0]))
            if _differ(old_side, new_side):
                yield _Pair(label, own[0], old_side, new_side)
        else:
            yield _one_path(label, sorted(own), before, after)


def _differ(old: _Side | None, new: _Side | None) -> bool:
    return old is None or new is None or old.amount != new.amount


def _one_path(
    label: str, kinds: Sequence[str], before: Mapping[Key, _Side], after: Mapping[Key, _Side]
) -> _Pair:
    """All copies at a path, of the kind that changed most the way in which they all did."""
    olds = [before.get((label, kind)) for kind in kinds]
    news = [after.get((label, kind)) for kind in kinds]
    changes = [
        (new.amount if new else 0) - (old.amount if old else 0)
        for old, new in zip(olds, news, strict=True)
    ]
    sign = 1 if sum(changes) >= 0 else -1
    most = max(range(len(kinds)), key=lambda number: sign * changes[number])
    return _Pair(label, kinds[most], _together(olds), _together(news))


def _together(sides: Iterable[_Side | None]) -> _Side | None:
    """All copies, of the layer of the last one: what an earlier layer stored was there before."""
    there = [side for side in sides if side]
    if not there:
        return None
    layers = [side.layer for side in there if side.layer is not None]
    return _Side(sum(side.amount for side in there), layer=max(layers, default=None))


def _sides(pieces: Iterable[Piece]) -> dict[Key, _Side]:
    sides: dict[Key, _Side] = {}
    again: dict[Key, list[Piece]] = {}
    for piece in pieces:
        key = (piece.label, piece.kind)
        if key in sides:
            again.setdefault(key, []).append(piece)
        else:
            sides[key] = _Side(piece.amount, piece.version, piece.layer)
    for key, more in again.items():
        first = sides[key]
        versions = {first.version, *(piece.version for piece in more)} - {""}
        sides[key] = _Side(
            first.amount + sum(piece.amount for piece in more),
            ", ".join(sorted(versions)),
            _only([first.layer, *(piece.layer for piece in more)]),
        )
    return sides


def _only(layers: Iterable[int | None]) -> int | None:
    """The layer, if all are of one."""
    found = set(layers)
    return found.pop() if len(found) == 1 else None


def _layer_pairs(old: Sequence[Piece], new: Sequence[Piece]) -> list[_Pair]:
    """Layers are one thing if their DiffIDs are equal, or else their instructions."""
    from layerscope.analysis.layer_pairs import (  # noqa: PLC0415 - only what fails needs it
        LayerFacts,
        pair_layers,
    )

    facts = [
        [LayerFacts(piece.diff_id, piece.label or None) for piece in side] for side in (old, new)
    ]
    pairs = []
    for pair in pair_layers(*facts):
        before = None if pair.old is None else old[pair.old]
        after = None if pair.new is None else new[pair.new]
        named = after or before
        if named:
            pairs.append(_Pair(named.label, named.kind, _side(before), _side(after)))
    return pairs


def _side(piece: Piece | None) -> _Side | None:
    return _Side(piece.amount, piece.version, piece.layer) if piece else None


def _detail(pair: _Pair, split: Composition) -> str:
    if split.by == "cause":
        return ""
    if pair.old is None:
        return f"added {pair.new.version}".rstrip() if pair.new else ""
    if pair.new is None:
        return f"removed {pair.old.version}".rstrip()
    if pair.old.version == pair.new.version:
        return ""
    return f"{pair.old.version or 'no version'} to {pair.new.version or 'no version'}"


def _largest_unsure(unsure: Sequence[_Pair], old: Composition, unit: str) -> str:
    """The largest parts that are not told from others; of those that surely grew, by how much.

    What a baseline has no piece of is no larger than its smallest piece, since it keeps the largest
    ones, nor than all that has none together.
    """
    there = [pair for pair in unsure if pair.new and pair.new.amount > 0]
    if not there:
        return ""
    there.sort(key=lambda pair: (-_new(pair), pair.label, pair.kind))
    kept = Counter[Key]()
    for piece in old.pieces:
        kept[piece.label, piece.kind] += piece.amount
    most = min([*kept.values(), old.rest])
    grown = [pair for pair in there if _new(pair) > most]
    named = []
    for pair in (grown or there)[:NAMED]:
        text = f"{pair.label} {pair.new.version if pair.new else ''}".rstrip()
        more = _amount(_new(pair) - most, unit)
        named.append(f"{text} (at least {more} more)" if grown else text)
    others = f" and {counted(len(there) - len(named), 'other')}" if len(there) > len(named) else ""
    return f"with {', '.join(named)}{others}"


def _amount(number: int, unit: str) -> str:
    return bytes_text(number) if unit == "bytes" else count_text(number)
