from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from layerscope.gate.attribution import ROWS, split_rows
from layerscope.gate.measured import Composition, Measured, Piece

if TYPE_CHECKING:
    from layerscope.gate.measured import By
    from layerscope.gate.verdict import PartRow, SplitRow


def split(by: By, *pieces: Piece, rest: int = 0, metric: str = "visible_bytes") -> Composition:
    total = sum(piece.amount for piece in pieces) + rest
    return Composition(by, metric, "bytes", total, pieces, rest)


def measured(*splits: Composition) -> Measured:
    return Measured(splits[0].total if splits else 0, "", splits)


def package(name: str, amount: int, version: str = "1", kind: str = "deb") -> Piece:
    return Piece(name, amount, kind, version)


def layer(index: int, words: str, amount: int, diff_id: str | None = None) -> Piece:
    return Piece(words, amount, layer=index, diff_id=diff_id or f"{words}-{amount}")


def short(part: PartRow) -> tuple[Any, ...]:
    return part.label, part.old, part.new, part.delta, part.detail


def assert_sums(row: SplitRow) -> None:
    assert sum(part.new or 0 for part in row.parts) == row.new
    if row.delta is not None:
        assert sum(part.old or 0 for part in row.parts) == row.old
        assert (
            sum(part.delta or 0 for part in row.parts)
            == row.delta
            == (row.new or 0) - (row.old or 0)
        )


def test_packages_say_which_version_became_which() -> None:
    old = split("package", package("curl", 10), package("gone", 7, "3"), package("same", 5))
    new = split(
        "package", package("curl", 40, "2"), package("new", 8, "4"), package("same", 5, "9")
    )

    (row,) = split_rows(measured(old), measured(new))

    assert [short(part) for part in row.parts] == [
        ("curl", 10, 40, 30, "1 to 2"),
        ("new", 0, 8, 8, "added 4"),
        ("gone", 7, 0, -7, "removed 3"),
        ("all other", 5, 5, 0, ""),
    ]
    assert (row.old, row.new, row.delta) == (22, 53, 31)


def test_packages_of_one_name_and_two_kinds_are_two() -> None:
    old = split("package", package("six", 10, kind="deb"))
    new = split("package", package("six", 10, kind="deb"), package("six", 10, kind="pypi"))

    (row,) = split_rows(measured(old), measured(new))

    assert [(part.label, part.kind, part.delta) for part in row.parts] == [
        ("six", "pypi", 10),
        ("all other", "", 0),
    ]


def test_instructions_are_matched_by_layer_and_carry_lines() -> None:
    old = split("instruction", layer(0, "FROM", 50, "base"), layer(1, "RUN make", 5))
    new = split(
        "instruction",
        layer(0, "FROM", 50, "base"),
        layer(1, "COPY big", 30),
        layer(2, "RUN make", 6),
    )

    (row,) = split_rows(measured(old), measured(new), {1: 7, 2: 9})

    assert [(part.label, part.delta, part.layer, part.line, part.detail) for part in row.parts] == [
        ("COPY big", 30, 1, 7, "added"),
        ("RUN make", 1, 2, 9, ""),
        ("all other", 0, None, None, ""),
    ]


def test_instruction_that_went_has_no_layer_of_the_new_image() -> None:
    old = split("instruction", layer(0, "COPY a", 50, "a"), layer(1, "COPY b", 5, "b"))
    new = split("instruction", layer(0, "COPY b", 5, "b"))

    (row,) = split_rows(measured(old), measured(new), {0: 1, 1: 2})

    assert [(part.label, part.delta, part.layer, part.line, part.detail) for part in row.parts] == [
        ("COPY a", -50, None, None, "removed"),
        ("all other", 0, None, None, ""),
    ]


def test_instructions_of_unknown_words_are_never_taken_for_each_other() -> None:
    old = split("instruction", Piece("", 5, layer=0, diff_id="a"))
    new = split("instruction", Piece("", 9, layer=0, diff_id="b"))

    (row,) = split_rows(measured(old), measured(new))

    assert [(part.old, part.new) for part in row.parts] == [(0, 9), (5, 0)]


def test_split_without_changes_is_left_out() -> None:
    same = split("package", package("curl", 10))
    layers = split("instruction", layer(0, "RUN", 1), metric="compressed_bytes")
    more = split("instruction", layer(0, "RUN", 2), metric="compressed_bytes")

    rows = split_rows(measured(layers, same), measured(more, same))

    assert [row.by for row in rows] == ["instruction"]


def test_split_without_baseline_shows_what_the_number_is_made_of() -> None:
    pieces = [Piece(f"/{number}", number) for number in range(13)]

    (row,) = split_rows(None, measured(split("path", *pieces)))

    assert [part.label for part in row.parts[:-1]] == [f"/{number}" for number in range(12, 2, -1)]
    assert len(row.parts) == ROWS + 1
    assert (row.parts[-1].label, row.parts[-1].new) == ("all other", 1 + 2)
    assert (row.old, row.delta, row.parts[0].old, row.parts[0].delta) == (None, None, None, None)
    assert_sums(row)


def test_split_that_only_the_new_number_has_shows_its_makeup() -> None:
    (row,) = split_rows(measured(), measured(split("path", Piece("/a", 3))))

    assert (row.old, row.new, [part.new for part in row.parts]) == (None, 3, [3])


def test_rows_are_the_largest_changes_and_the_rest_sums_up() -> None:
    old = split("path", *[Piece(f"/{number:02}", 100) for number in range(20)])
    new = split("path", *[Piece(f"/{number:02}", 100 - number) for number in range(20)])

    (row,) = split_rows(measured(old), measured(new))

    assert [part.delta for part in row.parts] == [-number for number in range(19, 9, -1)] + [-45]
    assert row.parts[-1].rest
    assert_sums(row)


