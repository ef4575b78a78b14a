"""How a stored object is told from a damaged, cut, foreign or older one: a seal over its bytes.

A sealed object says what it is, for what it stands and the BLAKE3 digest of all its other bytes.
Whoever reads one checks the seal before any parser sees a byte, so that a damaged object is no
different from one that is not there.
"""

from __future__ import annotations

from blake3 import blake3

SCHEMA = 2
"""Goes up when what is stored changes its meaning, as when `files.walk` or a reader of package
databases says something else of the same bytes. Older objects are then not looked at."""

DIGEST_CHARACTERS = 64


def mark(kind: str, key: str) -> bytes:
    """What stands in front of the digest of an object: its kind, the schema, and its key."""
    return f"layerscope.catalog/{SCHEMA} {kind} {key} ".encode("utf-8", "surrogateescape")


def unset(kind: str, key: str) -> bytes:
    """A seal that `set_seal` will fill in, to be put anywhere into an object, once."""
    return mark(kind, key) + b"0" * DIGEST_CHARACTERS


def set_seal(data: bytes, kind: str, key: str) -> bytes:
    """The object with its seal filled in. Raises: `ValueError` if there is none."""
    found = _place(data, kind, key)
    if found is None:
        raise ValueError("the object has no place for a seal")
    digest = _digest(data, found)
    return b"".join((data[:found], digest, data[found + DIGEST_CHARACTERS :]))


def is_whole(data: bytes, kind: str, key: str) -> bool:
    """Whether these are all the bytes of that object, as they were sealed."""
    found = _place(data, kind, key)
    if found is None:
        return False
    return data[found : found + DIGEST_CHARACTERS] == _digest(data, found)


def sealed(payload: bytes, kind: str, key: str) -> bytes:
    """A small object: a line with the seal, then the payload."""
    return set_seal(unset(kind, key) + b"\n" + payload, kind, key)


def payload_of(data: bytes, kind: str, key: str) -> bytes | None:
    """What `sealed` was given; None if it is not whole."""
    start = mark(kind, key)
    if not data.startswith(start) or not is_whole(data, kind, key):
        return None
    return data[len(start) + DIGEST_CHARACTERS + 1 :]


def _place(data: bytes, kind: str, key: str) -> int | None:
    """Where the digest stands: a Parquet file has it in its footer, so the last mark counts."""
    start = mark(kind, key)
    found = data.rfind(start)
    if found < 0 or found + len(start) + DIGEST_CHARACTERS > len(data):
        return None
    return found + len(start)


def _digest(data: bytes, place: int) -> bytes:
    view = memoryview(data)
    hasher = blake3(view[:place])
    hasher.update(view[place + DIGEST_CHARACTERS :])
    return hasher.hexdigest().encode()
