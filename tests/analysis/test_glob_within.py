from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.analysis.glob import Glob

PARTS = st.sampled_from(["a", "b", "ab", "*", "a*", "**", "?", "[ab]"])
PATTERNS = st.builds(
    "{}{}".format, st.sampled_from(["", "/"]), st.lists(PARTS, min_size=1).map("/".join)
)
PATHS = st.lists(st.sampled_from([b"a", b"b", b"ab", b"ba"]), min_size=1, max_size=5)


@pytest.mark.hypothesis
@given(PATTERNS, PATHS)
def test_pattern_of_what_lies_within_fits_what_has_a_folder_that_the_pattern_fits(
    pattern: str, parts: list[bytes]
) -> None:
    glob = Glob(pattern)
    path = b"/" + b"/".join(parts)
    folders = [b"/" + b"/".join(parts[:count]) for count in range(len(parts))]
    fits, lies_within = bool(glob.matches([path])), bool(glob.within().matches([path]))

    # What ends in ** fits all below by itself.
    assert (fits or lies_within) == (fits or bool(glob.matches(folders)))
