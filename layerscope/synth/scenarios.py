"""A small fleet to look at: images of a shop that share a base, one of them wasteful.

The base holds real source files of the standard library of the Python that runs, so its sizes are
true to life; the rest is generated. The same Python gives the same bytes each time, except for the
compressed archives, which depend on the version of zlib and zstd too.
"""

from __future__ import annotations

import os
import sysconfig
from hashlib import shake_128
from pathlib import Path

from layerscope.errors import UnreadableInputError, UsageError, shown
from layerscope.synth.image_builder import ImageBuilder
from layerscope.synth.layouts import docker_archive, docker_archive_oci, oci_archive
from layerscope.synth.oci_content import Attestation, Nested
from layerscope.synth.tree import Tree

STDLIB_BYTES = 6_000_000
"""How much of the standard library the base takes, at most."""

PACKAGES = (
    "asyncio",
    "collections",
    "concurrent",
    "email",
    "encodings",
    "html",
    "http",
    "importlib",
    "json",
    "logging",
    "multiprocessing",
    "re",
    "sqlite3",
    "unittest",
    "urllib",
    "wsgiref",
    "xml",
    "zipfile",
)

LIBRARY = "usr/lib/python3"


def write_demo(directory: Path, *, overwrite: bool = False) -> list[Path]:
    """The archives of the demo fleet, written into `directory`, sorted by name; under 60 MB in all.

    The folder is made if it is missing. An archive that is there already is only replaced if
    `overwrite` says so; nothing else in the folder is touched.

    Raises: `UsageError` if an archive is there and may not be replaced, `UnreadableInputError` if
    the folder cannot be written or this Python has no source files of its standard library.
    """
    fleet = _fleet()
    taken = [name for name in sorted(fleet) if os.path.lexists(directory / name)]
    if taken and not overwrite:
        raise UsageError(
            f"expected no file called {shown(taken[0])}, found one",
            shown(str(directory)),
            hint="--force replaces it; or give another folder",
        )
    try:
        directory.mkdir(parents=True, exist_ok=True)
        return [_written(directory / name, *fleet[name]) for name in sorted(fleet)]
    except OSError as error:
        problem = f"cannot write the demo: {error.strerror or error}"
        raise UnreadableInputError(problem, shown(str(directory))) from error


def _fleet() -> dict[str, tuple[str, tuple[ImageBuilder | Nested | Attestation, ...]]]:
    """For each file name the layout and the images in it."""
    base = _base()
    web = _web(base).named("shop/web:1.4")
    desktop = _tools(base)
    board = _tools(_base("linux/arm64/v8"))
    tools = Nested((desktop, board, Attestation(desktop)), names=("shop/tools:3",))
    return {
        "shop-api.tar": ("docker", (_api(base).named("shop/api:2.0"),)),
        "shop-legacy.tar": ("docker", (_legacy(base).named("shop/legacy:0.9"),)),
        "shop-tools.tar": ("gzip", (tools,)),
        "shop-web.tar": ("zstd", (web,)),
        "shop-worker.tar": ("engine-25", (_worker(base).named("shop/worker:2.0"),)),
    }


def _written(
    path: Path, layout: str, parts: tuple[ImageBuilder | Nested | Attestation, ...]
) -> Path:
    """`path`, written whole or not at all."""
    images = [part for part in parts if isinstance(part, ImageBuilder)]
    unfinished = path.with_name(f".{path.name}.part")
    try:
        # A link left under this name would be followed by open().
        unfinished.unlink(missing_ok=True)
        if layout == "docker":
            docker_archive(unfinished, *images)
        elif layout == "engine-25":
            docker_archive_oci(unfinished, *images)
        else:
            oci_archive(unfinished, *parts, compression=layout, level=3)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path


def _base(platform: str = "linux/amd64") -> ImageBuilder:
    """The programs are of the platform, the library is the same layer on every platform."""
    system = Tree()
    for folder in ("bin", "etc", "tmp", "usr", "usr/bin", "usr/lib", "var", "var/cache"):
        system = system.dir(folder, mode=0o1777 if folder == "tmp" else 0o755)
    release = b'ID=shopbase\nNAME="Shop Base"\nPRETTY_NAME="Shop Base 3"\nVERSION_ID="3"\n'
    system = (
        system.file("etc/os-release", release)
        .file("etc/passwd", b"root:x:0:0:root:/root:/bin/sh\nshop:x:1000:1000::/srv:/bin/sh\n")
        .file("etc/motd", b"Unauthorised shopping is prohibited.\n")
        .file("bin/sh", _noise(f"sh {platform}", 400_000), mode=0o755)
        .symlink("usr/bin/sh", "../../bin/sh")
        .file("usr/bin/python3", _noise(f"python3 {platform}", 1_200_000), mode=0o755)
        .hardlink("usr/bin/python", "usr/bin/python3", mode=0o755)
    )
    return (
        ImageBuilder(platform=platform, config={"Cmd": ["python3"], "Env": ["PATH=/usr/bin:/bin"]})
        .layer(system, "ADD rootfs.tar / # shop base 3")
        .empty_layer("ENV PATH=/usr/bin:/bin")
        .layer(_library(), "COPY lib /usr/lib/python3")
        .empty_layer('CMD ["python3"]')
    )


