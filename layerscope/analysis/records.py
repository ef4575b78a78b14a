"""What one history record says of itself: its Dockerfile instruction, and the builder's marks.

Records are claims. Anyone can write any text into them, so nothing here is proof.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from layerscope.oci.history import History

BuilderName = Literal[
    "BuildKit",
    "apko",
    "bazel",
    "buildah",
    "buildpacks",
    "classic",
    "crane",
    "debuerreotype",
    "docker commit",
    "docker import",
    "jib",
    "kaniko",
    "ko",
    "nix",
    "umoci",
    "unknown",
]
"""Names of what makes images; `classic` is the builder of Docker before BuildKit."""

KEYWORDS = frozenset(
    {
        *("ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK"),
        *("LABEL", "MAINTAINER", "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME"),
        "WORKDIR",
    }
)
"""The instructions of a Dockerfile."""

FILE_CHANGING = frozenset({"ADD", "COPY", "RUN", "WORKDIR"})
"""Instructions that can change files; WORKDIR makes the directory if there is none."""

_NOP = " #(nop) "
# Where the marker must begin, so that no instruction's long text is taken for a shell.
_LONGEST_SHELL = 400
_LONGEST_KEYWORD = 12
_SHELL_RUN = re.compile(
    r"/(?:usr/)?bin/[a-z]{0,3}sh (?:-\S{1,60} (?:pipefail )?){0,3}-[a-z]{0,8}c\s"
    r"|(?i:cmd(?:\.exe)? /s /c\s|(?:powershell|pwsh)(?:\.exe)? (?:-\S{1,60} ){0,4}-command\s)"
    r"|\|[0-9]{1,6} "
)
# A container that someone changed by hand ran a bare shell, or the words of a CMD that begin with
# an option: neither can be an instruction.
_BY_HAND = re.compile(r"(?:\S{0,200}/)?(?:ash|bash|dash|ksh|sh|zsh)(?: -[il])?|-.*", re.DOTALL)
_JIB_TOOL = re.compile(r"(jib-[a-z-]{1,40}|jib):(\S{1,60})")
# moby, daemon/images/image_squash.go.
_DOCKER_SQUASH = re.compile(r"merge \S{1,200} to \S{1,200}|create new from \S{1,200}")
# go-containerregistry, cmd/crane/cmd/flatten.go.
_FLATTEN = re.compile(r"\S{1,80} flatten sha256:[0-9a-f]{64}")
# buildah, image.go, buildHistory: added to the first record that is not the base's.
_FROM_COMMENT = re.compile(r"FROM (\S{1,300})\Z")
# buildpacks/lifecycle, layers/factory.go.
_BUILDPACK_LAYERS = re.compile(
    r"Buildpacks (?:Launcher Config|Application Launcher|Process Types)"
    r"|Application (?:Layer|Slice: [0-9]{1,6})|Software Bill-of-Materials"
    r"|Layer: '[^']{1,300}', Created by (?:buildpack|extension): .{1,300}"
)


@dataclass(frozen=True, slots=True)
class Mark:
    """A builder's mark in one record.

    Attributes:
        builder: Whose mark it is.
        version: Of the builder, where the mark has it.
        evidence: A sentence that quotes the mark.
        shared: Whether another builder leaves the same mark.
    """

    builder: BuilderName
    version: str | None
    evidence: str
    shared: bool = False


def words_of(record: History) -> tuple[str, str, str]:
    """The record's `created_by`, comment and author without outer blanks; empty if missing."""
    return (
        (record.created_by or "").strip(),
        (record.comment or "").strip(),
        (record.author or "").strip(),
    )


def instruction_of(record: History) -> str | None:
    """The Dockerfile keyword of a record, in capitals, or None where it reads like none.

    The classic builder and buildah write the shell and `#(nop)` before instructions that run
    nothing, and only the command of a RUN; BuildKit and kaniko write the instruction.
    A RUN in exec form leaves its words alone: from the classic builder it is None.
    """
    line, comment, author = words_of(record)
    marker = line.find(_NOP, 0, _LONGEST_SHELL)
    rest = line[marker + len(_NOP) :].lstrip() if marker >= 0 else line
    first = rest[: _LONGEST_KEYWORD + 1].split(None, 1)
    keyword = first[0] if first else ""
    # What was written in small letters is kept so by buildah and kaniko; elsewhere it is a command.
    as_written = marker >= 0 or author == "kaniko" or comment.startswith("buildkit.")
    if (keyword.upper() if as_written else keyword) in KEYWORDS:
        return keyword.upper()
    if marker < 0 and (_SHELL_RUN.match(line) or line.endswith("# buildkit")):
        return "RUN"
    return None


