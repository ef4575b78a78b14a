"""Images that buildah, umoci and skopeo make, and what those programs say of them.

Each image is built here, so nothing is expected that layerscope itself has said. A program that is
not installed skips its tests; with `LAYERSCOPE_REQUIRE_ALL=1` it fails them.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_S = 120

pytestmark = pytest.mark.programs


def _need(*programs: str) -> None:
    """Skip, or fail where everything is required, unless all programs are installed."""
    missing = [program for program in programs if shutil.which(program) is None]
    if not missing:
        return
    reason = f"not installed: {', '.join(missing)}"
    if os.environ.get("LAYERSCOPE_REQUIRE_ALL") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def _run(*command: str, cwd: Path) -> bytes:
    environment = {**os.environ, "BUILDAH_ISOLATION": "chroot", "TMPDIR": str(cwd)}
    done = subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, check=False, timeout=TIMEOUT_S
    )
    assert done.returncode == 0, f"{command}: {done.stderr.decode(errors='replace')}"
    return done.stdout


def _skopeo(cwd: Path, *arguments: str) -> bytes:
    return _run("skopeo", "--insecure-policy", *arguments, cwd=cwd)


def _buildah(cwd: Path, *arguments: str) -> str:
    storage = ("--storage-driver", "vfs", "--root", f"{cwd}/store", "--runroot", f"{cwd}/state")
    return _run("buildah", *storage, *arguments, cwd=cwd).decode().strip()


def _analyze(path: Path) -> list[dict[str, Any]]:
    """The images of a document whose inputs are all whole."""
    command = [
        sys.executable,
        "-m",
        "layerscope",
        "analyze",
        "--jobs",
        "1",
        "-f",
        "json",
        str(path),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, timeout=TIMEOUT_S)
    assert (done.returncode, done.stderr) == (0, b"")
    document = json.loads(done.stdout)
    assert document["faults"] == []
    images: list[dict[str, Any]] = document["images"]
    return images


def _validate(path: Path) -> None:
    command = [sys.executable, "-m", "layerscope", "validate", str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, timeout=TIMEOUT_S)
    assert (done.returncode, done.stderr) == (0, b"")


def _sha256(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _equals_documents(
    image: dict[str, Any], manifest: bytes | None, config: bytes, *, stored: bool
) -> None:
    """The image is what manifest and config, as skopeo printed them, say.

    `stored` is false where skopeo's manifest is one that it made up for a docker-archive: its
    layers are right, its own digest is nobody's.
    """
    told = json.loads(config)
    layers = image["layers"]
    assert image["config_digest"] == _sha256(config)
    assert [layer["diff_id"] for layer in layers] == told["rootfs"]["diff_ids"]
    assert image["platform"]["os"] == told["os"]
    assert image["platform"]["architecture"] == told["architecture"]
    lines = [record.get("created_by") for record in told["history"]]
    assert [row["created_by"] for row in image["history"]] == lines
    if manifest is None:
        return
    listed = json.loads(manifest)
    assert image["manifest_digest"] == (_sha256(manifest) if stored else None)
    assert [(layer["digest"], layer["compressed_bytes"]) for layer in layers] == [
        (layer["digest"], layer["size"]) for layer in listed["layers"]
    ]
    assert image["compressed_bytes"] == sum(layer["size"] for layer in listed["layers"])
    assert listed["config"]["digest"] == image["config_digest"]


def _inspect(cwd: Path, reference: str) -> tuple[bytes, bytes]:
    manifest = _skopeo(cwd, "inspect", "--raw", reference)
    config = _skopeo(cwd, "inspect", "--config", "--raw", reference)
    return manifest, config


def _tree(folder: Path, number: int) -> Path:
    """A small folder to build from: files of several sizes, a link, a name with a space."""
    (folder / "etc").mkdir(parents=True)
    (folder / "etc" / "config").write_bytes(b"setting\n" * number)
    (folder / "etc" / "empty").write_bytes(b"")
    (folder / "a name").write_bytes(bytes(range(256)) * 1024 * number)
    (folder / "link").symlink_to("etc/config")
    os.link(folder / "etc" / "config", folder / "etc" / "hard")
    for path in folder.rglob("*"):
        # Builders leave out what is the same as below, times included.
        os.utime(path, (1_700_000_000 + number,) * 2, follow_symlinks=False)
    return folder


def _build_with_buildah(cwd: Path, target: str) -> None:
    """An image of two layers, the second of which replaces a file of the first."""
    first = _buildah(cwd, "from", "scratch")
    _buildah(cwd, "copy", first, str(_tree(cwd / "one", 1)), "/")
    _buildah(cwd, "config", "--created-by", "first step", "--label", "a=b", first)
    _buildah(cwd, "commit", first, "base")
    second = _buildah(cwd, "from", "--pull-never", "localhost/base")
    _buildah(cwd, "copy", second, str(_tree(cwd / "two", 2)), "/")
    _buildah(cwd, "config", "--created-by", "second step", "--cmd", '["/bin/x"]', second)
    _buildah(cwd, "commit", second, target)


@pytest.mark.parametrize("transport", ["oci-archive", "docker-archive", "oci", "dir"])
def test_image_of_buildah_has_the_digests_that_skopeo_says(tmp_path: Path, transport: str) -> None:
    # Given an image that buildah has committed
    _need("buildah", "skopeo")
    path = tmp_path / "image"
    name = {"oci-archive": ":app:1", "docker-archive": ":app:1", "oci": ":1", "dir": ""}[transport]
    _build_with_buildah(tmp_path, f"{transport}:{path}{name}")

    # When analyzed and validated
    images = _analyze(path)
    _validate(path)

    # Then digests, sizes and history are those that skopeo reads
    whole = f"{transport}:{path}" + (":1" if transport == "oci" else "")
    manifest, config = _inspect(tmp_path, whole)
    assert len(images) == 1
    _equals_documents(images[0], manifest, config, stored=transport != "docker-archive")
    assert [layer["files"] for layer in images[0]["layers"]] == [3, 3]


COPIES = {
    "docker-archive": ((), "docker-archive:{path}:app:1", "docker-archive:{path}", "none"),
    "oci-gzip": ((), "oci:{path}:1", "oci:{path}:1", "gzip"),
    "oci-zstd": (("--dest-compress-format", "zstd"), "oci:{path}:1", "oci:{path}:1", "zstd"),
    "oci-archive": ((), "oci-archive:{path}:app:1", "oci-archive:{path}", "gzip"),
    "dir": ((), "dir:{path}", "dir:{path}", "none"),
    "dir-gzip": (("--dest-compress",), "dir:{path}", "dir:{path}", "gzip"),
    "dir-docker-types": (("--format", "v2s2"), "dir:{path}", "dir:{path}", "none"),
}


@pytest.mark.parametrize("how", COPIES)
def test_image_that_skopeo_copies_keeps_its_diff_ids(tmp_path: Path, how: str) -> None:
    # Given a docker-archive that skopeo copies into another layout
    _need("buildah", "skopeo")
    source = tmp_path / "source.tar"
    _build_with_buildah(tmp_path, f"docker-archive:{source}:app:1")
    options, written, read, compression = COPIES[how]
    path = tmp_path / "copy"
    copied = written.format(path=path)
    _skopeo(tmp_path, "copy", "--quiet", *options, f"docker-archive:{source}", copied)

    # When both are analyzed
    before = _analyze(source)[0]
    images = _analyze(path)

    # Then the copy is as skopeo says, and holds the same layers
    manifest, config = _inspect(tmp_path, read.format(path=path))
    assert len(images) == 1
    _equals_documents(images[0], manifest, config, stored=how != "docker-archive")
    assert {layer["compression"] for layer in images[0]["layers"]} == {compression}
    for column in ("diff_id", "chain_id", "uncompressed_bytes", "content_bytes", "entries"):
        expected = [layer[column] for layer in before["layers"]]
        assert [layer[column] for layer in images[0]["layers"]] == expected
    assert images[0]["visible_bytes"] == before["visible_bytes"]
    assert images[0]["wasted_bytes"] == before["wasted_bytes"]


def test_docker_archive_of_two_images_has_both(tmp_path: Path) -> None:
    # Given one docker-archive that skopeo has written two images into, with names of their own
    _need("buildah", "skopeo")
    _build_with_buildah(tmp_path, f"oci:{tmp_path}/layout:1")
    plain, named = tmp_path / "plain.tar", tmp_path / "named.tar"
    layout = f"oci:{tmp_path}/layout:1"
    _skopeo(tmp_path, "copy", "--quiet", layout, f"docker-archive:{plain}:localhost/app:1")
    more = ("--additional-tag", "localhost/other:2")
    _skopeo(tmp_path, "copy", "--quiet", *more, layout, f"docker-archive:{named}:localhost/app:1")

    # When analyzed
    images = _analyze(plain) + _analyze(named)

    # Then names are as given, and all is equal but those
    assert [image["names"] for image in images] == [
        ["localhost/app:1"],
        ["localhost/app:1", "localhost/other:2"],
    ]
    assert images[0]["layers"] == images[1]["layers"]


def _umoci_layout(cwd: Path) -> Path:
    """A layout of one image: three layers, the last of which hides a file by a whiteout."""
    layout = cwd / "layout"
    image = f"{layout}:app"
    _run("umoci", "init", "--layout", str(layout), cwd=cwd)
    _run("umoci", "new", "--image", image, cwd=cwd)
    _run("umoci", "insert", "--image", image, str(_tree(cwd / "one", 1)), "/one", cwd=cwd)
    _run("umoci", "insert", "--image", image, str(_tree(cwd / "two", 2)), "/two", cwd=cwd)
    _run("umoci", "insert", "--image", image, "--whiteout", "/one/etc/config", cwd=cwd)
    return layout


def test_image_of_umoci_has_the_history_that_umoci_says(tmp_path: Path) -> None:
    # Given a layout that umoci has made
    _need("umoci", "skopeo")
    layout = _umoci_layout(tmp_path)

    # When analyzed and validated
    images = _analyze(layout)
    _validate(layout)

    # Then documents are as skopeo reads them, and layers as `umoci stat` lists them
    manifest, config = _inspect(tmp_path, f"oci:{layout}:app")
    _equals_documents(images[0], manifest, config, stored=True)
    stat = json.loads(_run("umoci", "stat", "--json", "--image", f"{layout}:app", cwd=tmp_path))
    rows = [row for row in stat["history"] if not row.get("empty_layer")]
    layers = images[0]["layers"]
    assert images[0]["names"] == ["app"]
    assert [(layer["digest"], layer["compressed_bytes"]) for layer in layers] == [
        (row["layer"]["digest"], row["layer"]["size"]) for row in rows
    ]
    assert [layer["diff_id"] for layer in layers] == [row["diff_id"] for row in rows]
    assert [layer["created_by"] for layer in layers] == [row["created_by"] for row in rows]


def test_bytes_hidden_by_a_whiteout_of_umoci_are_waste_only_without_other_names(
    tmp_path: Path,
) -> None:
    # Given an image that umoci has made; its last layer hides /one/etc/config, 8 bytes, which
    # layer 0 stores under two names: one of them, /one/etc/hard, is still there
    _need("umoci")
    layout = _umoci_layout(tmp_path)

    # When analyzed
    image = _analyze(layout)[0]

    # Then nothing is wasted: content is 8 + 262,144 of the first folder, 16 + 524,288 of the second
    assert image["content_bytes"] == 8 + 256 * 1024 + 16 + 2 * 256 * 1024
    assert image["wasted_bytes"] in {0, None}
    assert image["efficiency"] in {1.0, None}


def test_files_listed_are_those_that_umoci_unpacks(tmp_path: Path) -> None:
    # Given a layout that umoci has made and unpacked
    _need("umoci")
    layout = _umoci_layout(tmp_path)
    rootless = () if os.geteuid() == 0 else ("--rootless",)
    _run("umoci", "unpack", *rootless, "--image", f"{layout}:app", f"{tmp_path}/out", cwd=tmp_path)
    rootfs = tmp_path / "out" / "rootfs"

    # When each layer is listed with digests
    listed: dict[str, dict[str, Any]] = {}
    for layer in range(3):
        command = [sys.executable, "-m", "layerscope", "ls", str(layout), "--layer", str(layer)]
        command += ["-f", "json", "--digest", "sha256"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, b"")
        for row in json.loads(done.stdout)["entries"]:
            listed[row["path"]] = row

    # Then files that umoci wrote have the size and digest of their rows, and the whiteout its own
    assert listed["/one/etc/config"]["kind"] == "whiteout"
    assert not (rootfs / "one" / "etc" / "config").exists()
    files = [path for path in rootfs.rglob("*") if path.is_file() and not path.is_symlink()]
    assert len(files) == 8 - 1
    for path in files:
        row = listed["/" + path.relative_to(rootfs).as_posix()]
        if row["kind"] == "file":
            assert row["size_bytes"] == path.stat().st_size
            assert row["content"] == _sha256(path.read_bytes())
        else:
            assert row["kind"] == "hardlink"
