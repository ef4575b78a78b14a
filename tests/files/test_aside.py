from __future__ import annotations

import hashlib
import threading
from itertools import cycle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.files.aside import AsideHasher


@given(
    pieces=st.lists(st.binary(max_size=3000), max_size=20),
    turns=st.lists(st.booleans(), min_size=1, max_size=7),
)
def test_aside_hash_is_that_of_the_stream_however_often_it_changes_sides(
    pieces: list[bytes], turns: list[bool]
) -> None:
    answers = cycle(turns)

    with AsideHasher(lambda: next(answers)) as hasher:
        for piece in pieces:
            hasher.update(piece)

    assert hasher.hexdigest() == hashlib.sha256(b"".join(pieces)).hexdigest()


def test_aside_an_error_in_its_context_leaves_no_thread_behind() -> None:
    before = threading.active_count()

    def fail_while_hashing() -> None:
        with AsideHasher(lambda: True) as hasher:
            hasher.update(b"piece")
            raise KeyError

    with pytest.raises(KeyError):
        fail_while_hashing()

    assert threading.active_count() == before


def test_aside_without_an_idle_processor_starts_no_thread() -> None:
    before = threading.active_count()

    with AsideHasher(None) as hasher:
        hasher.update(b"piece")
        assert threading.active_count() == before

    assert hasher.hexdigest() == hashlib.sha256(b"piece").hexdigest()
