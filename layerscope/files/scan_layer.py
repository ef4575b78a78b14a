"""One layer, read once: digests verified, entries counted, content hashed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from blake3 import blake3

from layerscope.errors import (
    CorruptLayerError,
    DigestMismatchError,
    InputError,
    MissingBlobError,
    OverLimitError,
    SizeMismatchError,
    TarError,
)
from layerscope.files.aside import AsideHasher
from layerscope.files.walk import Walk
from layerscope.oci.digest import DiffID, Digest
from layerscope.sources.compression import HEAD_BYTES, decoded, detect, stored_pieces
from layerscope.sources.limits import DEFAULT_LIMITS, Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from layerscope.files.columns import FileColumns
    from layerscope.files.hashing import ContentHasher
    from layerscope.sources.image import Layer
    from layerscope.sources.region import Region

CONTENT_HASHERS: dict[str, Callable[..., ContentHasher]] = {
    "blake3": blake3,
    "sha256": hashlib.sha256,
}


@dataclass(frozen=True, slots=True)
class LayerScan:
    """What reading a layer found. Sizes are in bytes.

    Attributes:
        digest: sha256 of the blob as stored.
        diff_id: Digest of the uncompressed tar: sha256 unless the config claims another kind.
        compressed_bytes: The blob as stored.
        uncompressed_bytes: The tar, with whatever follows its end.
        content_bytes: Sum of the sizes of regular members (sparse: logical size; hard link: 0).
        snapshot_bytes: What docker's overlay2 store counts (`FileColumns.snapshot_bytes`).
        entries: Members as Go's archive/tar counts them; PAX global headers count.
        files: Members with a regular-file type flag, whiteout markers included.
        compression: `none`, `gzip`, `zstd`, `bzip2` or `xz`, by magic.
        columns: The file table; None if it was not asked for.
        notes: What is worth knowing and is no fault, one line each.
        remembered: Whether it was known from before, so that nothing was read this time.
    """

    digest: Digest
    diff_id: DiffID
    compressed_bytes: int
    uncompressed_bytes: int
    content_bytes: int
    snapshot_bytes: int
    entries: int
    files: int
    compression: str
    columns: FileColumns | None = field(repr=False)
    notes: tuple[str, ...] = ()
    remembered: bool = False


@dataclass(frozen=True, slots=True)
class CopyCheck:
    """What verifying a further stored copy of a layer found: as in `LayerScan`, without a walk."""

    digest: Digest
    diff_id: DiffID
    compressed_bytes: int
    uncompressed_bytes: int
    compression: str


def scan_layer(
    layer: Layer,
    *,
    limits: Limits = DEFAULT_LIMITS,
    content: str | None = "blake3",
    columns: bool = True,
    on_progress: Callable[[int], object] | None = None,
    idle: Callable[[], bool] | None = None,
) -> LayerScan:
    """What is in one layer: measured digests and sizes, counts, and its file table.

    Args:
        layer: Where its bytes are and what is claimed of them.
        limits: Bounds on what is read.
        content: `blake3` or `sha256` of each file's content; None leaves content unhashed.
        columns: Whether the file table is kept in the result.
        on_progress: Is given the number of stored bytes read since the last call.
        idle: Says whether a processor is idle, so that hashing may go beside the walk.

    Raises: `MissingBlobError` if there are no bytes; `DigestMismatchError`, `SizeMismatchError` if
    they are not those that were claimed; `CorruptLayerError`, `CorruptStreamError` if they are
    damaged; `OverLimitError`. Source: OCI image-spec v1.1, layer.md and descriptor.md.
    """
    walk = Walk(limits, CONTENT_HASHERS[content] if content else None)
    walk.columns.hashed = content
    try:
        check = _stream(layer, limits, walk.feed, on_progress, idle)
        walk.finish()
    except TarError as error:
        _blame_digest(layer, error)
        raise CorruptLayerError(error.problem, truncated=error.truncated) from error
    notes = []
    if not walk.marked:
        notes.append("the tar has no end-of-archive blocks")
    if unhashed := len(walk.columns.unhashed):
        notes.append(f"{unhashed} sparse files have holes too large to hash")
    return LayerScan(
        digest=check.digest,
        diff_id=check.diff_id,
        compressed_bytes=check.compressed_bytes,
        uncompressed_bytes=check.uncompressed_bytes,
        content_bytes=walk.content_bytes,
        snapshot_bytes=walk.columns.snapshot_bytes(),
        entries=walk.entries,
        files=walk.files,
        compression=check.compression,
        columns=walk.columns if columns else None,
        notes=tuple(notes),
    )


def verify_copy(
    layer: Layer,
    *,
    limits: Limits = DEFAULT_LIMITS,
    on_progress: Callable[[int], object] | None = None,
    idle: Callable[[], bool] | None = None,
) -> CopyCheck:
    """Digests and sizes of one stored copy of a layer, checked, its tar not looked into.

    Raises: as `scan_layer`, less what only a walk finds.
    """
    return _stream(layer, limits, None, on_progress, idle)


def feed_layer(
    layer: Layer, feed: Callable[[bytes], None], *, limits: Limits = DEFAULT_LIMITS
) -> CopyCheck:
    """Digests and sizes of one stored copy of a layer, its tar handed to `feed` piece by piece.

    What was fed is checked only when this returns: until then it is nobody's layer.

    Raises: as `scan_layer`, less what only a walk finds, and what `feed` raises.
    """
    return _stream(layer, limits, feed, None, None)


def verify_blob(
    layer: Layer, diff_id: DiffID, *, on_progress: Callable[[int], object] | None = None
) -> CopyCheck:
    """The digest of one stored copy, checked, of which it is known what it unpacks to.

    Nothing is unpacked, so `uncompressed_bytes` is 0: whoever knows the DiffID knows them too.

    Raises: `MissingBlobError`, `DigestMismatchError`, `SizeMismatchError`, `CorruptStreamError`.
    """
    region = _region(layer)
    hasher = hashlib.sha256()
    for piece in stored_pieces(region):
        hasher.update(piece)
        if on_progress is not None:
            on_progress(len(piece))
    digest = Digest("sha256", hasher.hexdigest())
    _expect_blob(layer.digest, digest, region)
    compression = detect(region.read(0, HEAD_BYTES))
    return CopyCheck(digest, diff_id, region.size, 0, compression)


def _stream(
    layer: Layer,
    limits: Limits,
    feed: Callable[[bytes], None] | None,
    on_progress: Callable[[int], object] | None,
    idle: Callable[[], bool] | None,
) -> CopyCheck:
    """Reads a layer once, hashes it both ways, hands it on, and checks what was claimed."""
    region = _region(layer)
    compression = detect(region.read(0, HEAD_BYTES))
    blob_hash = hashlib.sha256()
    uncompressed = 0

    def on_stored(piece: bytes) -> None:
        if compression != "none":
            blob_hash.update(piece)
        if on_progress is not None:
            on_progress(len(piece))

    try:
        with AsideHasher(idle) as tar_hash:
            for piece in decoded(region, compression, limits, on_stored):
                uncompressed += len(piece)
                if uncompressed > limits.layer_bytes:
                    raise OverLimitError(f"the layer has more than {limits.layer_bytes} bytes")
                tar_hash.update(piece)
                if feed is not None:
                    feed(piece)
    except InputError as error:
        if not isinstance(error, TarError):
            _blame_digest(layer, error)
        raise
    tar_digest = tar_hash.hexdigest()
    digest = Digest("sha256", tar_digest if compression == "none" else blob_hash.hexdigest())
    diff_id = DiffID(Digest("sha256", tar_digest))
    _expect_blob(layer.digest, digest, region)
    diff_id = _expect_tar(layer, diff_id, lambda: decoded(region, compression, limits))
    return CopyCheck(digest, diff_id, region.size, uncompressed, compression)


def _region(layer: Layer) -> Region:
    """Where the bytes of a layer are, as many as were announced."""
    name = layer.digest or layer.stored_as
    if layer.region is None:
        raise MissingBlobError(f"the blob {name} is not there")
    if layer.size is not None and layer.size != layer.region.size:
        raise SizeMismatchError(
            f"the blob {name} has {layer.region.size} bytes, its descriptor says {layer.size}"
        )
    return layer.region


def _expect_blob(claimed: Digest | None, measured: Digest, region: Region) -> None:
    """Raises `DigestMismatchError` if the stored bytes are not those claimed."""
    if claimed is not None and claimed.algorithm != measured.algorithm:
        measured = _digest_of(stored_pieces(region), claimed)
    if claimed is not None and claimed != measured:
        raise DigestMismatchError(f"blob: expected {claimed}, read {measured}")


def _expect_tar(layer: Layer, measured: DiffID, tar: Callable[[], Iterable[bytes]]) -> DiffID:
    """The DiffID, by the algorithm of the one claimed. Raises: `DigestMismatchError`."""
    claimed = layer.diff_id
    if claimed is not None and claimed.algorithm != measured.algorithm:
        # Hardly any image has DiffIDs of another kind: reading those twice costs nobody else.
        measured = DiffID(_digest_of(tar(), claimed))
    if claimed is not None and claimed != measured:
        raise DigestMismatchError(f"DiffID: expected {claimed}, read {measured}")
    return measured


def _digest_of(pieces: Iterable[bytes], like: Digest) -> Digest:
    hasher = like.new_hasher()
    for piece in pieces:
        hasher.update(piece)
    return Digest(like.algorithm, hasher.hexdigest())


def _blame_digest(layer: Layer, error: InputError) -> None:
    """Raises `DigestMismatchError` instead of `error` if the stored bytes are not those claimed.

    Damaged bytes are the cause, what the parser stumbled over their effect; users look for the
    cause. Reading the blob once more is bounded, and happens for damaged layers only.
    """
    if layer.digest is None or layer.region is None or isinstance(error, OverLimitError):
        return
    measured = _digest_of(stored_pieces(layer.region), layer.digest)
    if measured != layer.digest:
        raise DigestMismatchError(f"blob: expected {layer.digest}, read {measured}") from error
