"""In which headers two tars of the same files differ, for layers whose file tables do not tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.errors import DigestMismatchError, MissingBlobError
from layerscope.fleet.near_equal import Difference
from layerscope.sources.compression import HEAD_BYTES, decoded, detect
from layerscope.tar.member_headers import member_headers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from layerscope.fleet.near_equal import Aligned
    from layerscope.oci.digest import DiffID
    from layerscope.sources.limits import Limits
    from layerscope.sources.region import Region
    from layerscope.tar.member_headers import Form, MemberHeaders

HEADER_FIELDS = (
    "tar-format",
    "pax-records",
    "pax-values",
    "owner-name",
    "type-flag",
    "name-slash",
    "header-encoding",
    "pax-global",
    "padding",
    "trailing-bytes",
)
"""Fields that no file table has, in the order of reports.

`tar-format` is the dialect of a header, `pax-records` which PAX records it has, `pax-values` what
those say that no file table has (access times, comments), `owner-name` the names of user and group,
`name-slash` whether a name ends in a slash. `header-encoding` is for headers that differ in none
of these: digits with a space or a NUL behind them, GNU sparse maps, times in unused fields.
"""


def headers_of(region: Region | None, diff_id: DiffID, limits: Limits) -> MemberHeaders:
    """The headers of a layer that was read before, checked once more.

    Raises: `MissingBlobError`, `DigestMismatchError` if the bytes are not those any more; else as
        `sources.compression.decoded` and `tar.member_headers.member_headers` do.
    """
    if region is None:
        raise MissingBlobError("the layer is not there")
    hasher = diff_id.new_hasher()

    def tar() -> Iterator[bytes]:
        for piece in decoded(region, detect(region.read(0, HEAD_BYTES)), limits):
            hasher.update(piece)
            yield piece

    found = member_headers(tar(), max_special=limits.name_bytes, max_members=limits.entries)
    if hasher.hexdigest() != diff_id.hex:
        raise DigestMismatchError(f"DiffID: expected {diff_id}, read another")
    return found


def header_differences(
    reference: MemberHeaders, other: MemberHeaders, pairs: Aligned, told: set[int]
) -> list[Difference]:
    """Every field of `HEADER_FIELDS` in which two layers of the same files differ, in that order.

    Args:
        reference: The headers of the one layer.
        other: Those of the other.
        pairs: `near_equal.aligned` of their file tables.
        told: Positions in `pairs` of members that differ in a field of their file tables.
    """
    forms: dict[str, Callable[[Form], object]] = {
        "tar-format": lambda form: form.dialect,
        "pax-records": lambda form: form.records,
        "owner-name": lambda form: form.uname + b":" + form.gname,
        "type-flag": lambda form: bytes([form.typeflag]),
        "name-slash": lambda form: b"/" if form.slash else b"",
    }
    found: dict[str, Difference] = {}
    named: set[int] = set()
    rows = list(zip(pairs.reference, pairs.other, strict=True))
    for field, value in forms.items():
        where = [
            at
            for at, (one, two) in enumerate(rows)
            if value(reference.form(one)) != value(other.form(two))
        ]
        if where:
            one, two = rows[where[0]]
            texts = [_shown(value(reference.form(one))), _shown(value(other.form(two)))]
            found[field] = Difference(field, len(where), pairs.keys[where[0]][0], *texts)
            named.update(where)
    values = [
        at
        for at, (one, two) in enumerate(rows)
        if at not in named and reference.record_values(one) != other.record_values(two)
    ]
    if values:
        first = values[0]
        keys = _shown(reference.form(rows[first][0]).records)
        found["pax-values"] = Difference(
            "pax-values", len(values), pairs.keys[first][0], keys, keys
        )
        named.update(values)
    rest = [
        at
        for at, (one, two) in enumerate(rows)
        if at not in named and at not in told and reference.header(one) != other.header(two)
    ]
    if rest:
        path = pairs.keys[rest[0]][0]
        found["header-encoding"] = Difference("header-encoding", len(rest), path, "", "")
    for difference in _of_the_whole(reference, other):
        found[difference.field] = difference
    return [found[field] for field in HEADER_FIELDS if field in found]


def _of_the_whole(reference: MemberHeaders, other: MemberHeaders) -> Iterator[Difference]:
    """What belongs to no member."""
    if reference.global_digest != other.global_digest:
        counts = reference.global_headers, other.global_headers
        yield Difference("pax-global", max(counts), None, *map(str, counts))
    if reference.padding_digest != other.padding_digest:
        counts = reference.padding, other.padding
        yield Difference("padding", max(counts), None, *map(str, counts))
    if reference.end_digest != other.end_digest:
        ends = [
            f"{each.end_bytes}{'' if each.end_zero else ', not all zero'}"
            for each in (reference, other)
        ]
        yield Difference("trailing-bytes", 0, None, *ends)


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return " ".join(map(_shown, value))
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    return str(value)
