"""A build that ran elsewhere, as `cache context` recorded it: the files of its context by checksum.

A record holds names, modes and checksums, no content. It is what CI saves beside a build, so that
a laptop can say what differs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from layerscope.cache import json_texts
from layerscope.cache.build import Build
from layerscope.cache.credentials import is_hidden
from layerscope.cache.filetree import FileNode
from layerscope.cache.memory_tree import MemoryTree, out_of_place
from layerscope.errors import BadDocumentError, OverLimitError, UnreadableInputError, shown
from layerscope.report.context_document import ContextDocument, EntryRow, RecordRow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layerscope.cache.build import NamedImage
    from layerscope.cache.filetree import FileTree

SCHEMA = "layerscope.context/1"
BLAKE3 = "blake3:"
MOST_RECORD_BYTES = 1 << 30
MOST_PATH_CHARACTERS = 4096


def entry_rows(tree: FileTree) -> list[EntryRow]:
    """A row for the root and for every file of the tree, by path."""
    root = tree.node("") or FileNode("dir")
    rows = [_entry_row(tree, "", root)]
    rows.extend(_entry_row(tree, path, node) for path, node in tree.walk())
    return rows


def _entry_row(tree: FileTree, path: str, node: FileNode) -> EntryRow:
    return EntryRow(
        path=path,
        kind=node.kind,
        mode=f"{node.mode:04o}",
        uid=node.uid,
        gid=node.gid,
        size_bytes=node.size,
        content=f"{BLAKE3}{tree.digest(path).hex()}" if node.kind == "file" else None,
        link_target=node.link if node.kind == "symlink" else None,
        xattrs={name: value.hex() for name, value in node.xattrs},
        device=list(node.device) if node.kind in {"char", "block"} else None,
    )


def record_row(build: Build) -> RecordRow:
    """What else the build was given; values of arguments that may be credentials are left out."""
    return RecordRow(
        dockerfile=build.dockerfile.decode("utf-8", "surrogateescape"),
        build_args={
            name: None if is_hidden(name, value) else value
            for name, value in build.build_args.items()
        },
        target=build.target,
        platforms=list(build.platforms),
    )


def recorded_build(
    path: str, bases: Mapping[str, NamedImage], given: Mapping[str, str]
) -> tuple[Build, list[str]]:
    """The build that a record describes, and what of it had to be taken for granted.

    Args:
        path: Of the record.
        bases: Images by name.
        given: The arguments of the build that it is compared with: one whose value was left out of
            the record is taken to have had the same value.

    Raises: `UnreadableInputError`; `OverLimitError`; `BadDocumentError` for a document that is no
        record, or one that was saved without its entries.
    """
    document = _loaded(path)
    if document.entries is None or document.record is None:
        raise BadDocumentError(
            "the record has no entries",
            shown(path),
            "layerscope cache context --entries --save json=FILE writes them",
        )
    nodes: dict[str, FileNode] = {}
    digests: dict[str, bytes] = {}
    for row in document.entries:
        _check_path(row.path, path)
        nodes[row.path] = _node(row, path)
        if row.content is not None:
            digests[row.path] = _unhex(row.content.removeprefix(BLAKE3), path)
    wrong = out_of_place(nodes)
    if wrong is not None:
        problem = f"expected a directory above {shown(wrong or '.')}"
        raise BadDocumentError(problem, shown(path))
    record = document.record
    left_out = sorted(name for name, value in record.build_args.items() if value is None)
    arguments = {
        name: given.get(name, "") if value is None else value
        for name, value in record.build_args.items()
    }
    build = Build(
        dockerfile=record.dockerfile.encode("utf-8", "surrogateescape"),
        context=MemoryTree(nodes, {}, digests),
        bases=bases,
        build_args=arguments,
        target=record.target,
        platforms=tuple(record.platforms),
    )
    names = ", ".join(map(shown, left_out))
    said = f"values that the record leaves out are taken as those of this build: {names}"
    return build, [said] if left_out else []


def _check_path(text: str, path: str) -> None:
    """Refuse what is no path relative to the context. Raises: `BadDocumentError`."""
    parts = text.split("/") if text else []
    if len(text) > MOST_PATH_CHARACTERS or any(part in {"", ".", ".."} for part in parts):
        problem = f"expected a clean path relative to the context, found {shown(text, 40)}"
        raise BadDocumentError(problem, shown(path))


def _loaded(path: str) -> ContextDocument:
    try:
        with open(path, "rb") as stream:
            data = stream.read(MOST_RECORD_BYTES + 1)
    except OSError as error:
        problem = error.strerror or str(error)
        raise UnreadableInputError(problem[:1].lower() + problem[1:], shown(path)) from error
    if len(data) > MOST_RECORD_BYTES:
        problem = f"a record of more than {MOST_RECORD_BYTES} bytes"
        raise OverLimitError(problem, shown(path))
    try:
        values = json_texts.loads(data)
        if not isinstance(values, dict) or values.get("schema") != SCHEMA:
            problem = f"expected a document {SCHEMA}"
            raise BadDocumentError(problem, shown(path))
        return msgspec.convert(values, ContextDocument)
    except (ValueError, msgspec.ValidationError) as error:
        problem = f"expected a document {SCHEMA}: {shown(error, 80)}"
        raise BadDocumentError(problem, shown(path)) from error


def _node(row: EntryRow, path: str) -> FileNode:
    try:
        mode = json_texts.mode(row.mode)
    except ValueError:
        problem = f"{shown(row.path)}: expected an octal mode"
        raise BadDocumentError(problem, shown(path)) from None
    return FileNode(
        row.kind,  # type: ignore[arg-type] # another kind compares as one more kind
        mode,
        uid=row.uid,
        gid=row.gid,
        size=row.size_bytes,
        link=row.link_target or "",
        xattrs=tuple(sorted((name, _unhex(text, path)) for name, text in row.xattrs.items())),
        device=_numbers(row.device, path),
    )


def _unhex(text: str, path: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        problem = f"expected hexadecimal digits, found {shown(text, 40)}"
        raise BadDocumentError(problem, shown(path)) from None


def _numbers(device: list[int] | None, path: str) -> tuple[int, int]:
    if device is None:
        return (0, 0)
    if len(device) != 2:
        problem = "expected the major and the minor number of a device"
        raise BadDocumentError(problem, shown(path))
    return (device[0], device[1])
