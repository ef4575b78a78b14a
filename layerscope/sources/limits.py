"""Bounds on what an input may make layerscope do. Input is hostile until it has been read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Each bound, with the default that the command line shows as `--max-…`.

    Attributes:
        document_bytes: A manifest, index, config or manifest.json. BuildKit's and containerd's own
            bounds are 4 to 8 MiB; configs with very many labels are larger.
        images: Images (descriptors) of one input.
        layers: Layers of one image. Engines stop at 127; some builders make more.
        index_depth: Nested indexes.
        members: Members of an outer archive.
        entries: Members of one layer.
        layer_bytes: Uncompressed bytes of one layer.
        name_bytes: One path or link target, and all of one PAX header (Go's archive/tar and
            libarchive stop at 1 MiB too).
        hole_bytes: Holes of sparse files that are hashed, in one layer; content beyond is not.
        spool_bytes: The unlinked file a compressed or streamed archive is unpacked to.
        zstd_window_log: Largest zstd window, as a power of two (128 MiB, the zstd tool's own).
    """

    document_bytes: int = 64 * 1024 * 1024
    images: int = 10_000
    layers: int = 1_000
    index_depth: int = 32
    members: int = 2_000_000
    entries: int = 20_000_000
    layer_bytes: int = 256 * 1024**3
    name_bytes: int = 1024 * 1024
    hole_bytes: int = 4 * 1024**3
    spool_bytes: int = 64 * 1024**3
    zstd_window_log: int = 27


DEFAULT_LIMITS = Limits()