def is_squash(record: History) -> bool:
    """Whether the record is what `docker build --squash` or `crane flatten` writes."""
    line, comment, _ = words_of(record)
    if not line:
        return _DOCKER_SQUASH.fullmatch(comment) is not None
    return _FLATTEN.fullmatch(line) is not None


def base_in_comment(record: History) -> str | None:
    """The image that buildah's `FROM` comment names: this record is the first one after it."""
    found = _FROM_COMMENT.search((record.comment or "")[-400:])
    return found[1] if found else None


def is_bare_command(record: History) -> bool:
    """Whether the record's command can be no instruction: a bare shell, or bare options."""
    return _BY_HAND.fullmatch(words_of(record)[0]) is not None


def is_by_hand(record: History) -> bool:
    """Whether the record reads like a committed container: no builder's words, a layer, a command.

    The command must be a bare shell or bare options, or someone wrote a comment. The exec form of
    the classic builder's RUN looks like a commit without a comment, and is not taken for one.
    """
    if record.empty_layer or instruction_of(record) or _tool_mark(record):
        return False
    line, comment, _ = words_of(record)
    return is_bare_command(record) or bool(comment and line)


def mark_of(record: History) -> Mark | None:
    """The builder's mark that a record bears; None where it bears none.

    A mark is `shared` where buildah and the classic builder write the same.
    """
    tool = _tool_mark(record)
    if tool:
        return tool
    line, comment, _ = words_of(record)
    if not line and comment.lower().startswith("imported"):
        return Mark("docker import", None, "a record has only a comment, which begins 'Imported'")
    if not line and _DOCKER_SQUASH.fullmatch(comment):
        return Mark("classic", None, "a record has the comment of docker build --squash")
    if base_in_comment(record):
        return Mark("buildah", None, "a comment ends in buildah's 'FROM' and an image name")
    return _dockerfile_mark(line, record.created or "")


def _dockerfile_mark(line: str, created: str) -> Mark | None:
    marker = line.find(_NOP, 0, _LONGEST_SHELL)
    if marker >= 0:
        rest = line[marker + len(_NOP) :]
        if rest.startswith(" "):
            return Mark("classic", None, "'#(nop)' with two blanks is of Docker's classic builder")
        keyword = rest[: _LONGEST_KEYWORD + 1].split(None, 1)[:1]
        # Docker wrote one blank before 1.12, that is until 2016.
        if keyword and keyword[0].upper() not in FILE_CHANGING and created[:4] >= "2017":
            return Mark(
                "buildah", None, "'#(nop)' with one blank before an instruction is buildah's"
            )
        return Mark(
            "classic", None, "'#(nop)' is of Docker's classic builder or buildah", shared=True
        )
    if _SHELL_RUN.match(line):
        return Mark(
            "classic",
            None,
            "a bare command is how Docker's classic builder and buildah record RUN",
            shared=True,
        )
    return None


def _tool_mark(record: History) -> Mark | None:
    """The mark of a builder that always signs its records."""
    line, comment, author = words_of(record)
    if comment.startswith("buildkit.") or line.endswith("# buildkit"):
        where = f"the comment '{comment[:60]}'" if comment else "the ending '# buildkit'"
        return Mark("BuildKit", None, f"a record has {where}")
    if author == "kaniko":  # kaniko, pkg/constants/constants.go
        return Mark("kaniko", None, "a record has the author 'kaniko'")
    jib = _JIB_TOOL.fullmatch(line)
    if jib or comment == "auto-generated by Jib":  # jib-core, BuildImageStep.java
        return Mark(
            "jib",
            jib[2] if jib else None,
            f"a record was created by '{line[:80]}'" if jib else f"a record has '{comment}'",
        )
    signed: tuple[tuple[BuilderName, bool, str], ...] = (
        # ko, pkg/build/gobuild.go; before version 0.9 it said "publish".
        ("ko", line.startswith(("ko build ", "ko publish ")), "was created by 'ko build'"),
        # apko, pkg/build/oci/image.go.
        ("apko", line == "apko", "was created by 'apko'"),
        # rules_docker writes "bazel build ...", rules_oci the target (oci/private/descriptor.sh).
        ("bazel", line.startswith("bazel build "), "was created by 'bazel build'"),
        ("buildpacks", bool(_BUILDPACK_LAYERS.fullmatch(line)), "is named as the lifecycle does"),
        ("debuerreotype", comment.startswith("debuerreotype"), "has debuerreotype's comment"),
        ("umoci", line.startswith("umoci "), "was created by 'umoci'"),
        ("crane", bool(_FLATTEN.fullmatch(line)), "was created by 'crane flatten'"),
        # nixpkgs, pkgs/build-support/docker/stream_layered_image.py.
        ("nix", not line and comment.startswith("store paths: ["), "lists nixpkgs' store paths"),
    )
    for builder, fits, what in signed:
        if fits:
            return Mark(builder, None, f"a record {what}")
    return None
