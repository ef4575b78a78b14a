from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.fleet.contents import layer_sets, number_contents
from layerscope.fleet.near_equal import (
    TABLE_FIELDS,
    Difference,
    aligned,
    differences,
    fingerprint,
    near_equal,
)
from layerscope.sources.limits import DEFAULT_LIMITS
from layerscope.synth.tree import Tree, TreeMember
from tests.fleet.tables import table
from tests.tar.made import sparse_tar

BASE = (
    Tree()
    .dir("etc", mtime=5)
    .file("etc/a", b"x" * 3, mtime=5, xattrs={"user.k": b"v"})
    .file("etc/b", b"y" * 4, mtime=5)
    .symlink("etc/link", "a")
    .device("dev0", 1, 3)
    .whiteout("gone")
    .opaque("etc")
)


def changed(which: str, /, **fields: object) -> Tree:
    """The base with one member's fields changed."""
    return Tree(
        tuple(
            replace(member, **fields) if member.name == which else member  # type: ignore[arg-type] # names of its fields
            for member in BASE.members
        )
    )


def found_in(one: Tree | bytes, two: Tree | bytes) -> list[Difference]:
    tables = table(one), table(two)
    assert fingerprint(tables[0]) == fingerprint(tables[1])
    return differences(*tables, aligned(*tables))[0]


def groups(*layers: Tree | bytes) -> list[list[int]]:
    tables = [table(layer) for layer in layers]
    return near_equal(tables, layer_sets(number_contents(tables)))


def test_times_that_differ_are_named_with_count_and_path() -> None:
    other = Tree(
        tuple(
            replace(member, mtime=7 if member.kind == "file" else 5)
            if member.mtime == 5
            else member
            for member in BASE.members
        )
    )

    assert found_in(BASE, other) == [Difference("mtime", 2, b"/etc/a", "5000000000", "7000000000")]


def test_owner_that_differs_is_named() -> None:
    assert found_in(BASE, changed("etc/b", uid=10, gid=20)) == [
        Difference("owner", 1, b"/etc/b", "0:0", "10:20")
    ]


def test_mode_that_differs_is_named_in_octal() -> None:
    assert found_in(BASE, changed("etc", mode=0o4700)) == [
        Difference("mode", 1, b"/etc", "0755", "4700")
    ]


def test_extended_attributes_that_differ_are_named() -> None:
    assert found_in(BASE, changed("etc/a", xattrs={})) == [
        Difference("xattrs", 1, b"/etc/a", "user.k=76", "")
    ]


def test_device_numbers_that_differ_are_named() -> None:
    assert found_in(BASE, changed("dev0", device=(1, 5))) == [
        Difference("device", 1, b"/dev0", "1:3", "1:5")
    ]


@pytest.mark.parametrize("name", ["./etc/b", "/etc/b", "etc//b"])
def test_name_stored_otherwise_is_named(name: str) -> None:
    assert found_in(BASE, changed("etc/b", name=name)) == [
        Difference("name", 1, b"/etc/b", "etc/b", name)
    ]


def test_order_that_differs_counts_members_at_other_places() -> None:
    members = list(BASE.members)
    members[1], members[2] = members[2], members[1]

    assert found_in(BASE, Tree(tuple(members))) == [Difference("order", 2, b"/etc/a", "2", "3")]


def test_folder_stored_twice_is_named_and_its_last_entry_counts() -> None:
    twice = Tree((BASE.members[0], BASE.members[0], *BASE.members))

    assert found_in(BASE, twice) == [Difference("repeated", 2, b"/etc", "1", "3")]
    late = BASE.plus([replace(BASE.members[0], mtime=9)])
    assert [one.field for one in found_in(BASE, late)] == ["mtime", "repeated"]


def test_several_fields_come_in_one_order() -> None:
    other = changed("etc/b", uid=1, mode=0o600, mtime=6)

    fields = [one.field for one in found_in(BASE, other)]

    assert fields == ["mtime", "owner", "mode"]
    assert fields == [field for field in TABLE_FIELDS if field in fields]


def test_members_that_differ_are_told_by_position() -> None:
    tables = table(BASE), table(changed("etc/b", uid=1))

    assert differences(*tables, aligned(*tables))[1] == {2}


def test_layers_of_the_same_files_are_one_group() -> None:
    assert groups(BASE, Tree().file("z", b"z"), changed("etc", mode=0), BASE.file("z", b"z")) == [
        [0, 2]
    ]


@pytest.mark.parametrize(
    "other",
    [
        BASE.file("more", b""),
        changed("etc/a", content=b"xxz"),
        changed("etc/a", name="etc/c"),
        changed("etc/link", link="b"),
        changed("etc/link", kind="hardlink"),
        changed(".wh.gone", name="gone"),
        changed("etc/.wh..wh..opq", name="etc/.wh.opq"),
        Tree(BASE.members[:-1]),
    ],
)
def test_layers_with_other_files_are_no_group(other: Tree) -> None:
    assert groups(BASE, other) == []


def test_layers_without_contents_are_compared_too() -> None:
    assert groups(Tree(), Tree().dir("a"), Tree().dir("a", mode=0o700), bytes(10240)) == [
        [0, 3],
        [1, 2],
    ]


def test_order_counts_where_a_path_is_stored_with_two_contents() -> None:
    one = Tree().file("a", b"1").hardlink("b", "a").file("a", b"2")
    two = Tree().file("a", b"1").file("a", b"2").hardlink("b", "a")

    assert groups(one, two) == []
    assert groups(one, Tree(tuple(replace(each, mtime=9) for each in one.members))) == [[0, 1]]


def test_layer_with_unknown_content_is_in_no_group() -> None:
    limits = replace(DEFAULT_LIMITS, hole_bytes=0)
    tables = [table(sparse_tar(1 << 20), limits), table(sparse_tar(1 << 20) + bytes(512), limits)]

    assert near_equal(tables, layer_sets(number_contents(tables))) == []


NAMES = st.sampled_from(["a", "./a", "b", "/b", "c"])
MEMBERS = st.builds(
    TreeMember,
    NAMES,
    st.just("file"),
    st.sampled_from([b"", b"x", b"y"]),
    mode=st.sampled_from([0o644, 0o600]),
    mtime=st.sampled_from([1, 2]),
)


@given(st.lists(MEMBERS, max_size=4), st.lists(MEMBERS, max_size=4))
def test_layers_in_a_group_have_the_same_last_entries(
    one: list[TreeMember], two: list[TreeMember]
) -> None:
    def last(members: list[TreeMember]) -> dict[str, bytes]:
        return {member.name.strip("./"): member.content for member in members}

    if groups(Tree(tuple(one)), Tree(tuple(two))):
        assert last(one) == last(two)
    elif len(last(one)) == len(one) and len(last(two)) == len(two):
        assert last(one) != last(two)
