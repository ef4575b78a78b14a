"""Which lines of a view are seen."""

from __future__ import annotations

from layerscope.tui.outline import Order, Outline
from layerscope.tui.view import State
from tests.tui.made import model_of_text, shown
from tests.tui.test_view import IMAGE

EVERYTHING = [
    "/etc",
    "/etc/motd",
    "/etc/old",
    "/srv",
    "/srv/app",
    "/srv/link",
    "/usr",
    "/usr/one",
    "/usr/two",
]


def test_closed_outline_shows_the_top() -> None:
    assert shown(Outline(), model_of_text(IMAGE).view(1)) == ["/etc", "/srv", "/usr"]


def test_toggled_directory_shows_what_is_in_it_and_hides_it_again() -> None:
    view, outline = model_of_text(IMAGE).view(1), Outline()

    outline.toggle(b"/usr")
    opened = shown(outline, view)
    outline.toggle(b"/usr")

    assert opened == ["/etc", "/srv", "/usr", "/usr/one", "/usr/two"]
    assert shown(outline, view) == ["/etc", "/srv", "/usr"]


def test_all_directories_open_and_close_at_once() -> None:
    view, outline = model_of_text(IMAGE).view(1), Outline()

    outline.toggle_all()
    everything = shown(outline, view)
    outline.toggle(b"/etc")
    without = shown(outline, view)
    outline.toggle_all()

    assert everything == EVERYTHING
    assert without == ["/etc", *EVERYTHING[3:]]
    assert shown(outline, view) == ["/etc", "/srv", "/usr"]


def test_filter_of_states_keeps_the_directories_on_the_way() -> None:
    view, outline = model_of_text(IMAGE).view(1), Outline()
    outline.toggle_all()

    # Without what is unmodified /usr has nothing to show.
    outline.toggle_state(State.UNCHANGED)
    assert shown(outline, view) == ["/etc", "/etc/motd", "/srv", "/srv/app", "/srv/link"]
    outline.toggle_state(State.CHANGED)
    assert shown(outline, view) == ["/srv", "/srv/app", "/srv/link"]
    outline.toggle_state(State.ADDED)
    assert shown(outline, view) == []
    outline.show_all()
    assert shown(outline, view) == EVERYTHING


def test_filter_of_removed_paths_shows_them_alone() -> None:
    view, outline = model_of_text(IMAGE).view(2), Outline()
    outline.toggle_all()
    for state in (State.UNCHANGED, State.ADDED, State.CHANGED):
        outline.toggle_state(state)

    assert shown(outline, view) == ["/etc", "/etc/old", "/srv", "/srv/app"]
    assert outline.matches(view) == 2


def test_filter_of_hidden_bytes_shows_what_no_container_sees() -> None:
    view, outline = model_of_text(IMAGE).view(1), Outline()
    outline.toggle_all()
    outline.toggle_hidden()

    # Layer 1 hides the old motd at the path where the new one is.
    assert shown(outline, view) == ["/etc", "/etc/motd", "/etc/old", "/srv", "/srv/app"]


def test_order_by_size_is_within_each_directory() -> None:
    view, outline = model_of_text(IMAGE).view(1), Outline()
    outline.toggle_all()
    outline.toggle_order()

    # 4000; 1000; 280 = 250 + 30. Names of equal size stay in order.
    assert outline.order is Order.SIZE
    assert shown(outline, view) == [
        "/srv",
        "/srv/app",
        "/srv/link",
        "/usr",
        "/usr/one",
        "/usr/two",
        "/etc",
        "/etc/motd",
        "/etc/old",
    ]


def test_search_opens_what_it_finds_and_remembers_what_was_open() -> None:
    view, outline = model_of_text(IMAGE).view(1), Outline()
    outline.toggle(b"/usr")

    outline.search("O")
    found = shown(outline, view)
    outline.search("")

    # "o" is in motd, old and one; /usr/two has one too, as any letter case.
    assert found == ["/etc", "/etc/motd", "/etc/old", "/usr", "/usr/one", "/usr/two"]
    assert shown(outline, view) == ["/etc", "/srv", "/usr", "/usr/one", "/usr/two"]


def test_search_goes_over_whole_paths() -> None:
    view, outline = model_of_text(IMAGE).view(1), Outline()

    outline.search("srv/a")

    assert shown(outline, view) == ["/srv", "/srv/app"]
    assert outline.matches(view) == 1


def test_directory_closed_in_a_search_is_open_in_the_next() -> None:
    view, outline = model_of_text(IMAGE).view(1), Outline()
    outline.search("motd")
    outline.toggle(b"/etc")
    closed = shown(outline, view)
    outline.search("")
    outline.search("motd")

    assert closed == ["/etc"]
    assert shown(outline, view) == ["/etc", "/etc/motd"]


def test_search_for_a_byte_that_is_no_text_finds_it() -> None:
    view = model_of_text("layer x\nadd caf\\xe9 file 1\nadd cafe file 2").view(0)
    outline = Outline()

    outline.search("caf\udce9")

    assert [view.index.paths[line.node] for line in outline.lines(view)] == [b"/caf\xe9"]


def test_outline_opens_all_that_a_path_is_in() -> None:
    view = model_of_text("layer x\nadd a/b/c file 1\nadd a/d file 2").view(0)
    outline = Outline()

    outline.open_to(b"/a/b/c")
    outline.open_to(b"/a/b/c")

    assert shown(outline, view) == ["/a", "/a/b", "/a/b/c", "/a/d"]
    assert [line.depth for line in outline.lines(view)] == [0, 1, 2, 1]
