"""An image of which just so much is known as a test says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.gate.measured import Chosen, Measured, StoredLayer
from layerscope.report.answers import ImageName
from layerscope.report.document import PlatformRow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from layerscope.gate.measured import Part
    from layerscope.gate.policy import Scope

LINUX = PlatformRow(os="linux", architecture="amd64")


def image_name(*names: str, given: str = "/build/app.tar") -> ImageName:
    return ImageName(
        input=given,
        source="docker-archive",
        index=0,
        names=list(names),
        platform=LINUX,
        manifest_digest=None,
        config_digest=None,
    )


def stored(
    diff_id: str, created_by: str | None = None, compression: str = "gzip", size: int | None = 1
) -> StoredLayer:
    return StoredLayer(f"sha256:{diff_id}", diff_id, created_by, compression, size)


class FakeSubject:
    """Numbers by metric; those of a part or scope under `metric/part` or `metric/kind:pattern`."""

    def __init__(
        self,
        numbers: Mapping[str, Measured | float | None],
        name: ImageName | None = None,
        layers: Sequence[StoredLayer] = (),
        base_layers: int | None = None,
        contents: Mapping[str, int] | None = None,
        *,
        base_is_guess: bool = False,
    ) -> None:
        self._numbers = numbers
        self._contents = contents
        self.name = name or image_name("app:1")
        self.layers = tuple(layers)
        self.base_layers = base_layers
        self.base_is_guess = base_is_guess
        self.created: str | None = None

    def measure(self, metric: str, scope: Scope, part: Part = "all") -> Measured:
        key = metric
        if scope.kind != "image":
            key = f"{metric}/{scope.kind}:{scope.pattern}"
        elif part != "all":
            key = f"{metric}/{part}"
        number = self._numbers.get(key)
        if isinstance(number, Measured):
            return number
        return Measured(number, "" if number is not None else "nobody measured it")

    def contents(self) -> Mapping[str, int] | None:
        return self._contents

    def sizes(self) -> dict[str, int | float | None]:
        return {
            key: number.value if isinstance(number, Measured) else number
            for key, number in self._numbers.items()
            if "/" not in key
        }


def chosen(subject: FakeSubject | None, source: str = "baseline.json") -> Chosen | None:
    return Chosen(subject, source) if subject else None
