"""Every exception that layerscope raises on purpose, and how untrusted text is shown in it.

The tree::

    LayerscopeError                  70  a fault of layerscope itself, if nothing below fits
    +-- UsageError                    2  usage
    +-- InputError                    3  (abstract: an input could not be read, or is not whole)
        +-- UnreadableInputError         unreadable: no such file, no permission, an I/O error
        +-- NoImageError                 no-image: well-formed, but holds no image
        +-- NotAnImageError              not-an-image: not a format that layerscope reads
        +-- ReferenceGivenError          reference-given: a registry reference, not a file
        +-- ContainerExportError         container-export: a `docker export` tar has no layers
        +-- SchemaOneError               schema1: Docker image manifest schema 1
        +-- TarError                     corrupt-tar: a tar is damaged or ends early
        |   +-- CorruptArchiveError      corrupt-archive: that tar is the outer archive
        |   +-- CorruptLayerError        corrupt-layer: that tar is a layer
        +-- CorruptStreamError           corrupt-stream: a compressed stream is damaged or cut
        +-- BadDocumentError             bad-document: a JSON document is not what the spec says
        +-- BadDigestError               bad-digest: text that is no digest layerscope can check
        +-- DigestMismatchError          digest-mismatch: bytes are not those their digest names
        +-- SizeMismatchError            size-mismatch: a blob is not as long as its descriptor says
        +-- MissingBlobError             missing-blob: a document names a blob that is not there
        +-- UnsafeMemberError            unsafe-member: a link out of the image, a device, a pipe
        +-- OverLimitError               over-limit: a limit of `sources.limits` was reached
        +-- NoSuchEntryError             no-such-entry: an image, layer or path that is not there
        +-- DockerfileError              dockerfile: a Dockerfile that BuildKit would refuse
        +-- DockerignoreError            dockerignore: a .dockerignore that docker would refuse
        +-- BadCaseError                 bad-case: a measured case that is not in the case format

Each class has a `code`, a page in `docs/reference/errors/`, and an exit status. A message says what
was being read, what is wrong, and, where there is one, the way out as a `hint`.
"""

from __future__ import annotations

from typing import ClassVar

SHOWN_CHARACTERS = 120


def shown(value: object, limit: int = SHOWN_CHARACTERS) -> str:
    r"""Untrusted text, safe to print on a terminal: on one line, escaped, and cut.

    Control, format, separator, surrogate and unassigned characters become `\xHH`, `\uHHHH` or
    `\UHHHHHHHH`; a backslash stays one, since a message is read by people.

    >>> shown(b"a\x1b[31m")
    'a\\x1b[31m'
    >>> shown("x" * 500, limit=8)
    'xxxxxxx…'
    """
    if isinstance(value, bytes | bytearray):
        # Decode no more than can be shown: a hostile name may be very long.
        text = bytes(value[: limit * 4]).decode("utf-8", "surrogateescape")
        cut = len(value) > limit * 4
    else:
        text = value if isinstance(value, str) else str(value)
        cut = False
    if len(text) > limit or cut:
        text = text[: limit - 1]
        cut = True
    escaped = "".join(char if char.isprintable() else _escape(char) for char in text)
    return escaped + "…" if cut else escaped


def _escape(char: str) -> str:
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


class LayerscopeError(Exception):
    """What layerscope raises; `str()` is the one line a user reads.

    Args:
        problem: What was expected and what was found. Untrusted parts go through `shown` first.
        reading: What was being read, such as `app.tar: layer 3`; outer readers put theirs in front
            with `within`.
        hint: The way out, or an empty string.
    """

    code: ClassVar[str] = "internal"
    exit_status: ClassVar[int] = 70

    def __init__(self, problem: str, reading: str = "", hint: str = "") -> None:
        """Keep all three parts in `args`, so that the error survives a trip between processes."""
        super().__init__(problem, reading, hint)
        self.problem = problem
        self.reading = reading
        self.hint = hint

    def __str__(self) -> str:
        """`reading: problem (code)`, without the hint."""
        place = f"{self.reading}: " if self.reading else ""
        return f"{place}{self.problem} ({self.code})"

    def within(self, outer: str) -> LayerscopeError:
        """The same error, with `outer` put before what was being read."""
        self.reading = f"{outer}: {self.reading}" if self.reading else outer
        self.args = (self.problem, self.reading, self.hint)
        return self


