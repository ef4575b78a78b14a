"""What images hold, estimated from the sketches of a catalog, as a data frame.

For fleets whose file tables are too many to compare: exact figures and estimates are in columns of
their own kind, never mixed unsaid.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from layerscope.catalog.sketch import recall_sketch
from layerscope.fleet.holdings import holdings
from layerscope.fleet.sketches import diff_ids_of, estimate_fleet

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from layerscope.catalog.sketch import Sketch
    from layerscope.catalog.store import Catalog
    from layerscope.fleet.estimates import Estimate, Estimates
    from layerscope.fleet.frames import Frames


def image_estimates(frames: Frames, catalog: Catalog) -> tuple[pd.DataFrame, Estimate]:
    """Bytes of the distinct file contents in the layers of each image, and of all images together.

    Args:
        frames: The fleet.
        catalog: Where the sketches of its layers are, or their tables, of which they are made then.

    Returns:
        One row for each image, in order; columns are `image`, and for each of `held` (in its
        layers, each content once) and `unique` (in no other image) four: `held_bytes` and its 95 %
        interval, `held_low_bytes` to `held_high_bytes` (Int64; missing if of a layer nothing is
        known), and `held_exact` (bool: whether it is no estimate); likewise for `unique`. The
        second is the same of all images.
    """
    import pandas as pd  # noqa: PLC0415 - 100 MB that most commands do without

    held = holdings(frames, "diff_id")

    def recall(diff_ids: Sequence[str]) -> list[Sketch | None]:
        return [recall_sketch(catalog, diff_id) for diff_id in diff_ids]

    found = estimate_fleet(held, diff_ids_of(held, frames), recall)
    columns: dict[str, Any] = {"image": frames.images["image"].to_numpy()}
    columns |= _columns("held", found.images) | _columns("unique", found.unique)
    return pd.DataFrame(columns), found.total


def _columns(what: str, figures: Estimates) -> dict[str, Any]:
    import pandas as pd  # noqa: PLC0415 - see `image_estimates`

    known = figures.value >= 0
    named = {"": figures.value, "low_": figures.low, "high_": figures.high}
    columns: dict[str, Any] = {
        f"{what}_{name}bytes": pd.Series(values, dtype="Int64").where(known)
        for name, values in named.items()
    }
    return columns | {f"{what}_exact": figures.exact & known}
