"""Programs written in Go: the modules that the linker wrote down in them.

Source: Go, debug/buildinfo (layout of the section, both forms) and runtime/debug.ParseBuildInfo.
"""

from __future__ import annotations

import struct

from layerscope.files.packages.claims import MOST_CLAIMS, Claim, Evidence, text
from layerscope.files.packages.elf import Elf

SMALLEST_BYTES = 400_000
"""No Go program is smaller: the runtime alone is larger."""

_MAGIC = b"\xff Go buildinf:"
_ALIGNMENT = 16
_HEAD_BYTES = 32
_INLINE, _BIG_ENDIAN = 2, 1
_MOST_TEXT_BYTES = 4 * 1024 * 1024
_MOST_PLACES = 16
_FRAME_BYTES = 16
_OTHERS = (
    b"MZ",
    b"\xcf\xfa\xed\xfe",
    b"\xce\xfa\xed\xfe",
    b"\xfe\xed\xfa\xcf",
    b"\xfe\xed\xfa\xce",
)


def read_program(_path: bytes, content: bytes) -> Evidence:
    """The main module, which owns the program, the modules in it, and Go's standard library.

    A program of another language says nothing. A replaced module stands as what replaced it, if
    that has a version; a folder that replaced it has none.
    """
    elf = Elf.read(content)
    if elf is not None:
        start, end = elf.section(b".go.buildinfo") or elf.data_segment() or (0, 0)
    elif content.startswith(_OTHERS):
        start, end = 0, len(content)
    else:
        return Evidence()
    for at in _places(content, start, end):
        found = _strings(content, at, elf)
        if found is not None and found[0].startswith((b"go", b"devel")):
            return _evidence(*found)
    return Evidence()


def _places(content: bytes, start: int, end: int) -> list[int]:
    """Where the mark stands, aligned as by the linker; a Go compiler has it elsewhere too."""
    places: list[int] = []
    at = content.find(_MAGIC, start, end)
    while at >= 0 and len(places) < _MOST_PLACES:
        if (at - start) % _ALIGNMENT == 0:
            places.append(at)
        at = content.find(_MAGIC, at + 1, end)
    return places


def _strings(content: bytes, at: int, elf: Elf | None) -> tuple[bytes, bytes] | None:
    """Go's version and the text about modules; None if they are not where the mark says."""
    head = content[at : at + _HEAD_BYTES]
    if len(head) < _HEAD_BYTES:
        return None
    pointer_bytes, flags = head[14], head[15]
    if flags & _INLINE:
        version, after = _counted(content, at + _HEAD_BYTES)
        modules, _ = _counted(content, after)
    elif elf is not None and pointer_bytes in (4, 8):
        order = ">" if flags & _BIG_ENDIAN else "<"
        form = struct.Struct(order + ("II" if pointer_bytes == 4 else "QQ"))
        addresses = form.unpack_from(head, 16)
        version, modules = (_pointed(content, elf, form, address) for address in addresses)
    else:
        return None
    return (version, modules or b"") if version else None


def _counted(content: bytes, at: int) -> tuple[bytes, int]:
    """The string at `at`, after its length in groups of seven bits; empty if it is not there."""
    length = 0
    for place, byte in enumerate(content[at : at + 5]):
        length |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            start = at + place + 1
            if length > min(_MOST_TEXT_BYTES, len(content) - start):
                break
            return content[start : start + length], start + length
    return b"", len(content)


def _pointed(content: bytes, elf: Elf, form: struct.Struct, address: int) -> bytes:
    """The Go string (address and length) at `address` of the running program."""
    at = elf.offset_of(address)
    if at is None or at + form.size > len(content):
        return b""
    data, length = form.unpack_from(content, at)
    start = elf.offset_of(data)
    if start is None or length > _MOST_TEXT_BYTES:
        return b""
    return content[start : start + length]


def _evidence(version: bytes, framed: bytes) -> Evidence:
    library = Claim(kind="golang", name="stdlib", version=_release(version))
    # The linker frames the text, so that it can be found without knowing where it is.
    unframed = len(framed) < 2 * _FRAME_BYTES + 1 or framed[-_FRAME_BYTES - 1 :][:1] != b"\n"
    if unframed:
        return Evidence(claims=(library,), problem="a Go program that does not name its modules")
    program = main = b""
    modules: list[list[bytes]] = []
    replaceable: list[bytes] | None = None
    main_version = b""
    for line in framed[_FRAME_BYTES:-_FRAME_BYTES].split(b"\n"):
        word, *rest = line.split(b"\t")
        rest += [b""] * (2 - len(rest))
        if word == b"path":
            program = rest[0]
        elif word == b"mod":
            main, main_version = rest[0], rest[1]
        elif word == b"dep" and len(modules) < MOST_CLAIMS:
            replaceable = rest[:2]
            modules.append(replaceable)
        elif word == b"=>" and replaceable is not None and rest[1]:
            replaceable[:] = rest[:2]
    # A program that was built from files, not from a module, is known by its path alone.
    named = text(main or program)
    claims = [Claim(kind="golang", name=named, version=text(main_version), whole=True)]
    claims += [Claim(kind="golang", name=text(n), version=text(v)) for n, v in modules if n]
    return Evidence(claims=(*(claims if named else claims[1:]), library))


def _release(version: bytes) -> str:
    """The release of Go without `go` and without what follows it, such as experiments."""
    return text(version.partition(b" ")[0]).removeprefix("go")
