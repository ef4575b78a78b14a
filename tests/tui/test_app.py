"""The explorer's keys, one by one, and what the screen shows of them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from textual.widgets import Input, Static

from layerscope.tui.app import Explorer, LayerLines, TreeLines
from layerscope.tui.keys import SECTIONS
from layerscope.tui.lines import Lines
from layerscope.tui.screens import HelpScreen, WasteScreen
from tests.surroundings import REPOSITORY
from tests.tui.made import check_golden, model_of, model_of_text, screen
from tests.tui.test_view import IMAGE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.pilot import Pilot

    from layerscope.tui.model import Model

SIZE = (80, 24)


class Seen:
    """The screens after each key, and the app at its end."""

    def __init__(self) -> None:
        self.screens: list[str] = []
        self.clipboard = ""
        self.top = ""

    @property
    def last(self) -> str:
        """The last screen."""
        return self.screens[-1]

    @property
    def tree(self) -> list[str]:
        """The lines of the tree on the last screen: letter and name of each."""
        rows = [line.partition("│")[2] for line in self.last.splitlines()[2:]]
        lines = rows[: next(at for at, row in enumerate(rows) if row.startswith("─"))]
        return [f"{row[1]}{row[21:]}" for row in lines if row.strip()]


def pressed(
    *keys: str, model: Model | None = None, size: tuple[int, int] = SIZE, typed: str = ""
) -> Seen:
    """What is seen after these keys were pressed, then a text typed into the search."""
    seen = Seen()
    app = Explorer(model or model_of_text(IMAGE))

    async def press(pilot: Pilot[None]) -> None:
        seen.screens.append(screen(app))
        for key in keys:
            await pilot.press(key)
            seen.screens.append(screen(app))
        if typed:
            app.screen.query_one(Input).insert_text_at_cursor(typed)
            await pilot.pause()
            seen.screens.append(screen(app))
        seen.clipboard = app.clipboard
        seen.top = type(app.screen).__name__

    async def session() -> None:
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await press(pilot)

    asyncio.run(session())
    return seen


TREE = ("tab",)
ADDED = ("A▾ srv/", "A    app", "A    link -> app")
SECOND = ("down", "tab", "ctrl+space")


@pytest.mark.parametrize(
    ("name", "size", "keys"),
    [
        ("start-80", (80, 24), ()),
        ("second-layer-80", (80, 24), SECOND),
        ("third-layer-120", (120, 30), ("down", "down", "tab", "ctrl+space", "down", "down")),
        ("aggregated-100", (100, 26), ("down", "down", "ctrl+a", "tab", "ctrl+space", "end")),
        ("waste-80", (80, 24), ("w",)),
        ("help-80", (80, 24), ("question_mark",)),
    ],
)
def test_screen_is_the_one_that_was_looked_at(
    name: str, size: tuple[int, int], keys: Sequence[str]
) -> None:
    check_golden(name, pressed(*keys, size=size).last)


def test_tab_goes_from_pane_to_pane_and_the_footer_with_it() -> None:
    seen = pressed("tab", "tab")

    assert ["Space Open" in each for each in seen.screens] == [False, True, False]


def test_arrows_choose_a_layer_and_the_tree_follows() -> None:
    seen = pressed("down", "j", "k", "end", "home", "pagedown", "pageup")

    layers = [
        next(line[3] for line in each.splitlines() if line.startswith(">")) for each in seen.screens
    ]
    assert "".join(layers) == "01212020"


def test_space_opens_and_closes_a_directory() -> None:
    opened = pressed(*TREE, "space")
    closed = pressed(*TREE, "space", "space")

    assert opened.tree == ["A▾ etc/", "A    motd", "A    old", "A▸ usr/"]
    assert closed.tree == ["A▸ etc/", "A▸ usr/"]


def test_right_opens_and_left_closes_or_goes_up() -> None:
    opened = pressed(*TREE, "right", "right", "down", "down")
    up = pressed(*TREE, "l", "down", "down", "h")
    closed = pressed(*TREE, "l", "down", "down", "left", "left", "left")

    assert ">A     30 B     30 B     old" in opened.last
    assert ">A    130 B    130 B ▾ etc/" in up.last
    assert closed.tree == ["A▸ etc/", "A▸ usr/"]


def test_control_space_opens_all_and_closes_all() -> None:
    # Terminals send it as a NUL, which Textual calls by another name.
    for key in ("ctrl+space", "ctrl+at"):
        assert len(pressed(*TREE, key).tree) == 6
        assert len(pressed(*TREE, key, key).tree) == 2


@pytest.mark.parametrize(
    ("key", "left"),
    [
        ("ctrl+a", ["M▾ etc/", "M    motd", "     old", " ▾ usr/", "     one", "     two"]),
        ("ctrl+u", ["M▾ etc/", "M    motd", *ADDED]),
        (
            "ctrl+m",
            ["M▾ etc/", "     old", *ADDED, " ▾ usr/", "     one", "     two"],
        ),
    ],
)
def test_state_is_shown_no_longer_and_again(key: str, left: list[str]) -> None:
    before = pressed(*SECOND).tree

    assert pressed(*SECOND, key).tree == [line.replace("two", "two -> usr/one") for line in left]
    assert pressed(*SECOND, key, key).tree == before


def test_enter_is_control_m_as_terminals_send_it() -> None:
    assert pressed(*SECOND, "enter").tree == pressed(*SECOND, "ctrl+m").tree


def test_removed_paths_are_shown_no_longer() -> None:
    with_removed = pressed("down", *SECOND)
    without = pressed("down", *SECOND, "ctrl+r")

    assert set(with_removed.tree) - set(without.tree) == {"R    old", "R    app"}
    assert "not shown: removed" in without.last


def test_only_hidden_paths_are_shown() -> None:
    assert pressed(*SECOND, "x").tree == [
        "M▾ etc/",
        "M    motd",
        "     old",
        "A▾ srv/",
        "A    app",
    ]


def test_aggregated_changes_and_back_to_those_of_the_layer() -> None:
    together = pressed("down", "down", "ctrl+a", "tab", "ctrl+space")
    alone = pressed("down", "down", "ctrl+a", "ctrl+l", "tab", "ctrl+space")

    assert "A    link -> app" in together.tree
    assert "     link -> app" in alone.tree
    assert "against the base" in together.last
    assert "against the base" not in alone.last


def test_attributes_are_shown_and_hidden() -> None:
    wide = (120, 24)
    without = pressed(*TREE, "ctrl+b", size=wide)

    # There is room for them in a wide terminal, so that they are there from the start.
    assert "drwxr-xr-x         0:0 ▸ etc/" in pressed(*TREE, size=wide).last
    assert "drwxr-xr-x         0:0 ▸ etc/" not in without.last
    assert "Mode" not in without.last
    assert pressed(*TREE, "ctrl+b", "ctrl+b", size=wide).last == pressed(*TREE, size=wide).last
    assert "drwxr-xr-x" in pressed(*TREE, "ctrl+b").last.partition("─")[0]


def test_search_shows_what_holds_the_text_while_it_is_typed() -> None:
    for key in ("slash", "ctrl+f"):
        seen = pressed(*SECOND, key, "m", "o")

        assert seen.tree == ["M▾ etc/", "M    motd"]
        assert "1 path · with 'mo'" in seen.last


def test_search_stays_after_enter_and_ends_with_escape() -> None:
    kept = pressed("down", "slash", "a", "p", "p", "enter", "down")
    ended = pressed("down", "slash", "a", "p", "p", "enter", "escape")

    assert kept.tree == ["A▾ srv/", "A    app"]
    assert ">A   4.0 kB   4.0 kB     app" in kept.last
    assert ended.tree == ["M▸ etc/", "A▸ srv/", " ▸ usr/"]


def test_search_without_a_hit_says_so() -> None:
    seen = pressed("slash", typed="nowhere")

    assert seen.tree == []
    assert "nothing is shown" in seen.last
    assert "0 paths · with 'nowhere'" in seen.last


def test_keys_typed_into_the_search_do_nothing_else() -> None:
    seen = pressed("slash", "q", "w", "s", "y")

    assert "0 paths · with 'qwsy' · by name" in seen.last
    assert seen.top == "Screen"


def test_order_goes_by_size_and_back() -> None:
    assert pressed("down", "s").tree == ["A▸ srv/", " ▸ usr/", "M▸ etc/"]
    assert pressed("down", "s", "s").tree == ["M▸ etc/", "A▸ srv/", " ▸ usr/"]


def test_cursor_stays_on_its_path_from_layer_to_layer() -> None:
    seen = pressed("down", *TREE, "end", "tab", "up")

    # /usr is the last of three in layer 1, the last of two in layer 0.
    assert ">A   1.0 kB          ▸ usr/" in seen.last


def test_waste_list_leads_to_the_layer_that_stored_a_copy() -> None:
    listed = pressed("w")
    there = pressed("w", "down", "enter")

    assert listed.top == WasteScreen.__name__
    assert there.top == "Screen"
    # The second biggest is the first /etc/motd, of layer 0.
    assert ">A    100 B    100 B     motd" in there.last
    assert "layer 0: ADD rootfs.tar /" in there.last


def test_waste_list_leads_to_a_path_that_filters_left_out() -> None:
    seen = pressed(*TREE, "ctrl+a", "x", "w", "enter")

    assert ">A   4.0 kB   4.0 kB     app" in seen.last


@pytest.mark.parametrize("key", ["escape", "q", "w"])
def test_waste_list_closes(key: str) -> None:
    assert pressed("w", "down", key).last == pressed().last


@pytest.mark.parametrize("key", ["escape", "q", "question_mark"])
def test_help_closes(key: str) -> None:
    assert pressed("question_mark", key).last == pressed().last


def test_tab_does_nothing_below_the_help() -> None:
    seen = pressed("question_mark", "tab", "escape")

    assert seen.last == pressed().last
    assert "Space Open" not in seen.last


def test_path_is_copied() -> None:
    seen = pressed(*TREE, "space", "down", "y")

    assert seen.clipboard == "/etc/motd"
    assert "copied /etc/motd" in seen.last


def test_details_say_who_stored_a_path_and_what_hides_it() -> None:
    seen = pressed(*TREE, "space", "down", size=(120, 30))

    assert "/etc/motd  (added)" in seen.last
    assert "file · -rw-r--r-- · 0:0 · 100 B" in seen.last
    assert "stored by layer 0: ADD rootfs.tar /" in seen.last
    assert "replaced by layer 1: COPY app /" in seen.last
    assert "its bytes are hidden by layer 1 (overwritten)" in seen.last


@pytest.mark.parametrize("key", ["q", "ctrl+c"])
@pytest.mark.parametrize("before", [(), ("tab",)])
def test_explorer_ends(key: str, before: Sequence[str]) -> None:
    app = Explorer(model_of_text(IMAGE))

    async def session() -> bool:
        async with app.run_test(size=SIZE) as pilot:
            await pilot.press(*before, key)
            await pilot.pause()
            return app.is_running

    assert not asyncio.run(session())
    assert app.return_code == 0


def test_control_c_ends_the_explorer_from_the_search_and_the_help() -> None:
    for before in ("slash", "question_mark"):
        app = Explorer(model_of_text(IMAGE))

        async def session(app: Explorer = app, before: str = before) -> bool:
            async with app.run_test(size=SIZE) as pilot:
                await pilot.press(before, "ctrl+c")
                await pilot.pause()
                return app.is_running

        assert not asyncio.run(session())


def test_click_chooses_and_a_second_one_opens() -> None:
    app = Explorer(model_of_text(IMAGE))

    async def session() -> list[str]:
        async with app.run_test(size=SIZE) as pilot:
            await pilot.click(LayerLines, offset=(5, 1))
            await pilot.pause()
            await pilot.click(TreeLines, offset=(25, 1))
            await pilot.pause()
            once = screen(app)
            await pilot.pause(1.0)  # Else the pilot's clicks would be one double click.
            await pilot.click(TreeLines, offset=(25, 1))
            await pilot.pause()
            # Below the last line is nothing to choose.
            await pilot.click(TreeLines, offset=(25, 9))
            await pilot.pause()
            return [once, screen(app)]

    once, twice = asyncio.run(session())
    assert ">A   4.0 kB   4.0 kB ▸ srv/" in once
    assert ">A   4.0 kB   4.0 kB ▾ srv/" in twice


def test_image_without_layers_is_shown() -> None:
    seen = pressed("tab", "space", "left", "y", "w", "enter", "ctrl+a", model=model_of([]))

    assert "0 layers" in seen.last
    assert "the image has no layers" in seen.last


def test_narrow_screen_is_drawn() -> None:
    seen = pressed(*TREE, size=(40, 12))

    assert seen.last.count("\n") == 12
    assert ">A    130 B" in seen.last


def test_long_tree_is_scrolled_with_the_cursor() -> None:
    lines = ["layer many", *(f"add f{number:04} file {number}" for number in range(3000))]
    seen = pressed(*TREE, "end", "up", model=model_of_text("\n".join(lines)))

    assert ">A      4 B            f2998" in seen.last
    assert "f2999" in seen.last
    assert "f0000" not in seen.last


def test_every_key_is_in_the_help_and_in_the_guide() -> None:
    guide = (REPOSITORY / "docs" / "guides" / "explore.md").read_text(encoding="utf-8")
    seen = pressed("question_mark", size=(100, 60)).last

    for _, keys in SECTIONS:
        for key in keys:
            assert f"{key.shown:12} {key.meaning}" in seen
            assert f"| {key.shown} | {key.meaning} |" in guide


def test_every_key_is_bound_where_the_help_says() -> None:
    bound = {
        "Everywhere": Explorer.BINDINGS,
        "In a list": Lines.BINDINGS,
        "In the layers": LayerLines.BINDINGS,
        "In the tree": TreeLines.BINDINGS,
    }
    for title, keys in SECTIONS:
        names = {
            name
            for each in bound[title]
            if not isinstance(each, tuple)
            for name in each.key.split(",")
        }
        assert {name for key in keys for name in key.keys.split(",")} == names


def test_texts_of_the_app_are_no_markup() -> None:
    app = Explorer(model_of_text("layer RUN echo [red]\nadd [bold]x file 1"))

    async def session() -> list[bool]:
        async with app.run_test(size=SIZE) as pilot:
            await pilot.press("tab")
            await pilot.pause()
            found = [each._render_markup for each in app.query(Static)]
            return [*found, "[bold]x" not in screen(app), "RUN echo [red]" not in screen(app)]

    assert not any(asyncio.run(session()))


def test_help_screen_is_one_of_the_classes_that_escape_closes() -> None:
    assert pressed("question_mark").top == HelpScreen.__name__
