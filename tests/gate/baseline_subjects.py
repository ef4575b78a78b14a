"""Subjects that answer what they were told, for tests of what is done with any numbers."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from layerscope.gate.measured import Composition, Measured, Piece, StoredLayer
from layerscope.report.answers import ImageName
from layerscope.report.document import PlatformRow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from layerscope.gate.measured import Part
    from layerscope.gate.policy import Scope

    Question = tuple[str, str, str, str]


def platform(text: str = "linux/amd64") -> PlatformRow:
    os, architecture, *variant = text.split("/")
    return PlatformRow(os=os, architecture=architecture, variant="".join(variant))


def digest(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"


def image_name(
    *names: str,
    on: str = "linux/amd64",
    input: str = "build/app.tar",  # noqa: A002 - what the document calls it
    index: int = 0,
    manifest: str | None = "",
) -> ImageName:
    """A name; its manifest is told by all else, unless one is given or None."""
    words = manifest or " ".join([*names, on, input, str(index)])
    return ImageName(
        input=input,
        source="oci-archive",
        index=index,
        names=list(names),
        platform=platform(on),
        manifest_digest=None if manifest is None else digest(words),
        config_digest=None,
    )


def layer(text: str, compressed: int | None = 10) -> StoredLayer:
    return StoredLayer(digest(f"blob {text}"), digest(text), text, "gzip", compressed)


@dataclass
class TableSubject:
    """A subject with a table of answers by metric, scope, pattern and part; it counts questions."""

    name: ImageName
    answers: Mapping[Question, Measured] = field(default_factory=dict)
    layers: Sequence[StoredLayer] = ()
    base_layers: int | None = None
    base_is_guess: bool = False
    created: str | None = None
    asked: list[Question] = field(default_factory=list)

    def measure(self, metric: str, scope: Scope, part: Part = "all") -> Measured:
        question = (metric, scope.kind, scope.pattern, part)
        self.asked.append(question)
        return self.answers.get(question, Measured(None, "not in the table"))

    def contents(self) -> Mapping[str, int] | None:
        return {"blake3:1": 1}

    def sizes(self) -> dict[str, int | float | None]:
        return {}


def by_layer(metric: str, layers: Sequence[StoredLayer], amounts: Mapping[int, int]) -> Composition:
    """A split by instruction with a piece for each of some layers."""
    pieces = tuple(
        Piece(layers[at].created_by or "", amount, layer=at, diff_id=layers[at].diff_id)
        for at, amount in amounts.items()
    )
    return Composition("instruction", metric, "bytes", sum(amounts.values()), pieces)


def by_package(metric: str, amounts: Mapping[str, int]) -> Composition:
    """A split by package, all Debian's and of version 1."""
    pieces = tuple(Piece(name, amount, "deb", "1") for name, amount in amounts.items())
    return Composition("package", metric, "bytes", sum(amounts.values()), pieces)
