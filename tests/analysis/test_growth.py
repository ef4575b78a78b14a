from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from layerscope.analysis import growth
from layerscope.analysis.growth import PackagePart, Part
from layerscope.analysis.layer_pairs import LayerFacts, pair_layers
from layerscope.analysis.snapshot import Entry, Snapshot

LAYERS = 3


@dataclass(frozen=True)
class Package:
    name: str
    version: str
    kind: str = "deb"


@dataclass(frozen=True)
class Packages:
    packages: list[Package] = field(default_factory=list)
    owner: dict[bytes, int] = field(default_factory=dict)


def entry(size: int, layer: int = 0, linked_to: bytes | None = None) -> Entry:
    return Entry("file", size, 0o644, 0, 0, 0, None, b"c" * 32, None, linked_to, layer)


def tree(sizes: dict[bytes, int], effects: tuple[int, ...] | None = None) -> Snapshot:
    return Snapshot({path: entry(size) for path, size in sizes.items()}, ("x",), effects=effects)


def test_by_file_type_groups_by_name_largest_change_first() -> None:
    old = tree({b"/a.py": 5, b"/lib/x.so.1": 7, b"/same.txt": 9})
    new = tree({b"/a.py": 6, b"/lib/x.so.1": 27, b"/same.txt": 9})

    assert growth.by_file_type(old, new) == [
        Part(b"shared library", 7, 27),
        Part(b"Python source", 5, 6),
    ]


def test_by_package_shows_an_upgrade_an_addition_and_what_nobody_owns() -> None:
    old = tree({b"/usr/bin/a": 10, b"/srv/x": 1})
    new = tree({b"/usr/bin/a": 14, b"/usr/bin/b": 3, b"/srv/x": 2})
    before = Packages([Package("a", "1.2")], {b"/usr/bin/a": 0})
    after = Packages([Package("a", "1.3"), Package("b", "1")], {b"/usr/bin/a": 0, b"/usr/bin/b": 1})

    assert growth.by_package(old, new, before, after) == [
        PackagePart("a", "deb", ("1.2",), ("1.3",), 10, 14),
        PackagePart("b", "deb", (), ("1",), 0, 3),
        PackagePart("", "", (), (), 1, 2),
    ]


def test_by_package_keeps_a_package_without_files_if_it_came_or_went() -> None:
    before = Packages([Package("meta", "1"), Package("kept", "1")])
    after = Packages([Package("kept", "1")])

    found = growth.by_package(tree({}), tree({}), before, after)

    assert found == [PackagePart("meta", "deb", ("1",), (), 0, 0)]


def test_by_folder_goes_down_to_where_the_change_is() -> None:
    old = tree({b"/usr/lib/python3/a.py": 10})
    new = tree({b"/usr/lib/python3/a.py": 10, b"/opt/app/data/big": 900, b"/etc/x": 100})

    assert growth.by_folder(old, new) == [Part(b"/opt/app/data", 0, 900), Part(b"/etc", 0, 100)]


def test_by_folder_names_what_is_left_of_a_folder() -> None:
    new = tree({b"/opt/big/a": 600, b"/opt/b": 400})

    assert growth.by_folder(tree({}), new) == [
        Part(b"/opt/big", 0, 600),
        Part(b"/opt", 0, 400, rest=True),
    ]


def test_by_folder_leaves_a_folder_of_many_small_ones_whole() -> None:
    many = {b"/cache/%d/x" % number: 1 for number in range(1000)}

    assert growth.by_folder(tree({}), tree(many)) == [Part(b"/cache", 0, 1000)]


def test_by_folder_takes_a_very_deep_path_for_one_that_is_less_deep() -> None:
    deep = b"/d" * 5000 + b"/file"

    (part,) = growth.by_folder(tree({}), tree({deep: 5}))

    assert part == Part(b"/d" * growth.DEPTH, 0, 5)