class UsageError(LayerscopeError):
    """Wrong usage or configuration: an option, a transport, or a choice that fits nothing."""

    code = "usage"
    exit_status = 2


class InputError(LayerscopeError):
    """An input could not be read, is damaged, is hostile, or holds nothing to work on."""

    code = "input"
    exit_status = 3


class UnreadableInputError(InputError):
    """The operating system does not give the file: missing, forbidden, or an I/O error."""

    code = "unreadable"


class NoImageError(InputError):
    """The input is well-formed and holds no image."""

    code = "no-image"


class NotAnImageError(InputError):
    """The input is in no format that layerscope reads."""

    code = "not-an-image"


class ReferenceGivenError(InputError):
    """What was given looks like a registry reference, and no such file exists."""

    code = "reference-given"


class ContainerExportError(InputError):
    """A tar of a root file system, as `docker export` writes it: it has no layers."""

    code = "container-export"


class SchemaOneError(InputError):
    """A Docker image manifest of schema 1, which names no config and no DiffIDs."""

    code = "schema1"


class TarError(InputError):
    """A tar is damaged or ends early; `truncated` says that bytes are missing at its end."""

    code = "corrupt-tar"

    def __init__(
        self, problem: str, reading: str = "", hint: str = "", *, truncated: bool = False
    ) -> None:
        """As for every error, and whether the damage is a missing end."""
        super().__init__(problem, reading, hint)
        self.truncated = truncated

    def __reduce__(self) -> tuple[object, ...]:
        """Rebuild with `truncated`, which is not in `args`."""
        return (_tar_error, (type(self), self.args, self.truncated))


def _tar_error(kind: type[TarError], args: tuple[str, str, str], truncated: bool) -> TarError:
    return kind(*args, truncated=truncated)


class CorruptArchiveError(TarError):
    """The outer archive is damaged or ends early."""

    code = "corrupt-archive"


class CorruptStreamError(InputError):
    """A compressed stream is damaged or ends early."""

    code = "corrupt-stream"


class CorruptLayerError(TarError):
    """The tar of a layer is damaged or ends early."""

    code = "corrupt-layer"


class BadDocumentError(InputError):
    """A JSON document is not what the specification says."""

    code = "bad-document"


class BadDigestError(InputError):
    """A text stands for a digest and is none, or is one that cannot be checked."""

    code = "bad-digest"


class DigestMismatchError(InputError):
    """Bytes do not have the digest that names them."""

    code = "digest-mismatch"


class SizeMismatchError(InputError):
    """A blob is longer or shorter than its descriptor says."""

    code = "size-mismatch"


class MissingBlobError(InputError):
    """A document names a blob that is not there."""

    code = "missing-blob"


class UnsafeMemberError(InputError):
    """A needed member is a link that leaves the image, a loop, a device, a pipe or a folder."""

    code = "unsafe-member"


class OverLimitError(InputError):
    """A limit was reached; the message names it."""

    code = "over-limit"


class NoSuchEntryError(InputError):
    """An image, a layer or a path was asked for that the input does not have."""

    code = "no-such-entry"


class DockerfileError(InputError):
    """A Dockerfile, or a word of one, that BuildKit's frontend would refuse.

    Attributes:
        first_line: Where it starts, counted from 1; 0 where no line is known.
        last_line: Where it ends.
    """

    code = "dockerfile"

    def __init__(self, problem: str, reading: str = "", hint: str = "") -> None:
        """No line is known yet; `at` says where."""
        super().__init__(problem, reading, hint)
        self.first_line = 0
        self.last_line = 0

    def at(self, first_line: int, last_line: int = 0) -> DockerfileError:
        """The same error, with the lines it is about."""
        self.first_line = first_line
        self.last_line = last_line or first_line
        return self


class DockerignoreError(InputError):
    """A `.dockerignore` file or pattern that docker's own matcher would refuse."""

    code = "dockerignore"


class BadCaseError(InputError):
    """A file of measured builds that is not in the format of cache cases."""

    code = "bad-case"
