"""Where documents go: standard output, and files that are written whole or not at all."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerscope.cli.options import Color, Format
from layerscope.errors import UsageError, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from typing import BinaryIO

    from layerscope.cli.options import CommonOptions, FileOptions, FormatOptions

NARROWEST, WIDEST, DEFAULT_WIDTH = 40, 200, 80
STANDARD_OUTPUT = "standard output"
USUAL_FORMATS = (Format.TEXT, Format.JSON)
"""What every document can be written as."""


class OutputClosedError(Exception):
    """Whoever read standard output has gone; there is nothing left to do and nothing wrong."""


@dataclass(frozen=True, slots=True)
class Look:
    """How text is laid out: columns, and whether bold and colour are used."""

    width: int = DEFAULT_WIDTH
    styled: bool = False


@dataclass(frozen=True, slots=True)
class Targets:
    """Where each format of a document goes; made, and refused, before any work is done.

    Attributes:
        format: Of the document on standard output or in `output`.
        output: A file instead of standard output, or None.
        saves: Further formats and their files.
        force: Whether files may be overwritten.
        look: For text on standard output. Files hold no styles.
    """

    format: Format
    output: str | None
    saves: tuple[tuple[Format, str], ...]
    force: bool
    look: Look

    @property
    def formats(self) -> tuple[Format, ...]:
        """All formats that are wanted, that of standard output or `output` first."""
        return (self.format, *(kind for kind, _ in self.saves))

    @classmethod
    def of(
        cls,
        common: CommonOptions,
        files: FileOptions,
        formats: FormatOptions,
        known: Collection[Format] = USUAL_FORMATS,
    ) -> Targets:
        """The targets that the options name; `known` are the formats that the command writes.

        Raises: `UsageError` for a file that is there already (without `--force`), one whose folder
            is not there, one that is named twice, a `--save` that is no FORMAT=FILE, and a format
            that the command does not write.
        """
        saves = tuple(_save(text) for text in formats.save or ())
        for wanted in [formats.format, *(kind for kind, _ in saves)]:
            if wanted not in known:
                there = ", ".join(known)
                raise UsageError(f"this command writes {there}, not {wanted}", "--format")
        paths = [path for _, path in saves] + ([files.output] if files.output else [])
        for position, path in enumerate(paths):
            if path in paths[:position]:
                raise UsageError(f"expected one document for each file, found two: {shown(path)}")
            refuse_target(path, force=files.force)
        if formats.format is Format.PARQUET and not files.output and _is_terminal():
            raise UsageError(
                "parquet is of bytes that no terminal shows",
                "--format",
                hint="-o FILE or --save parquet=FILE writes a file",
            )
        return cls(formats.format, files.output, saves, files.force, look_of(common.color))

    def deliver(self, renderers: Mapping[Format, Callable[[Look], Iterable[bytes]]]) -> None:
        """Write every document: files first, then standard output.

        A format without a renderer has nothing to say this time: no file is made of it.

        Raises: `UsageError` if a file or standard output cannot be written, `OutputClosedError` if
            nobody reads.
        """
        files = [*self.saves, *([(self.format, self.output)] if self.output else [])]
        for kind, path in files:
            if kind not in renderers:
                continue
            with whole_file(path, force=self.force) as stream:
                for piece in renderers[kind](Look()):
                    stream.write(piece)
        if not self.output and self.format in renderers:
            write = standard_output()
            for piece in renderers[self.format](self.look):
                write(piece)
            flush_output()


def look_of(color: Color) -> Look:
    """How text on standard output looks: as wide as the terminal, styled if it is one.

    `NO_COLOR` (set to anything) turns styles off unless they are asked for by `always`.
    """
    width = shutil.get_terminal_size((DEFAULT_WIDTH, 24)).columns
    terminal = _is_terminal()
    plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    styled = color is Color.ALWAYS or (color is Color.AUTO and terminal and not plain)
    return Look(min(max(width, NARROWEST), WIDEST), styled)


def _is_terminal() -> bool:
    return sys.stdout is not None and sys.stdout.isatty()


def standard_input() -> BinaryIO | None:
    """The bytes of standard input; None if the process was started without one."""
    return None if sys.stdin is None else sys.stdin.buffer


def standard_output() -> Callable[[bytes | memoryview], None]:
    """A function that writes bytes to standard output.

    Raises: `UsageError` if there is none; the function raises that if the bytes cannot be written,
        such as to a full disk, and `OutputClosedError` if nobody reads.
    """
    if sys.stdout is None:
        raise UsageError("it is closed", STANDARD_OUTPUT)
    stream = sys.stdout.buffer

    def write(data: bytes | memoryview) -> None:
        with _standard_output_faults():
            stream.write(data)

    return write


def flush_output() -> None:
    """Write what is still held back. Raises: `UsageError`, `OutputClosedError`, as above."""
    if sys.stdout is not None:
        with _standard_output_faults():
            sys.stdout.flush()


@contextmanager
def _standard_output_faults() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        discard_output()
        if isinstance(error, BrokenPipeError):
            raise OutputClosedError from None
        raise unwritten(error) from error


def discard_output() -> None:
    """Nothing; what is held back and what is written to standard output from now on is lost.

    Python flushes standard output once more when it ends, and would complain then.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def unwritten(error: OSError, place: str = STANDARD_OUTPUT) -> UsageError:
    """What a user is told of a place that cannot be written."""
    problem = error.strerror or str(error)
    return UsageError(f"cannot write: {problem[:1].lower()}{problem[1:]}", place)


