"""Which distribution a root file system is of, as its `os-release` says.

Source: os-release(5) of systemd.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

OS_RELEASE_PATHS = (b"/etc/os-release", b"/usr/lib/os-release")
"""Where it is looked for: the first that is there counts."""

MAX_BYTES = 64 * 1024
"""Of a file; a longer one is no os-release."""

_MOST_LINES = 1000
_LONGEST_VALUE = 256
_MOST_LINKS = 40
_LONGEST_PATH = 4096
_KEYS = frozenset(
    {
        *("ID", "ID_LIKE", "NAME", "PRETTY_NAME", "VERSION_ID", "VERSION", "VERSION_CODENAME"),
        *("VARIANT_ID", "BUILD_ID"),
    }
)


@dataclass(frozen=True, slots=True)
class Distro:
    """What an `os-release` says. All texts are untrusted; empty where it says nothing.

    Attributes:
        id: Such as `debian`; `linux` where there is none, as the man page wants it.
        version_id: Such as `12` or `3.19.1`.
        name: Such as `Debian GNU/Linux`.
        pretty_name: Such as `Debian GNU/Linux 12 (bookworm)`.
        version: Such as `12 (bookworm)`.
        version_codename: Such as `bookworm`; all that testing releases have.
        id_like: Ids of related distributions, the nearest first.
        variant_id: Such as `server`.
        build_id: Such as `rolling`.
    """

    id: str
    version_id: str
    name: str
    pretty_name: str
    version: str
    version_codename: str
    id_like: tuple[str, ...]
    variant_id: str
    build_id: str


def parse_os_release(content: bytes) -> Distro | None:
    r"""What the bytes of an `os-release` say; None if they are none: too long, or no known key.

    Quotes and backslashes are read as a shell reads them; nothing is expanded. Lines that are no
    assignment are left out, and the last one of a key counts. Values are cut at 256 characters.

    >>> parse_os_release(b'ID=debian\nVERSION_ID="12"\n').version_id
    '12'
    """
    if len(content) > MAX_BYTES:
        return None
    found: dict[str, str] = {}
    text = content.decode("utf-8", "surrogateescape")
    for line in text.split("\n", _MOST_LINES)[:_MOST_LINES]:
        key, sets, value = line.strip().partition("=")
        if sets and key in _KEYS:
            found[key] = _unquoted(value)[:_LONGEST_VALUE]
    if not found:
        return None
    return Distro(
        id=found.get("ID") or "linux",
        version_id=found.get("VERSION_ID", ""),
        name=found.get("NAME", ""),
        pretty_name=found.get("PRETTY_NAME", ""),
        version=found.get("VERSION", ""),
        version_codename=found.get("VERSION_CODENAME", ""),
        id_like=tuple(found.get("ID_LIKE", "").split()),
        variant_id=found.get("VARIANT_ID", ""),
        build_id=found.get("BUILD_ID", ""),
    )


def distro_name(distro: Distro) -> str:
    """The short name: id and version, such as `debian 12`; untrusted text.

    Testing releases have a code name and no version (`debian trixie`); rolling ones have neither.
    """
    name = distro.id
    if distro.id == "linux" and distro.name:
        name = distro.name
    version = distro.version_id or distro.version_codename
    return f"{name} {version}" if version else name


def find_distro(
    content_of: Callable[[bytes], bytes | None], link_of: Callable[[bytes], bytes | None]
) -> Distro | None:
    """The distribution of a tree, by the first `os-release` that is there and says something.

    Args:
        content_of: The bytes of the regular file at a clean absolute path; None if there is none.
        link_of: The target of the symlink at such a path, as stored; None if there is none.
    """
    for path in OS_RELEASE_PATHS:
        real = followed(path, link_of)
        content = content_of(real) if real is not None else None
        distro = parse_os_release(content) if content is not None else None
        if distro:
            return distro
    return None


def followed(path: bytes, link_of: Callable[[bytes], bytes | None]) -> bytes | None:
    """The path that a clean absolute one leads to, every link followed inside of the root.

    None after 40 links, as in the kernel, or where a path grows longer than 4,096 bytes.
    """
    todo = [part for part in reversed(path.split(b"/")) if part]
    done: list[bytes] = []
    links = 0
    while todo:
        part = todo.pop()
        if part == b"..":
            del done[-1:]
            continue
        if part in (b"", b"."):
            continue
        here = b"/" + b"/".join([*done, part])
        if len(here) > _LONGEST_PATH:
            return None
        target = link_of(here)
        if target is None:
            done.append(part)
            continue
        links += 1
        if links > _MOST_LINKS or len(target) > _LONGEST_PATH:
            return None
        if target.startswith(b"/"):
            done.clear()
        todo += reversed(target.split(b"/"))
        if len(todo) > _LONGEST_PATH:
            return None
    return b"/" + b"/".join(done)


def _unquoted(value: str) -> str:
    """The value as a shell reads it, without expansions; an open quote ends with the line."""
    out: list[str] = []
    quote = ""
    characters = iter(value.strip()[: 4 * _LONGEST_VALUE])
    for character in characters:
        if character == "\\" and quote != "'":
            following = next(characters, "")
            # Inside of double quotes a backslash before other characters stays.
            kept = "\\" if quote and following not in ('"', "$", "\\", "`", "") else ""
            out.append(kept + following)
        elif character in ('"', "'") and quote in ("", character):
            quote = "" if quote else character
        else:
            out.append(character)
    return "".join(out)
