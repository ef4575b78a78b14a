"""A header of rpm, as its databases keep one for every installed package.

Two counts, an index of 16 bytes an entry (tag, type, offset, count), and a store of values; all
numbers are big-endian. Source: rpm's manual, "RPM header format" and "Tags".
"""

from __future__ import annotations

import struct

from layerscope.files.packages.claims import MOST_LISTED_BYTES, Claim, text

MOST_ENTRIES = 0xFFFF
"""Entries of an index; rpm itself refuses more."""

_NAME, _VERSION, _RELEASE, _EPOCH = 1000, 1001, 1002, 1003
_SIZE, _ARCH, _FILE_STATES = 1009, 1022, 1029
_DIR_INDEXES, _BASE_NAMES, _DIR_NAMES, _LONG_SIZE = 1116, 1117, 1118, 5009

_INT8, _INT32, _INT64, _STRING, _STRINGS, _TRANSLATED = 2, 4, 5, 6, 8, 9
_ONE_TEXT = (_STRING, _TRANSLATED)
_COUNTS = struct.Struct(">II")
_ENTRY = struct.Struct(">IIII")

# The state of a file that is there on the package's behalf. Others were replaced by another
# package's file, left out (documentation), or are of another architecture.
_NORMAL = 0

_Index = dict[int, tuple[int, int, int]]


def read_header(blob: bytes) -> Claim | None:
    """The package that a header describes, with its files; None if it is damaged or too large."""
    if len(blob) < _COUNTS.size:
        return None
    entries, store_bytes = _COUNTS.unpack_from(blob)
    start = _COUNTS.size + entries * _ENTRY.size
    if not 0 < entries <= MOST_ENTRIES or start + store_bytes > len(blob):
        return None
    # Where a tag was changed after the build, the later entry is the one that holds.
    index = {
        tag: (kind, offset, count)
        for tag, kind, offset, count in _ENTRY.iter_unpack(blob[_COUNTS.size : start])
    }
    store = blob[start : start + store_bytes]
    name = _text(index, store, _NAME)
    files = _files(index, store)
    if not name or files is None:
        return None
    epoch = _number(index, store, _EPOCH)
    size = _number(index, store, _LONG_SIZE)
    release = _text(index, store, _RELEASE)
    version = _text(index, store, _VERSION)
    return Claim(
        kind="rpm",
        name=name,
        version=f"{version}-{release}" if release else version,
        arch=_text(index, store, _ARCH),
        epoch="" if epoch is None else str(epoch),
        declared_bytes=_number(index, store, _SIZE) if size is None else size,
        files=files,
    )


def _text(index: _Index, store: bytes, tag: int) -> str:
    kind, offset, _ = index.get(tag, (0, 0, 0))
    if kind not in _ONE_TEXT:
        return ""
    end = store.find(b"\0", offset)
    return text(store[offset:end]) if end >= 0 else ""


def _number(index: _Index, store: bytes, tag: int) -> int | None:
    kind, offset, count = index.get(tag, (0, 0, 0))
    width = {_INT32: 4, _INT64: 8}.get(kind)
    if width is None or count < 1 or offset + width > len(store):
        return None
    return int.from_bytes(store[offset : offset + width], "big")


def _strings(index: _Index, store: bytes, tag: int) -> list[bytes] | None:
    """The strings of a tag; none if it is not there, None if it is damaged."""
    if tag not in index:
        return []
    kind, offset, count = index[tag]
    if kind != _STRINGS or count > len(store) - offset:
        return None
    parts = store[offset:].split(b"\0", count)
    # The part after the last string is whatever follows in the store.
    return parts[:count] if len(parts) > count else None


def _files(index: _Index, store: bytes) -> bytes | None:
    """The paths, each followed by a NUL; None if they are damaged or too long."""
    names = _strings(index, store, _BASE_NAMES)
    directories = _strings(index, store, _DIR_NAMES)
    if names is None or directories is None:
        return None
    if not names:
        return b""
    kind, offset, count = index.get(_DIR_INDEXES, (0, 0, 0))
    if kind != _INT32 or count != len(names) or offset + 4 * count > len(store):
        return None
    places = struct.unpack_from(f">{count}I", store, offset)
    if max(places) >= len(directories):
        return None
    states = _states(index, store, count)
    spelled = sum(len(directories[place]) for place in places) + sum(map(len, names)) + count
    if spelled > MOST_LISTED_BYTES:
        return None
    return b"".join(
        b"%b%b\0" % (directories[place], name)
        for place, name, state in zip(places, names, states, strict=True)
        if state == _NORMAL
    )


def _states(index: _Index, store: bytes, count: int) -> bytes:
    kind, offset, states = index.get(_FILE_STATES, (0, 0, 0))
    # Character and 8-bit integer are stored alike, and rpm has used both.
    if kind not in (1, _INT8) or states != count or offset + count > len(store):
        return bytes(count)
    return store[offset : offset + count]
