"""Where each step of an image came from, and whether anyone can review it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from layerscope.analysis.records import (
    FILE_CHANGING,
    Mark,
    base_in_comment,
    instruction_of,
    is_by_hand,
    is_squash,
    mark_of,
    words_of,
)

if TYPE_CHECKING:
    from layerscope.oci.history import History
    from layerscope.sources.image import Image

OriginName = Literal[
    "build-tool",
    "hand-made",
    "imported",
    "instruction",
    "missing",
    "root-filesystem",
    "single-snapshot",
    "squashed",
    "unknown",
]
Owner = int | Literal["beyond"] | None

_UNPACKS_OR_COPIES = frozenset({"ADD", "COPY"})
_BUILD_TOOLS = frozenset({"apko", "bazel", "buildpacks", "jib", "ko", "nix"})
_ARCHIVES = (".tar", ".tgz", ".tbz2", ".txz", ".tzst", ".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst")
# The classic builder and buildah write sums of sources; a file that COPY copies stays one file.
_CLASSIC_SOURCE = re.compile(r"(file|dir|multi):\S{1,200} in (\S{1,200})\s*\Z")
_LONGEST_ADD = 1000


@dataclass(frozen=True, slots=True)
class Origin:
    """Where one step came from, as its record claims.

    Attributes:
        origin: `instruction`: a Dockerfile's. `root-filesystem`: the first layer is a whole tree
            that was put on an empty image. `single-snapshot`: one layer holds what several
            instructions did. `squashed`: layers were merged after the build. `hand-made`: a
            container was committed, or someone gave the layer a command and a comment of their
            own. `imported`: a tree came in as an archive. `build-tool`: made without a Dockerfile
            by jib, ko, nix, bazel, apko or buildpacks. `missing`: a layer without a record.
            `unknown`: the record tells nothing.
        reviewable: Whether an instruction of a Dockerfile stands for this step and no other, so
            that reading the Dockerfile is reading what was done.
        evidence: A sentence: why.
        record: Index of the history record; None for a layer that has none.
        layer: Index of the layer; None where the step made none.
    """

    origin: OriginName
    reviewable: bool
    evidence: str
    record: int | None
    layer: int | None


def origins(image: Image) -> list[Origin]:
    """One origin for each history record, then one for each layer that no record speaks of."""
    records = image.history
    # Where records claim more layers than there are, which record made which layer is a guess.
    paired = image.config is not None and all(owner != "beyond" for _, owner in records)
    single = _SingleSnapshots(records) if paired else None
    found = []
    for position, (record, owner) in enumerate(records):
        name, evidence = _origin(record, position, owner)
        if single and name in ("instruction", "unknown"):
            why = single.why(position)
            if why:
                name, evidence = "single-snapshot", why
        layer = owner if isinstance(owner, int) else None
        reviewable = name == "instruction" or (
            name == "root-filesystem" and instruction_of(record) is not None
        )
        found.append(Origin(name, reviewable, evidence, position, layer))
    told = {row.layer for row in found}
    found += [
        Origin("missing", False, "no history record speaks of this layer", None, layer.index)  # noqa: FBT003 - a field of a value, named at its class
        for layer in image.layers
        if layer.index not in told
    ]
    return found


def _origin(record: History, position: int, owner: Owner) -> tuple[OriginName, str]:
    mark = mark_of(record)
    return (
        _merged_or_imported(record, position, owner)
        or _by_tool(record, mark)
        or _by_instruction(record, owner)
        or _by_hand(record)
        or _unsigned(record, position, owner, mark)
    )


def _merged_or_imported(
    record: History, position: int, owner: Owner
) -> tuple[OriginName, str] | None:
    line, comment, _ = words_of(record)
    if is_squash(record):
        return "squashed", "the record is of docker build --squash or crane flatten"
    if not line and comment.lower().startswith("import"):
        return "imported", "the record has only a comment, which begins with import"
    if position == 0 and owner == 0 and base_in_comment(record):
        return "squashed", "the first record names a base image whose own records are gone"
    return None


def _by_tool(record: History, mark: Mark | None) -> tuple[OriginName, str] | None:
    if mark is None:
        return None
    if mark.builder == "debuerreotype":
        return "root-filesystem", "debuerreotype made this root file system of Debian packages"
    if mark.builder in _BUILD_TOOLS:
        return "build-tool", mark.evidence
    if mark.builder == "umoci":
        if record.empty_layer:
            return "unknown", "umoci changed the config"
        return "hand-made", "umoci packed a changed tree into this layer"
    return None


def _by_instruction(record: History, owner: Owner) -> tuple[OriginName, str] | None:
    instruction = instruction_of(record)
    if instruction is None:
        return None
    if owner == 0 and instruction in _UNPACKS_OR_COPIES and _fills_root(record, instruction):
        return "root-filesystem", f"{instruction} puts a tree into / of an empty image"
    return "instruction", f"the record reads like {instruction}"


def _by_hand(record: History) -> tuple[OriginName, str] | None:
    if not is_by_hand(record):
        return None
    line, comment, _ = words_of(record)
    if line == "/bin/sh" and base_in_comment(record):
        return "hand-made", "buildah committed a container; nothing says what was done in it"
    if comment:
        return "hand-made", "the record has a command and a comment that are no builder's"
    return "hand-made", "the record is a bare shell or bare options, as of a committed container"


def _unsigned(
    record: History, position: int, owner: Owner, mark: Mark | None
) -> tuple[OriginName, str]:
    line, comment, _ = words_of(record)
    if line:
        # The exec form of the classic builder's RUN leaves nothing but its words.
        return "unknown", "a command that an exec-form RUN or a committed container may have left"
    if comment and position == 0 and owner == 0 and mark is None:
        return "imported", "the first record has a comment and no command, as of docker import -m"
    return "unknown", "the record has a comment alone" if comment else "the record is empty"


def _fills_root(record: History, instruction: str) -> bool:
    """Whether ADD or COPY puts a whole tree into `/`, as far as its record tells."""
    line = words_of(record)[0]
    if len(line) > _LONGEST_ADD:
        return False
    classic = _CLASSIC_SOURCE.search(line)
    if classic:
        # ADD unpacks an archive; COPY does not, so that COPY of a file to / is one file.
        return classic[2] == "/" and (instruction == "ADD" or classic[1] == "dir")
    words = [
        word
        for word in line.removesuffix("# buildkit").split()[1:]
        if not (word.startswith("--") and "=" in word)
    ]
    if len(words) != len(("source", "/")) or words[1] != "/":
        return False
    source = words[0].lower()
    if instruction == "ADD":
        return source.endswith(_ARCHIVES)
    # COPY of a folder; a file is told from one only by its name.
    return source.endswith("/") or "rootfs" in source


class _SingleSnapshots:
    """Finds layers that hold what several instructions did: kaniko's and buildah's."""

    def __init__(self, records: tuple[tuple[History, Owner], ...]) -> None:
        self.records = records
        self.instructions = [instruction_of(record) for record, _ in records]
        marks = [mark_of(record) for record, _ in records]
        builders = [mark.builder if mark else None for mark in marks]
        self.buildah = "buildah" in builders
        self.kaniko = [position for position, name in enumerate(builders) if name == "kaniko"]
        # For each record, whether since the last layer an instruction that changes files has an
        # empty record: its files went into the next layer.
        self.pending: list[bool] = []
        waiting = False
        for (_, owner), instruction in zip(records, self.instructions, strict=True):
            self.pending.append(waiting)
            waiting = owner is None and (waiting or instruction in FILE_CHANGING - {"WORKDIR"})

    def why(self, position: int) -> str | None:
        """Why the layer of this record holds more than its own instruction did; None if not."""
        _, owner = self.records[position]
        instruction = self.instructions[position]
        if not isinstance(owner, int) or instruction is None:
            return None
        if instruction not in FILE_CHANGING:
            # With --force-build-metadata kaniko stores an empty layer for every such instruction.
            if len(self.kaniko) > 1 and position in self.kaniko:
                return None
            return f"{instruction} changes no files, so this layer holds what others before it did"
        if self.buildah and self.pending[position]:
            return "buildah without --layers stores one layer for all instructions before it"
        return None