def _library() -> Tree:
    """Source files of the standard library, in the order of their names, up to `STDLIB_BYTES`."""
    root = Path(sysconfig.get_path("stdlib"))
    tree = Tree().dir(LIBRARY)
    room = STDLIB_BYTES
    for package in ("", *PACKAGES):
        files = sorted((root / package).glob("*.py"))
        if package and files:
            tree = tree.dir(f"{LIBRARY}/{package}")
        for file in files:
            content = file.read_bytes()
            if len(content) <= room:
                room -= len(content)
                tree = tree.file(f"{LIBRARY}/{file.relative_to(root).as_posix()}", content)
    if room == STDLIB_BYTES:
        raise UnreadableInputError(
            "expected source files of the standard library, found none", shown(str(root))
        )
    return tree


def _api(base: ImageBuilder) -> ImageBuilder:
    code = Tree().dir("srv").dir("srv/api", uid=1000, gid=1000)
    for number in range(40):
        text = f"def view_{number}(request):\n    return {{'view': {number}}}\n".encode()
        code = code.file(f"srv/api/view_{number:02}.py", text, uid=1000, gid=1000)
    return (
        base.layer(_wheels(("flask", 420_000), ("sql", 1_100_000)), "RUN pip install flask sql")
        .empty_layer("WORKDIR /srv/api")
        .layer(code, "COPY --chown=shop api /srv/api")
    )


def _worker(base: ImageBuilder) -> ImageBuilder:
    code = Tree().dir("srv").file("srv/worker.py", b"import queue\n\nqueue.Queue().get()\n")
    return base.layer(
        _wheels(("queue_client", 300_000), ("sql", 1_100_000)), "RUN pip install queue_client sql"
    ).layer(code, "COPY worker.py /srv/")


def _web(base: ImageBuilder) -> ImageBuilder:
    site = Tree().dir("srv").dir("srv/www")
    for number in range(25):
        page = f"<!doctype html>\n<title>Page {number}</title>\n".encode() * 40
        site = site.file(f"srv/www/page-{number:02}.html", page)
    site = site.file("srv/www/hero.jpg", _noise("hero", 900_000))
    site = site.file("srv/www/hero-copy.jpg", _noise("hero", 900_000))
    return base.layer(site, "COPY www /srv/www").empty_layer("EXPOSE 8080/tcp")


def _tools(base: ImageBuilder) -> ImageBuilder:
    tools = Tree()
    for name in ("invoice", "refund", "restock"):
        script = f"#!/usr/bin/python3\nprint({name!r})\n".encode()
        tools = tools.file(f"usr/bin/{name}", script, mode=0o755)
    return base.layer(tools, "COPY --chmod=755 tools /usr/bin/")


def _legacy(base: ImageBuilder) -> ImageBuilder:
    """The wasteful one: a download deleted too late, and every library file stored once more."""
    download = Tree().dir("var/cache/apt").file("var/cache/apt/pkgs.bin", _noise("apt", 4_000_000))
    download = download.file("var/cache/apt/lists", _noise("lists", 700_000))
    again = Tree()
    for member in _library().members:
        if member.kind == "file":
            again = again.file(member.name, member.content, mode=0o755)
    return (
        base.layer(download, "RUN apt-get update")
        .layer(Tree().whiteout("var/cache/apt"), "RUN rm -rf /var/cache/apt")
        .layer(again, "RUN chmod -R 755 /usr/lib/python3")
    )


def _wheels(*packages: tuple[str, int]) -> Tree:
    site = f"{LIBRARY}/site-packages"
    tree = Tree().dir(site)
    for name, size in packages:
        about = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n".encode()
        tree = (
            tree.dir(f"{site}/{name}")
            .file(f"{site}/{name}/__init__.py", f"name = {name!r}\n".encode())
            .file(f"{site}/{name}/native.so", _noise(name, size), mode=0o755)
            .dir(f"{site}/{name}-1.0.dist-info")
            .file(f"{site}/{name}-1.0.dist-info/METADATA", about)
        )
    return tree


def _noise(seed: str, size: int) -> bytes:
    """`size` bytes that hardly compress, the same for the same seed on every machine."""
    return shake_128(seed.encode()).digest(size)
