"""What one file of an image says about packages: values small enough to keep for every layer."""

from __future__ import annotations

from dataclasses import dataclass

MOST_CLAIMS = 100_000
"""Packages that one file may name; what is beyond is a problem, not a package."""

MOST_LISTED_BYTES = 128 * 1024 * 1024
"""All paths that one file may list, spelled out. A short database can repeat a long directory."""

MOST_NAME_BYTES = 1024
"""A name or version; nothing that is installed has longer ones."""

_MOST_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Claim:
    r"""One package, as the file that names it describes it.

    Attributes:
        kind: The type of its package URL: `deb`, `apk`, `rpm`, `pypi`, `npm`, `golang`, `maven`,
            `gem`.
        name: Without the group.
        version: As stated, without an epoch that is stated apart; empty if none is.
        arch: Architecture or platform as stated, else empty.
        group: Scope of npm (`@babel`), groupId of Maven, else empty.
        epoch: As rpm states it, else empty.
        declared_bytes: The size that the package claims to have installed; None if it says nothing.
        files: Absolute paths it lists, each followed by a NUL byte.
        directories: Absolute paths, each with a trailing slash, of which it owns what is below.
        whole: Whether it owns the very file that names it, as an archive or a program does.
        inside: Name of the archive inside of that file in which it was found, else empty.
    """

    kind: str
    name: str
    version: str
    arch: str = ""
    group: str = ""
    epoch: str = ""
    declared_bytes: int | None = None
    files: bytes = b""
    directories: tuple[bytes, ...] = ()
    whole: bool = False
    inside: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    r"""What one file says; all empty if it says nothing, which is no problem.

    Attributes:
        claims: The packages it names, in its order.
        files: Absolute paths, each followed by a NUL byte, of a package that another file names.
        diversions: Of dpkg: the diverted path, where it went, and for whom (empty: for everyone).
        problem: What could not be read of it and why, in one line, or an empty string. What could
            be read stands in the other attributes all the same.
    """

    claims: tuple[Claim, ...] = ()
    files: bytes = b""
    diversions: tuple[tuple[bytes, bytes, str], ...] = ()
    problem: str = ""


def text(raw: bytes) -> str:
    """A name or version as text: cut at `MOST_NAME_BYTES`, what is no UTF-8 replaced by U+FFFD."""
    return raw[:MOST_NAME_BYTES].strip().decode("utf-8", "replace")


def count(raw: bytes, factor: int = 1) -> int | None:
    """The number in `raw` times `factor`; None if it is no plain number."""
    digits = raw.strip()
    return int(digits) * factor if digits.isdigit() and len(digits) <= _MOST_DIGITS else None


def below(directory: bytes, names: list[bytes]) -> bytes | None:
    r"""The paths of `names` in `directory`, each followed by a NUL; None if they are too long.

    >>> below(b"/usr/bin/", [b"a", b"b"])
    b'/usr/bin/a\x00/usr/bin/b\x00'
    """
    if not names:
        return b""
    if len(directory) * len(names) + sum(map(len, names)) > MOST_LISTED_BYTES:
        return None
    return directory + (b"\0" + directory).join(names) + b"\0"