def test_by_base_and_by_layer_count_what_layers_do() -> None:
    old = Snapshot({b"/a": entry(10)}, ("x",), effects=(10,))
    new = Snapshot({b"/b": entry(3, 1)}, ("x", "y", "z"), effects=(10, 3, -10))
    pairs = pair_layers(
        [LayerFacts("x", None)], [LayerFacts(name, f"RUN {name}") for name in "xyz"]
    )

    base = growth.by_base(old, new, 1, 1)
    layers = growth.by_layer(old, new, pairs)

    assert base == [Part(b"base", 10, 10), Part(b"own", 0, -7)]
    assert [part.delta_bytes for part in layers or []] == [0, 3, -10]


def test_splits_by_layer_without_effects_are_not_known() -> None:
    assert growth.by_base(tree({}), tree({}), 0, 0) is None
    assert growth.by_layer(tree({}), tree({}), []) is None


PATHS = st.lists(
    st.sampled_from([b"usr", b"lib", b"a.py", b"b.so", b"cache", b"x", b"doc", b"\xff"]),
    min_size=1,
    max_size=6,
).map(lambda parts: b"/" + b"/".join(parts))
ENTRIES = st.dictionaries(
    PATHS, st.builds(entry, st.integers(0, 10**12), st.integers(0, LAYERS - 1)), max_size=30
)


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    """A tree, some of whose files are further names of the first, and what its layers do to it."""
    entries = draw(ENTRIES)
    first = min(entries, default=b"")
    for path in sorted(entries):
        if path != first and draw(st.booleans()):
            entries[path] = entries[first]._replace(linked_to=first)
    ids = tuple(draw(st.lists(st.sampled_from("pqrs"), min_size=LAYERS, max_size=LAYERS)))
    snapshot = Snapshot(entries, ids)
    effects = draw(st.lists(st.integers(-99, 99), min_size=LAYERS - 1, max_size=LAYERS - 1))
    last = snapshot.visible_bytes() - sum(effects)
    return Snapshot(entries, ids, effects=(*effects, last))


PACKAGES = st.lists(st.builds(Package, st.sampled_from("ab"), st.sampled_from("12")), max_size=4)


@st.composite
def owners(draw: st.DrawFn, of: Snapshot) -> Packages:
    packages = draw(PACKAGES)
    if not packages:
        return Packages()
    owner = st.none() | st.integers(0, len(packages) - 1)
    drawn = {path: draw(owner) for path in sorted(of.entries)}
    return Packages(packages, {path: of for path, of in drawn.items() if of is not None})


@given(st.data())
def test_every_split_sums_to_the_change(data: st.DataObject) -> None:
    old, new = data.draw(snapshots()), data.draw(snapshots())
    before, after = data.draw(owners(old)), data.draw(owners(new))
    pairs = pair_layers(
        [LayerFacts(name, None) for name in old.layer_ids],
        [LayerFacts(name, None) for name in new.layer_ids],
    )
    base = data.draw(st.integers(0, LAYERS))

    splits = [
        growth.by_base(old, new, base, base),
        growth.by_layer(old, new, pairs),
        growth.by_package(old, new, before, after),
        growth.by_folder(old, new),
        growth.by_file_type(old, new),
    ]

    delta = new.visible_bytes() - old.visible_bytes()
    assert [sum(part.delta_bytes for part in split or []) for split in splits] == [delta] * 5
    assert sum(new.visible_bytes_of_layers()) == new.visible_bytes()


@given(snapshots(), snapshots())
def test_folders_of_a_split_are_disjoint_but_for_those_that_say_so(
    old: Snapshot, new: Snapshot
) -> None:
    parts = growth.by_folder(old, new)

    names = [part.name for part in parts]
    assert len(names) == len(set(names))
    for part in parts:
        inside = part.name.rstrip(b"/") + b"/"
        assert part.rest or not any(name != part.name and name.startswith(inside) for name in names)
