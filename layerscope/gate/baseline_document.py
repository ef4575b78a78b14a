"""The document `layerscope.baseline/1`: numbers of images that a policy bounds, to be committed.

Field for field what `schemas/baseline-1.json` describes. It is made to be kept in a repository and
read in a diff: sorted, no folder of the machine that wrote it, no paths of the images. Unlike other
documents it does not say which release wrote it: the file of an unchanged image stays as it is
when layerscope is upgraded. No field has a default, so a missing one is a damaged file.
"""

from __future__ import annotations

from typing import Literal

from layerscope.report.document import PlatformRow, Row

SCHEMA = "layerscope.baseline/1"
KeptScope = Literal["image", "layer", "path", "package", "instruction"]
PACKAGES = 20
"""How many packages of a number are kept, the largest; the others are summed up."""


class KeptPackage(Row, frozen=True, kw_only=True):
    """One package and its part of a number, in the unit of the number; see `measured.Piece`."""

    name: str
    kind: str
    version: str
    amount: int


class LayerAmounts(Row, frozen=True, kw_only=True):
    """A number split by instruction.

    Attributes:
        metric: Which number is split, by its name.
        amounts: One for each layer of the image, from the base up; None for a layer that the number
            is not about. They sum to `total`.
    """

    metric: str
    unit: str
    total: int
    amounts: list[int | None]


class PackageAmounts(Row, frozen=True, kw_only=True):
    """A number split by package.

    Attributes:
        metric: Which number is split, by its name: content or visible bytes where the number that
            is bounded cannot be told by package.
        packages: The largest, sorted by kind, name and version. With `rest` they sum to `total`.
        rest: All that is of no package of the list.
    """

    metric: str
    unit: str
    total: int
    packages: list[KeptPackage]
    rest: int


class KeptNumber(Row, frozen=True, kw_only=True):
    """One number of an image or of a part of it.

    Attributes:
        metric: A name of `gate.metrics.METRICS`.
        scope: Which part of the image it is of; see `gate.policy.Scope`.
        pattern: Of the scope; the index of a layer where a budget bounds every layer by itself.
        part: `own` and `base` are the layers of the image and of its base apart.
        value: None if it was not known.
        split_by_instruction: Ways to split it, each of another metric; empty if none is known.
        split_by_package: The same.
    """

    metric: str
    scope: KeptScope
    pattern: str
    part: Literal["all", "own", "base"]
    unit: str
    value: int | float | None
    split_by_instruction: list[LayerAmounts]
    split_by_package: list[PackageAmounts]


class KeptLayer(Row, frozen=True, kw_only=True):
    """A layer as it was stored, and the instruction that made it; see `measured.StoredLayer`."""

    digest: str | None
    diff_id: str | None
    created_by: str | None
    compression: str | None
    compressed_bytes: int | None


class KeptImage(Row, frozen=True, kw_only=True):
    """One image; one manifest that its input lists under several names is one, with all names.

    Attributes:
        input: The last part of what it was read from: no folders.
        base_layers: How many of the layers are those of the base image; None if nothing told.
        base_is_guess: Whether nothing but marks in the history said so.
        layers: From the base up.
        numbers: Those that a budget bounds, sorted by metric, scope, pattern and part.
    """

    names: list[str]
    platform: PlatformRow
    input: str
    source: str
    manifest_digest: str | None
    config_digest: str | None
    created: str | None
    base_layers: int | None
    base_is_guess: bool = False
    layers: list[KeptLayer]
    numbers: list[KeptNumber]


class BaselineDocument(Row, frozen=True, kw_only=True):
    """The whole document. Images are sorted by names, platform and input.

    Attributes:
        checksum: `sha256:…` of all other fields (see `baseline.checksum_of`), so that a file which
            was damaged, edited or merged is not taken for one that was measured.
    """

    checksum: str
    images: list[KeptImage]
    schema: Literal["layerscope.baseline/1"] = "layerscope.baseline/1"
