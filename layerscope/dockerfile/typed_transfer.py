"""`COPY` and `ADD`: sources, here-documents among them, and a destination."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.dockerfile.flags import Kind, read_flags
from layerscope.dockerfile.heredoc import parse_heredoc, without_leading_tabs
from layerscope.dockerfile.instructions import Add, Copy, SourceContent
from layerscope.dockerfile.typed_parts import head
from layerscope.errors import DockerfileError, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layerscope.dockerfile.flags import Flags
    from layerscope.dockerfile.node import Heredoc, Node

_COMMON_FLAGS = {
    "chown": Kind.TEXT,
    "chmod": Kind.TEXT,
    "link": Kind.SWITCH,
    "exclude": Kind.TEXTS,
}
COPY_FLAGS = {**_COMMON_FLAGS, "from": Kind.TEXT, "parents": Kind.SWITCH}
ADD_FLAGS = {
    **_COMMON_FLAGS,
    "checksum": Kind.TEXT,
    "keep-git-dir": Kind.SWITCH,
    "unpack": Kind.SWITCH,
}
MOST_REPEATED = 1 << 20
"""How much of one instruction's here-documents may be there again under the same name.

BuildKit has no limit; a short line could make any amount out of one large body.
"""


def read_copy(node: Node) -> Copy:
    """The `COPY` that the node is."""
    flags = _flags(node, COPY_FLAGS, "COPY")
    sources, contents, destination = _ends(node, "COPY")
    return Copy(
        *head(node),
        sources=sources,
        contents=contents,
        destination=destination,
        chown=flags.text("chown"),
        chmod=flags.text("chmod"),
        link=flags.switch("link"),
        excludes=flags.texts("exclude"),
        from_name=flags.text("from"),
        parents=flags.switch("parents"),
    )


def read_add(node: Node) -> Add:
    """The `ADD` that the node is."""
    flags = _flags(node, ADD_FLAGS, "ADD")
    sources, contents, destination = _ends(node, "ADD")
    return Add(
        *head(node),
        sources=sources,
        contents=contents,
        destination=destination,
        chown=flags.text("chown"),
        chmod=flags.text("chmod"),
        link=flags.switch("link"),
        excludes=flags.texts("exclude"),
        keep_git_dir=flags.switch_or_none("keep-git-dir"),
        checksum=flags.text("checksum"),
        unpack=flags.switch_or_none("unpack"),
    )


def _flags(node: Node, known: Mapping[str, Kind], keyword: str) -> Flags:
    if len(node.args) < 2:
        found = "one argument" if node.args else "no arguments"
        raise DockerfileError(f"{keyword} has {found}; it takes sources and then a destination")
    return read_flags(node.flags, known, keyword)


def _ends(node: Node, keyword: str) -> tuple[tuple[str, ...], tuple[SourceContent, ...], str]:
    """Sources that are paths, sources that are here-documents, and the destination."""
    destination = node.args[-1]
    if _heredoc(destination) is not None:
        raise DockerfileError(
            f"{keyword} has the here-document {shown(destination)} as its destination",
            hint="put the destination behind the here-documents",
        )
    # Where two here-documents have one name, the reference uses the last body for both; and in
    # JSON form, where no line opens a here-document, the body is empty.
    bodies = {heredoc.name: heredoc.content for heredoc in node.heredocs}
    used: set[str] = set()
    repeated = 0
    sources: list[str] = []
    contents: list[SourceContent] = []
    for word in node.args[:-1]:
        opened = _heredoc(word)
        if opened is None:
            sources.append(word)
            continue
        body = bodies.get(opened.name, "")
        if opened.name in used:
            repeated += len(body)
            if repeated > MOST_REPEATED:
                raise DockerfileError(
                    f"{keyword} repeats here-documents of more than {MOST_REPEATED} characters"
                )
        used.add(opened.name)
        if opened.chomp:
            body = without_leading_tabs(body)
        contents.append(SourceContent(opened.name, body, opened.expand))
    return tuple(sources), tuple(contents), destination


def _heredoc(word: str) -> Heredoc | None:
    """The here-document that the word opens, or None; a name that cannot be read opens none."""
    try:
        return parse_heredoc(word)
    except DockerfileError:
        # The reference drops this error here: such a word is a path.
        return None