def test_equal_changes_come_in_the_order_of_their_labels() -> None:
    old = split("path", Piece("/c", 1), Piece("/a", 1), Piece("/b", 1))
    new = split("path", Piece("/b", 2), Piece("/c", 2), Piece("/a", 0))

    (row,) = split_rows(measured(old), measured(new))

    assert [part.label for part in row.parts] == ["/a", "/b", "/c"]


def test_baseline_that_keeps_the_largest_parts_never_calls_another_one_new() -> None:
    # curl is kept. The rest of 30 may hold ssl and zlib, each with at most 30.
    old = split("package", package("curl", 50), rest=30)
    new = split("package", package("curl", 60), package("ssl", 45, "3.1"), package("zlib", 20))

    (row,) = split_rows(measured(old), measured(new))

    assert [short(part) for part in row.parts] == [
        ("curl", 50, 60, 10, ""),
        ("all other", 30, 65, 35, "with ssl 3.1 (at least 15 B more) and 1 other"),
    ]
    assert_sums(row)


def test_baseline_that_keeps_the_largest_parts_bounds_others_by_the_smallest() -> None:
    old = split("package", package("curl", 50), package("tar", 8), rest=300)
    new = split("package", package("curl", 50), package("tar", 8), package("ssl", 20), rest=290)

    (row,) = split_rows(measured(old), measured(new))

    assert [short(part) for part in row.parts] == [
        ("all other", 358, 368, 10, "with ssl 1 (at least 12 B more)"),
    ]


def test_part_that_the_new_side_does_not_keep_is_never_called_removed() -> None:
    old = split("package", package("curl", 50), package("tar", 8))
    new = split("package", package("curl", 60), rest=4)

    (row,) = split_rows(measured(old), measured(new))

    assert [short(part) for part in row.parts] == [
        ("curl", 50, 60, 10, ""),
        ("all other", 8, 4, -4, ""),
    ]


def test_many_parts_that_cannot_be_told_are_counted() -> None:
    old = split("package", package("curl", 50), rest=30)
    new = split("package", *[package(f"p{number}", 9 - number) for number in range(5)])

    (row,) = split_rows(measured(old), measured(new))

    assert row.parts[-1].detail == "with p0 1, p1 1, p2 1 and 2 others"
    assert [part.label for part in row.parts] == ["curl", "all other"]


def test_file_that_is_hidden_now_is_stored_as_before() -> None:
    old = split("path", Piece("/was", 50), Piece("/x", 1), metric="content_bytes")
    new = split("path", Piece("/was", 50, "deleted"), Piece("/x", 3), metric="content_bytes")

    (row,) = split_rows(measured(old), measured(new))

    assert [(part.label, part.delta) for part in row.parts] == [("/x", 2), ("all other", 0)]


def test_copy_that_a_changed_mode_made_is_named_by_its_cause() -> None:
    old = split("path", Piece("/bin/app", 50, layer=1), metric="content_bytes")
    new = split(
        "path",
        Piece("/bin/app", 50, layer=3),
        Piece("/bin/app", 50, "metadata-only", layer=1),
        metric="content_bytes",
    )

    (row,) = split_rows(measured(old), measured(new), {1: 10, 3: 30})

    assert [(part.label, part.kind, part.delta, part.line) for part in row.parts] == [
        ("/bin/app", "metadata-only", 50, 30)
    ]


def test_copy_that_went_is_named_by_its_cause() -> None:
    copies = [Piece("/x", 50), Piece("/x", 40, "overwritten"), Piece("/x", 50, "deleted")]
    old = split("path", *copies, metric="content_bytes")
    new = split("path", *copies[:2], metric="content_bytes")

    (row,) = split_rows(measured(old), measured(new))

    assert [(part.label, part.kind, part.delta) for part in row.parts] == [("/x", "deleted", -50)]


PIECES = st.lists(
    st.builds(
        Piece,
        st.sampled_from("abcdefghijklmnopqrst"),
        st.integers(-3, 2**60),
        st.sampled_from(["deb", "pypi"]),
        st.sampled_from(["", "1", "2"]),
        st.integers(0, 3),
        st.sampled_from(["x", "y", "z"]),
    ),
    max_size=30,
)
SPLITS = st.builds(
    lambda by, pieces, rest: split(by, *pieces, rest=rest),
    st.sampled_from(["instruction", "package", "path", "cause"]),
    PIECES,
    st.sampled_from([0, 0, 1, 77]),
)


@given(st.lists(SPLITS, max_size=3), st.lists(SPLITS, max_size=3))
def test_every_split_sums_to_the_byte(old: list[Composition], new: list[Composition]) -> None:
    for row in [*split_rows(measured(*old), measured(*new)), *split_rows(None, measured(*new))]:
        assert_sums(row)
        assert len(row.parts) <= ROWS + 1
        assert not any(part.rest for part in row.parts[:-1])


@given(SPLITS, SPLITS, st.randoms(use_true_random=False))
def test_order_of_named_pieces_changes_nothing(
    old: Composition,
    new: Composition,
    random: Any,  # noqa: ANN401 - hypothesis' random
) -> None:
    new = replace(new, by="path")
    old = replace(old, by="path")
    shuffled = list(new.pieces)
    random.shuffle(shuffled)

    assert split_rows(measured(old), measured(new)) == split_rows(
        measured(old), measured(replace(new, pieces=tuple(shuffled)))
    )
