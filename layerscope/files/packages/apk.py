"""Packages of Alpine, Wolfi and Chainguard: apk's database of what is installed."""

from __future__ import annotations

from layerscope.files.packages.claims import (
    MOST_CLAIMS,
    MOST_LISTED_BYTES,
    Claim,
    Evidence,
    below,
    count,
    text,
)

INSTALLED = (b"/lib/apk/db/installed", b"/usr/lib/apk/db/installed")


def read_installed(_path: bytes, content: bytes) -> Evidence:
    """The packages with their files.

    A package is a paragraph of lines that begin with a letter: P name, V version, A architecture, I
    installed size, F a directory, R a file in the directory before it. Case matters.
    Source: Alpine wiki, "Apk spec", installed database.
    """
    claims: list[Claim] = []
    listed = 0
    problem = ""
    for paragraph in content.split(b"\n\n"):
        if not paragraph.strip():
            continue
        first, files = _read(paragraph, MOST_LISTED_BYTES - listed)
        name = text(first.get(b"P:", b""))
        if not name:
            problem = problem or "a paragraph without a package"
            continue
        if files is None or len(claims) == MOST_CLAIMS:
            problem = f"over {MOST_CLAIMS} packages or {MOST_LISTED_BYTES} bytes of paths"
            break
        listed += len(files)
        claims.append(
            Claim(
                kind="apk",
                name=name,
                version=text(first.get(b"V:", b"")),
                arch=text(first.get(b"A:", b"")),
                declared_bytes=count(first.get(b"I:", b"")),
                files=files,
            )
        )
    return Evidence(claims=tuple(claims), problem=problem)


def _read(paragraph: bytes, most_bytes: int) -> tuple[dict[bytes, bytes], bytes | None]:
    """The first line of each kind, and the files; None if these are too long."""
    first: dict[bytes, bytes] = {}
    files = bytearray()
    directory = b"/"
    names: list[bytes] = []
    for line in [*paragraph.split(b"\n"), b"F:"]:
        kind = line[:2]
        if kind == b"R:":
            names.append(line[2:])
        elif kind == b"F:":
            piece = below(directory, names)
            if piece is None or len(files) + len(piece) > most_bytes:
                return first, None
            files += piece
            names = []
            directory = b"/" + line[2:].strip(b"/") + b"/" if line[2:].strip(b"/") else b"/"
        else:
            first.setdefault(kind, line[2:])
    return first, bytes(files)
