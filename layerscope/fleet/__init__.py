"""Questions about many images: which layers they share, and what each of them really costs.

What a notebook needs is here by name, and is loaded when it is first asked for:

- the tables: `frames_of_images`, `frames_of_report`, `frames_of_columns` and `joined` give a
  `Frames`, two `pandas.DataFrame`s whose columns are `IMAGES` and `IMAGE_LAYERS`;
  `layerscope.read_fleet` reads them from archives;
- the layer forest: `forest` gives a `Forest` of arrays; `layer_table`, `base_images` and
  `cross_links` data frames; `to_networkx` a `networkx.DiGraph`;
- sharing, as data frames: `totals`, `image_sharing`, `layer_sharing`, `exclusive`, `reuse`,
  `intersections`, `matrix`, each by the `IDENTITIES` of a layer; `ladder` by ever smaller parts;
- what would move or go: `pull`, `push`, `remove` and `keepers`, which also take the table that
  `documents_of` makes.

Sizes are integers in bytes, unknown ones are missing, and images are numbered from 0 everywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from layerscope.fleet.dedup import Ladder, ladder
    from layerscope.fleet.frames import (
        IMAGE_LAYERS,
        IMAGES,
        Frames,
        frames_of_columns,
        frames_of_images,
        frames_of_report,
        joined,
    )
    from layerscope.fleet.graph import Forest, forest
    from layerscope.fleet.graph_tables import base_images, cross_links, layer_table, to_networkx
    from layerscope.fleet.holdings import IDENTITIES, Holdings
    from layerscope.fleet.registry_blobs import documents_of
    from layerscope.fleet.removal import Removal, keepers, remove
    from layerscope.fleet.sharing import (
        exclusive,
        image_sharing,
        intersections,
        layer_sharing,
        matrix,
        reuse,
        totals,
    )
    from layerscope.fleet.transfer import Place, Pull, pull, push

__all__ = [
    "IDENTITIES",
    "IMAGES",
    "IMAGE_LAYERS",
    "Forest",
    "Frames",
    "Holdings",
    "Ladder",
    "Place",
    "Pull",
    "Removal",
    "base_images",
    "cross_links",
    "documents_of",
    "exclusive",
    "forest",
    "frames_of_columns",
    "frames_of_images",
    "frames_of_report",
    "image_sharing",
    "intersections",
    "joined",
    "keepers",
    "ladder",
    "layer_sharing",
    "layer_table",
    "matrix",
    "pull",
    "push",
    "remove",
    "reuse",
    "to_networkx",
    "totals",
]

# No name here is that of a module of this package, which an import would put in its place.
_NAMES = {
    "dedup": ("Ladder", "ladder"),
    "frames": (
        "IMAGES",
        "IMAGE_LAYERS",
        "Frames",
        "frames_of_columns",
        "frames_of_images",
        "frames_of_report",
        "joined",
    ),
    "graph": ("Forest", "forest"),
    "graph_tables": ("base_images", "cross_links", "layer_table", "to_networkx"),
    "holdings": ("IDENTITIES", "Holdings"),
    "registry_blobs": ("documents_of",),
    "removal": ("Removal", "keepers", "remove"),
    "sharing": (
        "exclusive",
        "image_sharing",
        "intersections",
        "layer_sharing",
        "matrix",
        "reuse",
        "totals",
    ),
    "transfer": ("Place", "Pull", "pull", "push"),
}
_MODULES = {name: module for module, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> object:
    """A public name, its module imported when it is first asked for."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - who names a module in full needs none

    value: object = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names."""
    return __all__
