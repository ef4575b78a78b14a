"""Archives as `docker save` writes them: `manifest.json`, since engine 25 with `index.json` beside.

Where both are there, images come from `index.json`, which has manifest digests, all platforms and
the attestations told apart; `manifest.json` adds full names, and images that `index.json` does not
list (engine 25.0 wrote `"manifests": null` there for images saved by id).

Source: moby's image/tarexport; what kaniko, BuildKit, podman and others write is read alike.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from layerscope.errors import (
    BadDocumentError,
    DigestMismatchError,
    InputError,
    OverLimitError,
    shown,
)
from layerscope.oci import document, media_types
from layerscope.oci.config import ImageConfig
from layerscope.oci.descriptor import Descriptor
from layerscope.oci.digest import Digest
from layerscope.sources.assembly import LayerClaim, assemble, check_layer_count
from layerscope.sources.blobs import check_total, read_named
from layerscope.sources.image import Fault
from layerscope.sources.layout import INDEX, read_layout
from layerscope.sources.listed import Listing, Origin, Row
from layerscope.sources.names import familiar, tag_of

if TYPE_CHECKING:
    from layerscope.sources.outer_archive import OuterArchive

MANIFEST = "manifest.json"

_BLOB_NAME = re.compile(r"(?:\./)*blobs/sha256/([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Entry:
    """One image of a `manifest.json`.

    Attributes:
        config: Name of the config's member.
        names: Its `RepoTags`.
        layers: Names of the layers' members, from the base up.
        sources: By DiffID, what a registry has for a layer. It describes the stored bytes only
            where those are named by the same digest.
    """

    config: str
    names: tuple[str, ...]
    layers: tuple[str, ...]
    sources: dict[str, Descriptor]

    @classmethod
    def from_json(cls, value: object, where: str) -> Entry:
        """The entry in a JSON value. Raises: `BadDocumentError` and those of `Descriptor`."""
        fields = document.as_object(value, where)
        config = document.optional_str(fields, "Config", where)
        if not config:
            raise BadDocumentError("Config: expected the name of a member, found none", where)
        sources = document.optional_object(fields, "LayerSources", where) or {}
        return cls(
            config,
            tuple(name for name in document.string_list(fields, "RepoTags", where) if name),
            document.string_list(fields, "Layers", where),
            {
                diff_id: Descriptor.from_json(source, f"{where}: LayerSources")
                for diff_id, source in sources.items()
            },
        )


def read_docker_archive(origin: Origin, archive: OuterArchive) -> Listing:
    """What an archive with a `manifest.json` lists.

    Raises: the errors of the store and of JSON for `manifest.json`, if there is no `index.json`;
        `OverLimitError` for too many images.
    """
    listing = Listing(origin.source)
    if archive.has(INDEX):
        try:
            listing = read_layout(origin, archive)
        except OverLimitError:
            raise
        except InputError as error:
            listing = Listing(origin.source, faults=(Fault.of(origin.input, error),))
    try:
        values = _entries(read_named(archive, MANIFEST, origin.limits))
    except InputError as error:
        if not error.reading:
            error.within(MANIFEST)
        if not any(row.image for row in listing.rows):
            raise
        return replace(listing, faults=(*listing.faults, Fault.of(origin.input, error)))
    if len(values) > origin.limits.images:
        raise OverLimitError(f"more than {origin.limits.images} images", MANIFEST)
    rows = _with_entries(origin, archive, list(listing.rows), values)
    return replace(listing, rows=tuple(rows))


def _entries(raw: bytes) -> list[object]:
    """The entries of `manifest.json`; none where it is null, as Go reads it."""
    return [] if raw.strip() == b"null" else document.parse_array(raw, MANIFEST)


def _with_entries(
    origin: Origin, archive: OuterArchive, rows: list[Row], values: list[object]
) -> list[Row]:
    """The rows of `index.json`, named by the entries of `manifest.json`; then those it adds."""
    configs: dict[str, ImageConfig] = {}
    config_bytes = 0
    by_config = _rows_by_config(rows)
    for position, value in enumerate(values):
        try:
            entry = Entry.from_json(value, f"{MANIFEST}: [{position}]")
            # Checked first: an image over a limit needs no config read.
            check_layer_count(len(entry.layers), origin.limits.layers)
            config = configs.get(entry.config)
            if config is None:
                config = configs[entry.config] = _config(origin, archive, entry.config)
                config_bytes += len(config.raw)
                check_total(config_bytes, origin.limits)
            known = by_config.get(config.digest)
            if known:
                _merge_names(rows, known, entry.names)
            else:
                rows.append(_row(origin, archive, entry, config))
        except InputError as error:
            rows.append(Row(faults=(Fault.of(origin.input, error),)))
    return rows


def _config(origin: Origin, archive: OuterArchive, name: str) -> ImageConfig:
    """The config that an entry names, verified if it is a blob of a layout.

    The older `<hex>.json` is a name and no claim: engines compute the image's id from the bytes.
    """
    where = f"config {shown(name)}"
    try:
        raw = read_named(archive, name, origin.limits)
    except InputError as error:
        raise type(error)(error.problem, where, error.hint) from None
    config = ImageConfig.parse(raw, where)
    named = _BLOB_NAME.fullmatch(name)
    if named and named[1] != config.digest.hex:
        raise DigestMismatchError(
            f"expected sha256:{named[1]}, read {config.digest}",
            where,
            "export the image again; the stored bytes are not the named ones",
        )
    return config


def _row(origin: Origin, archive: OuterArchive, entry: Entry, config: ImageConfig) -> Row:
    """The row of an image that only `manifest.json` lists."""
    claims = []
    for position, name in enumerate(entry.layers):
        diff_id = config.diff_ids[position] if position < len(config.diff_ids) else None
        claims.append(_claim(archive, name, entry.sources.get(str(diff_id))))
    made = assemble(
        origin,
        config,
        claims,
        names=entry.names,
        platform=config.platform,
        config_name=entry.config,
    )
    return Row(
        names=entry.names,
        references=frozenset(entry.names),
        platform=made.image.platform,
        image=made.image,
        faults=made.faults,
        skipped=made.skipped,
    )


def _claim(archive: OuterArchive, name: str, source: Descriptor | None) -> LayerClaim:
    """A layer member. Only `blobs/sha256/<hex>` claims a digest; other names are engines' ids."""
    named = _BLOB_NAME.fullmatch(name)
    digest = Digest("sha256", named[1]) if named else None
    size = source.size if source and source.digest == digest else None
    foreign = source is not None and (
        bool(source.urls) or media_types.is_foreign_layer(source.media_type)
    )
    return LayerClaim(
        None,
        digest,
        size,
        name,
        source.urls if source else (),
        foreign,
        lambda: archive.region_of(name, size),
    )


def _rows_by_config(rows: list[Row]) -> dict[Digest, list[int]]:
    by_config: dict[Digest, list[int]] = {}
    for number, row in enumerate(rows):
        if row.image is not None and row.image.config is not None:
            by_config.setdefault(row.image.config.digest, []).append(number)
    return by_config


def _merge_names(rows: list[Row], numbers: list[int], names: tuple[str, ...]) -> None:
    """Give the names of a `manifest.json` entry to the rows of the same image in `rows`.

    A full name takes the place of the bare tag that stands for it; one that no row has goes to the
    first row.
    """
    for name in names:
        has_it = any(familiar(name) == familiar(own) for n in numbers for own in rows[n].names)
        if has_it:
            continue
        chosen = numbers[0]
        kept = rows[chosen].names
        for number in numbers:
            if rows[number].names == (tag_of(name),):
                chosen, kept = number, ()
                break
        row = rows[chosen]
        merged = (*kept, name)
        rows[chosen] = replace(
            row,
            names=merged,
            references=row.references | {name},
            image=replace(row.image, names=merged) if row.image else None,
        )
