"""Images put into files: the archives and folders that engines and tools write.

Every function gives back the path it wrote and writes the same bytes each time. Shapes follow what
`docker save`, BuildKit and skopeo wrote when they were looked at; member order is by name.
"""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

from layerscope.synth.image_builder import BuiltLayer, ImageBuilder, digest_of, document
from layerscope.synth.oci_content import OciContent, Part
from layerscope.synth.tree import FIXED_DATE, Tree

Named = str | os.PathLike[str]


def docker_archive(path: Named, *images: ImageBuilder) -> Path:
    """The `docker save` archive of engines before 25: a folder for each layer, no blob digests."""
    files: dict[str, bytes] = {}
    rows = []
    repositories: dict[str, dict[str, str]] = {}
    for image in images:
        config = image.config_bytes()
        config_name = f"{digest_of(config).removeprefix('sha256:')}.json"
        files[config_name] = config
        stored = []
        parent = ""
        for layer in image.layers:
            parent = _legacy_layer(files, layer, parent)
            stored.append(f"{parent}/layer.tar")
        rows.append(
            {"Config": config_name, "RepoTags": list(image.names) or None, "Layers": stored}
        )
        for name in image.names:
            repository, _, tag = name.rpartition(":")
            repositories.setdefault(repository, {})[tag] = parent
    files["manifest.json"] = document(rows)
    if repositories:
        files["repositories"] = document(repositories)
    return _write_archive(path, files)


def docker_archive_oci(path: Named, *images: ImageBuilder) -> Path:
    """The `docker save` archive since engine 25: an OCI layout with `manifest.json` beside it."""
    content = OciContent()
    rows = []
    for image in images:
        content.add(image, "none")
        rows.append(
            {
                "Config": _blob_name(digest_of(image.config_bytes())),
                "RepoTags": list(image.names) or None,
                "Layers": [_blob_name(diff_id) for diff_id in image.diff_ids()],
            }
        )
    return _write_archive(path, {**content.files(), "manifest.json": document(rows)})


def oci_archive(
    path: Named, *parts: Part, compression: str = "none", level: int | None = None
) -> Path:
    """An OCI layout in a tar, as skopeo and BuildKit write it; `parts` in index order."""
    return _write_archive(path, _layout_files(parts, compression, level))


def oci_layout(
    folder: Named, *parts: Part, compression: str = "none", level: int | None = None
) -> Path:
    """An OCI layout as a folder."""
    return _write_folder(folder, _layout_files(parts, compression, level))


def skopeo_dir(
    folder: Named, image: ImageBuilder, *, compression: str = "none", level: int | None = None
) -> Path:
    """A folder as `skopeo copy … dir:` writes it: blobs named by their hex digits."""
    blobs = [image.config_bytes(), *image.layer_blobs(compression, level)]
    files = {sha256(blob).hexdigest(): blob for blob in blobs}
    files["version"] = b"Directory Transport Version: 1.1\n"
    files["manifest.json"] = image.manifest_bytes(compression, level)
    return _write_folder(folder, files)


def _layout_files(parts: tuple[Part, ...], compression: str, level: int | None) -> dict[str, bytes]:
    content = OciContent()
    for part in parts:
        content.add(part, compression, level)
    return content.files()


def _legacy_layer(files: dict[str, bytes], layer: BuiltLayer, parent: str) -> str:
    """The folder name of a layer, unique for its content and all below it, as engines chose it."""
    name = sha256(f"{parent} {layer.diff_id}".encode()).hexdigest()
    about = {"id": name, "created": FIXED_DATE, "os": "linux"}
    files[f"{name}/VERSION"] = b"1.0"
    files[f"{name}/json"] = document({**about, "parent": parent} if parent else about)
    files[f"{name}/layer.tar"] = layer.tar
    return name


def _blob_name(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/', 1)}"


def _write_archive(path: Named, files: dict[str, bytes]) -> Path:
    tree = Tree()
    folders = {parent for name in files for parent in _parents(name)}
    for name in sorted([*files, *folders]):
        tree = tree.dir(name) if name in folders else tree.file(name, files[name])
    target = Path(path)
    with target.open("wb") as stream:
        tree.write_tar(stream, tar_format="ustar")
    return target


def _write_folder(folder: Named, files: dict[str, bytes]) -> Path:
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    for name, content in sorted(files.items()):
        file = target / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return target


def _parents(name: str) -> list[str]:
    words = name.split("/")[:-1]
    return ["/".join(words[: number + 1]) for number in range(len(words))]
