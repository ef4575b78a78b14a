"""Small images in a test's own lines: documents, layers, outer tars and folders."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
NAME = "org.opencontainers.image.ref.name"
FULL_NAME = "io.containerd.image.name"

Value = bytes | tuple[bytes, str]


def sha(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def dump(value: object) -> bytes:
    return json.dumps(value).encode()


def outer(files: dict[str, Value]) -> bytes:
    """A tar of regular files, or of `(type, link target)`, in the order given."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, value in files.items():
            member = tarfile.TarInfo(name)
            if isinstance(value, tuple):
                member.type, member.linkname = value
                archive.addfile(member)
            else:
                member.size = len(value)
                archive.addfile(member, io.BytesIO(value))
    return stream.getvalue()


def layer(name: str, data: bytes = b"x") -> bytes:
    return outer({name: data})


def config(layers: list[bytes], **fields: object) -> bytes:
    return dump(
        {
            "os": "linux",
            "architecture": "amd64",
            "rootfs": {"type": "layers", "diff_ids": [sha(one) for one in layers]},
            "history": [{"created_by": f"step {n}"} for n in range(len(layers))],
            **fields,
        }
    )


@dataclass
class Layout:
    """An OCI layout in memory."""

    files: dict[str, Value] = field(
        default_factory=lambda: {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}'}
    )
    top: list[dict[str, object]] = field(default_factory=list)

    def blob(self, data: bytes, media_type: str, **fields: object) -> dict[str, object]:
        self.files["blobs/" + sha(data).replace(":", "/")] = data
        return {"mediaType": media_type, "digest": sha(data), "size": len(data), **fields}

    def image(self, *names: str, config_type: str = CONFIG, **fields: object) -> dict[str, object]:
        """An image with one layer for each name; gives back its descriptor."""
        layers = [layer(name) for name in names]
        manifest = {
            "schemaVersion": 2,
            "config": self.blob(config(layers, **fields), config_type),
            "layers": [self.blob(one, LAYER) for one in layers],
        }
        return self.blob(dump(manifest), MANIFEST)

    def index(self, *manifests: dict[str, object]) -> dict[str, object]:
        return self.blob(dump({"schemaVersion": 2, "manifests": list(manifests)}), INDEX)

    def add(self, descriptor: dict[str, object], name: str = "", **fields: object) -> None:
        annotations = {NAME: name} if name else {}
        self.top.append({**descriptor, "annotations": annotations, **fields})

    def drop(self, descriptor: dict[str, object]) -> None:
        del self.files["blobs/" + str(descriptor["digest"]).replace(":", "/")]

    def all_files(self) -> dict[str, Value]:
        return {**self.files, "index.json": dump({"schemaVersion": 2, "manifests": self.top})}

    def tar(self, path: Path) -> str:
        path.write_bytes(outer(self.all_files()))
        return str(path)

    def folder(self, path: Path) -> str:
        for name, value in self.all_files().items():
            file = path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            assert isinstance(value, bytes)
            file.write_bytes(value)
        return str(path)


def docker_files(*names: str, tags: list[str] | None = None, **fields: object) -> dict[str, Value]:
    """A `docker save` archive of one image with one layer for each name."""
    layers = [layer(name) for name in names]
    raw = config(layers)
    files: dict[str, Value] = {f"{n}/layer.tar": one for n, one in enumerate(layers)}
    files[sha(raw)[7:] + ".json"] = raw
    entry = {
        "Config": sha(raw)[7:] + ".json",
        "RepoTags": tags,
        "Layers": [f"{n}/layer.tar" for n in range(len(layers))],
        **fields,
    }
    files["manifest.json"] = dump([entry])
    return files


def docker(path: Path, files: dict[str, Value]) -> str:
    path.write_bytes(outer(files))
    return str(path)
