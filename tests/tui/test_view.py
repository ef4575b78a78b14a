"""States and sums of a view, by numbers worked out by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.tui.levels import Levels
from layerscope.tui.view import State
from tests.tui.made import model_of_text

if TYPE_CHECKING:
    from layerscope.tui.view import View

IMAGE = r"""
layer ADD rootfs.tar /
add etc dir
add etc/motd file size=100 a
add etc/old file size=30 b
add usr dir
add usr/one file size=1000 c
add usr/two hardlink usr/one
layer COPY app /
add etc dir
add etc/motd file size=250 d
add srv dir
add srv/app file size=4000 e
add srv/link symlink app
layer RUN rm
remove etc/old
remove srv/app
add etc dir mode=0700
"""
A, M, R, U = State.ADDED, State.CHANGED, State.REMOVED, State.UNCHANGED


def states(view: View) -> dict[str, State]:
    """The state of each node that is there, was there, or leads to one that was."""
    return {
        path.decode(): view.state(node)
        for node, path in enumerate(view.index.paths)
        if view.states[node] != 4
    }


def total(view: View, path: str) -> tuple[int, int, int]:
    node = view.index.find(path.encode())
    assert node is not None
    return view.total(node), view.removed_bytes(node), view.hidden_total(node)


def test_base_layer_is_all_added() -> None:
    view = model_of_text(IMAGE).view(0)

    found = states(view)
    assert found == {
        "/": M,
        "/etc": A,
        "/etc/motd": A,
        "/etc/old": A,
        "/usr": A,
        "/usr/one": A,
        "/usr/two": A,
    }
    assert list(found) == sorted(found)


def test_layer_is_compared_with_those_below_it() -> None:
    view = model_of_text(IMAGE).view(1)

    # /etc is listed again as it was: it is changed for what is in it, /usr is not.
    assert states(view) == {
        "/": M,
        "/etc": M,
        "/etc/motd": M,
        "/etc/old": U,
        "/srv": A,
        "/srv/app": A,
        "/srv/link": A,
        "/usr": U,
        "/usr/one": U,
        "/usr/two": U,
    }


def test_whiteout_removes_and_a_new_mode_changes_a_directory() -> None:
    model = model_of_text(IMAGE)

    found = states(model.view(2))

    assert found["/etc/old"] is R
    assert found["/srv/app"] is R
    assert found["/srv"] is M
    # Nothing in /etc but what was removed differs, and its own mode.
    node = model.index.find(b"/etc")
    assert node is not None
    assert model.view(2).states[node] == M


def test_aggregated_view_is_compared_with_the_base() -> None:
    view = model_of_text(IMAGE).view(2, aggregated=True)

    found = states(view)

    # /srv/app came in layer 1 and went in layer 2: its bytes are stored, so it is listed.
    assert [path for path, state in found.items() if state is R] == ["/etc/old", "/srv/app"]
    assert (found["/etc/motd"], found["/srv"], found["/srv/link"], found["/usr"]) == (M, A, A, U)


def test_aggregated_view_of_the_base_is_its_own() -> None:
    model = model_of_text(IMAGE)

    assert model.view(0, aggregated=True) is model.view(0)


def test_totals_count_what_is_there_and_an_inode_once() -> None:
    model = model_of_text(IMAGE)

    # 100 + 30 + 1000; /usr/two is another name of /usr/one. Of layer 0 the old motd (100, hidden
    # by layer 1) and /etc/old (30, by layer 2) are hidden in the end.
    assert total(model.view(0), "/") == (1130, 0, 130)
    assert total(model.view(0), "/usr") == (1000, 0, 0)
    # 250 + 30 + 4000 + 1000; /srv/app is hidden by layer 2.
    assert total(model.view(1), "/") == (5280, 0, 4130)
    assert total(model.view(1), "/etc") == (280, 0, 130)
    # 250 + 1000 are left; 30 + 4000 went.
    assert total(model.view(2), "/") == (1250, 4030, 4130)
    assert total(model.view(2), "/srv/app") == (4000, 4000, 4000)
    assert total(model.view(2, aggregated=True), "/") == (1250, 4030, 4130)


def test_link_that_outlives_the_file_has_its_bytes() -> None:
    model = model_of_text(
        r"""
layer one
add a file size=70 x
add b hardlink a
layer two
remove a
"""
    )

    # The name /a is gone; the bytes are still there, under /b.
    assert total(model.view(0), "/a") == (70, 0, 0)
    assert total(model.view(1), "/a") == (0, 0, 0)
    assert total(model.view(1), "/b") == (70, 0, 0)
    assert total(model.view(1), "/") == (70, 0, 0)


def test_link_that_goes_with_the_file_counts_once() -> None:
    model = model_of_text(
        r"""
layer one
add a file size=70 x
add b hardlink a
layer two
remove a
remove b
"""
    )

    assert total(model.view(1), "/") == (0, 70, 70)


def test_directory_that_becomes_a_file_keeps_what_was_in_it_as_removed() -> None:
    model = model_of_text(
        r"""
layer one
add d dir
add d/x file size=5 x
layer two
add d file size=7 y
"""
    )

    view = model.view(1)

    assert states(view) == {"/": M, "/d": M, "/d/x": R}
    assert total(view, "/d") == (7, 5, 5)


def test_hidden_directory_leads_to_what_is_gone_in_it() -> None:
    model = model_of_text(
        r"""
layer base
add etc dir
layer build
add build/deep/x file size=5 x
layer clean
remove build
"""
    )

    found = model.view(2, aggregated=True)

    # Neither the base nor the end has /build: it is only on the way to a stored file.
    node = model.index.find(b"/build")
    assert node is not None
    assert found.states[node] == 4
    assert (found.state(node), found.total(node), found.hidden_total(node)) == (R, 5, 5)


def test_index_finds_each_path_and_no_other() -> None:
    index = model_of_text(IMAGE).index

    assert [index.find(path) for path in index.paths] == list(range(len(index)))
    assert index.find(b"/etc/mot") is None
    assert index.find(b"/zzz") is None


def test_names_that_sort_between_a_directory_and_its_files_stay_outside() -> None:
    # "/a-b" and "/a.b" sort before "/a/x" as bytes: "-" and "." come before "/".
    index = model_of_text(
        "layer x\nadd a dir\nadd a/x file 1\nadd a-b file 2\nadd a.b file 3"
    ).index

    assert index.paths == [b"/", b"/a", b"/a/x", b"/a-b", b"/a.b"]
    assert [index.name(node) for node in index.children(0)] == [b"a", b"a-b", b"a.b"]


def test_levels_are_the_same_in_whatever_order_they_are_asked_for() -> None:
    layers = model_of_text(IMAGE).squashed.layers
    up = [dict(Levels(layers).after(layer)) for layer in range(3)]

    small = Levels(layers, kept_paths=0)
    found = {layer: dict(small.after(layer)) for layer in (2, 0, 1, 2, 1, 0)}

    assert [found[layer] for layer in range(3)] == up
    assert len(small._known) == 2
    assert small.after(-1) == {}


def test_biggest_waste_comes_first() -> None:
    model = model_of_text(IMAGE)

    found = [(each.size_bytes, each.path, each.layer) for each in model.biggest_waste()]

    assert found == [(4000, b"/srv/app", 1), (100, b"/etc/motd", 0), (30, b"/etc/old", 0)]
    assert [each.cause for each in model.versions(b"/etc/motd")] == ["overwritten"]
    assert model.versions(b"/usr/one") == ()
