"""Scenarios whose reports are committed: each a few lines of text, the same bytes everywhere.

Content is generated and layers are stored uncompressed, so that neither the version of Python nor
that of zlib or zstd can change a digest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.synth.layouts import docker_archive, docker_archive_oci, oci_archive
from layerscope.synth.oci_content import Attestation, Nested
from layerscope.synth.tree_language import image

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BASE = """
layer ADD rootfs.tar /
add bin dir
add bin/sh file mode=0755 size=900000 shell
add etc dir
add etc/os-release file ID=example\\n
add usr dir
add usr/lib dir
add usr/lib/libc.so file mode=0755 size=1900000 libc
empty CMD ["sh"]
"""

API = """
layer COPY requirements.txt /srv/
add srv dir
add srv/requirements.txt file web==1.0\\n
layer RUN pip install -r /srv/requirements.txt
add usr/lib/web.py file size=2600000 def handler(): pass\\n
empty EXPOSE 8080/tcp
layer COPY app /srv/app
add srv/app dir
add srv/app/main.py file import web\\n
"""

WASTEFUL = """
layer RUN apt-get update
add var dir
add var/lists dir
add var/lists/packages file size=4200000 package\\n
layer RUN rm -rf /var/lists
remove var/lists
layer RUN chmod -R go-w /usr/lib
add usr/lib/libc.so file mode=0711 size=1900000 libc
"""


def _one_base(folder: Path) -> list[Path]:
    """Two images on one base, saved by engines of two generations; the second is wasteful."""
    return [
        docker_archive(folder / "api.tar", image(BASE + API, "shop/api:2.0")),
        docker_archive_oci(folder / "batch.tar", image(BASE + WASTEFUL, "shop/batch:0.9")),
    ]


def _platforms(folder: Path) -> list[Path]:
    """One name for two platforms, with BuildKit's attestation beside them."""
    desktop = image(BASE + API)
    board = image(BASE.replace("shell", "board") + API).on("linux/arm64/v8")
    parts = (desktop, board, Attestation(desktop))
    return [oci_archive(folder / "api.tar", Nested(parts, names=("shop/api:2.0",)))]


def _damaged(folder: Path) -> list[Path]:
    """A whole archive and one in which a single byte of a layer changed."""
    whole = docker_archive(folder / "api.tar", image(BASE + API, "shop/api:2.0"))
    damaged = docker_archive(folder / "damaged.tar", image(BASE + WASTEFUL, "shop/batch:0.9"))
    content = damaged.read_bytes()
    place = content.index(b"package\n")
    damaged.write_bytes(content[:place] + b"P" + content[place + 1 :])
    return [whole, damaged]


GALLERY: dict[str, Callable[[Path], list[Path]]] = {
    "one-base": _one_base,
    "platforms": _platforms,
    "damaged": _damaged,
}
"""For each scenario what writes its archives into a folder."""
