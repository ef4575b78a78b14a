"""What an input lists, row by row, before it is known which rows were asked for.

A row is a descriptor of an index, or an entry of a `manifest.json`: an image, something skipped, or
something that could not be read. `select` turns rows into an `OpenedInput`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from layerscope.errors import InputError
    from layerscope.oci.digest import Digest
    from layerscope.oci.platform import Platform
    from layerscope.sources.image import Fault, Image, Skipped
    from layerscope.sources.limits import Limits


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose rows they are: the input as the user named it, its format, and the bounds on it."""

    input: str
    source: str
    limits: Limits


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that an input lists.

    Attributes:
        names: What the image is shown as.
        references: All texts that a user may pick the row by; the names are among them.
        platform: Of the image, or as the descriptor claims; None where nothing says it.
        image: With index 0, which `select` sets; None if it could not be read or is no image.
        faults: What is wrong with it; those with a layer belong to `image`.
        skipped: What is no image, or which layers are absent for a good reason.
        absent: Why the manifest is not there. Whether that is a fault depends on its neighbours.
        digest: Of the manifest that is absent.
        indexes: Numbers of the indexes on the way, outermost first, each visit its own number.
    """

    names: tuple[str, ...] = ()
    references: frozenset[str] = frozenset()
    platform: Platform | None = None
    image: Image | None = None
    faults: tuple[Fault, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    absent: InputError | None = None
    digest: Digest | None = None
    indexes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """All rows of one input, and what is wrong with the input as a whole.

    `breaches` are faults that only a validation reports. `may_be_cut` says that the input has no
    end, so that what is absent from it may have been lost.
    """

    source: str
    rows: tuple[Row, ...] = ()
    faults: tuple[Fault, ...] = ()
    breaches: tuple[Fault, ...] = ()
    may_be_cut: bool = False
