"""The plain way to do what `layerscope analyze` does, with `tarfile`, hashlib and blake3.

`python tarfile_loop.py ARCHIVE` reads every distinct layer of a docker-archive or an OCI archive
once, checks its digests, hashes every file, and prints one line a layer. It is what one would write
first: a peer to measure against, with no care for damaged or hostile archives.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import sys
import tarfile
from typing import IO, Protocol, cast

from blake3 import blake3

PIECE = 1024 * 1024


class _Hasher(Protocol):
    def update(self, data: bytes, /) -> object: ...
    def hexdigest(self) -> str: ...


class Hashed:
    """A stream whose bytes are hashed as they are read."""

    def __init__(self, stream: IO[bytes]) -> None:
        """Read from `stream`."""
        self.stream = stream
        self.sha256: _Hasher = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Bytes as the stream gives them."""
        piece = self.stream.read(size)
        self.sha256.update(piece)
        return piece

    def finish(self) -> str:
        """The digest of all, what nobody has read yet included."""
        while self.read(PIECE):
            pass
        return self.sha256.hexdigest()


def layers(archive: tarfile.TarFile) -> dict[str, str]:
    """Member name to DiffID of each distinct layer."""
    names = set(archive.getnames())

    def document(name: str) -> dict[str, object] | list[dict[str, object]]:
        member = archive.extractfile(name)
        if member is None:
            raise ValueError(name)
        return cast("dict[str, object] | list[dict[str, object]]", json.load(member))

    found: dict[str, str] = {}
    if "manifest.json" in names:
        for image in cast("list[dict[str, object]]", document("manifest.json")):
            config = cast("dict[str, dict[str, list[str]]]", document(str(image["Config"])))
            stored = cast("list[str]", image["Layers"])
            found |= dict(zip(stored, config["rootfs"]["diff_ids"], strict=True))
        return found
    index = cast("dict[str, list[dict[str, str]]]", document("index.json"))
    for described in index["manifests"]:
        manifest = cast("dict[str, object]", document(_blob(described["digest"])))
        described_config = cast("dict[str, str]", manifest["config"])
        config = cast(
            "dict[str, dict[str, list[str]]]", document(_blob(described_config["digest"]))
        )
        blobs = [_blob(one["digest"]) for one in cast("list[dict[str, str]]", manifest["layers"])]
        found |= dict(zip(blobs, config["rootfs"]["diff_ids"], strict=True))
    return found


def _blob(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/')}"


def read_layer(stream: IO[bytes]) -> tuple[str, int, int]:
    """(DiffID in hex, files, bytes in them) of a layer; a gzip layer's blob is hashed too."""
    magic = stream.read(2)
    stream.seek(0)
    blob = Hashed(stream)
    plain: IO[bytes] = cast("IO[bytes]", blob)
    if magic == b"\x1f\x8b":
        plain = cast("IO[bytes]", gzip.GzipFile(fileobj=cast("IO[bytes]", blob)))
    tar_bytes = Hashed(plain)
    files = content_bytes = 0
    with tarfile.open(fileobj=cast("IO[bytes]", tar_bytes), mode="r|", bufsize=PIECE) as tar:
        for member in tar:
            if not member.isreg():
                continue
            content = tar.extractfile(member)
            if content is None:
                continue
            hasher = blake3()
            while piece := content.read(PIECE):
                hasher.update(piece)
            hasher.digest()
            files += 1
            content_bytes += member.size
            tar.members = []  # type: ignore[attr-defined] # every member is kept otherwise
    digest = tar_bytes.finish()
    if plain is not cast("IO[bytes]", blob):
        blob.finish()
    return digest, files, content_bytes


def main() -> int:
    """Print a line for each layer; 1 if a digest is wrong."""
    right = True
    with tarfile.open(sys.argv[1], mode="r:") as archive:
        for name, diff_id in layers(archive).items():
            stream = archive.extractfile(name)
            if stream is None:
                raise ValueError(name)
            digest, files, content_bytes = read_layer(stream)
            right &= diff_id == f"sha256:{digest}"
            print(digest[:12], files, content_bytes, diff_id == f"sha256:{digest}")
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