def refuse_target(path: str, *, force: bool) -> None:
    """Nothing, if a file may be written to `path`: asked before work that may take minutes.

    Raises: `UsageError` if it is there already (a folder: even with `force`), or its folder is not;
        and for `-`, which many programs take for standard output.
    """
    if path == "-":
        raise UsageError(
            "expected a file to write to, found -",
            hint="leave the option out for standard output; ./- is a file of that name",
        )
    if os.path.isdir(path):
        raise UsageError("expected a file to write to, found a folder", shown(path))
    folder = os.path.dirname(os.path.realpath(path))
    if not os.path.isdir(folder):
        raise UsageError("cannot write: its folder is not there", shown(path))
    if not force and os.path.lexists(path) and not _is_stream(path):
        raise UsageError(
            "the file exists", shown(path), "--force overwrites it; or give another name"
        )


@contextmanager
def whole_file(path: str, *, force: bool) -> Iterator[BinaryIO]:
    """A stream whose bytes become the file `path` at the end of the block, if there is no error.

    They are written beside it under another name, then renamed, so that no reader ever meets half
    of them. A device or a pipe (`/dev/null`) is written to as it is.

    Raises: `UsageError` if the file cannot be written or has come into being meanwhile.
    """
    try:
        if _is_stream(path):
            with open(path, "wb") as stream:
                yield stream
            return
        # A link stays one: what it points at is replaced.
        target = os.path.realpath(path)
        descriptor, temporary = tempfile.mkstemp(
            prefix=f".{os.path.basename(target)[:100]}.", dir=os.path.dirname(target) or "."
        )
        try:
            with os.fdopen(descriptor, "wb") as stream:
                yield stream
            _put(temporary, target, force=force)
        finally:
            if os.path.lexists(temporary):
                os.unlink(temporary)
    except OSError as error:
        raise unwritten(error, shown(path)) from error


def _put(temporary: str, target: str, *, force: bool) -> None:
    os.chmod(temporary, 0o666 & ~_umask())
    if force:
        os.replace(temporary, target)
        return
    try:
        # Unlike a rename, a link never replaces a file that came into being meanwhile.
        os.link(temporary, target)
    except FileExistsError:
        raise
    except OSError:
        # Not all file systems know links.
        refuse_target(target, force=False)
        os.replace(temporary, target)


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _is_stream(path: str) -> bool:
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return False
    return stat.S_ISCHR(mode) or stat.S_ISFIFO(mode)


def _save(text: str) -> tuple[Format, str]:
    name, equals, path = text.partition("=")
    if not equals or not path or name not in set(Format):
        known = ", ".join(Format)
        raise UsageError(
            f"expected FORMAT=FILE with a format of {known}, found {shown(text, 60)!r}", "--save"
        )
    return Format(name), path
