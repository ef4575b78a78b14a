from __future__ import annotations

from layerscope.fleet.estimates import Estimate
from layerscope.fleet.shared_contents import shared_between
from tests.fleet.made_sketches import made


def test_pairs_of_images_share_what_both_hold() -> None:
    layers = {"a": [(1, 10)], "b": [(2, 20), (1, 10)], "c": [(2, 20), (3, 5)]}
    fleet = made("ab", "c", "ax", layers=layers, kept=100)

    found = shared_between(
        fleet.held, fleet.diff_ids, fleet.recall, [(0, 1), (1, 0), (0, 0), (0, 2)]
    )

    exactly = [Estimate(each, each, each, exact=True) for each in (20, 20, 30)]
    assert found == [*exactly, None]
