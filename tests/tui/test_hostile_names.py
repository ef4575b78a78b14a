"""Names that attack a terminal, a markup reader or a shell are shown as text."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from layerscope.synth.tree import Tree, TreeMember
from layerscope.tui import words
from layerscope.tui.app import Explorer
from tests.tui.made import model_of, screen, table

if TYPE_CHECKING:
    from layerscope.tui.model import Model

NAMES = {
    "\x1b[2J\x1b[31mred": r"\x1b[2J\x1b[31mred",
    "two\nlines": r"two\nlines".replace(r"\n", r"\x0a"),
    "[red]text[/]": "[red]text[/]",
    "[@click=app.quit]x[/]": "[@click=app.quit]x[/]",
    "\u202egnp.exe": r"\u202egnp.exe",
    "byte\udcff": r"byte\xff",
    "tab\there": r"tab\x09here",
    "back\\slash": r"back\\slash",
    "\x9b31m": r"\x9b31m",
    "$markup": "$markup",
    "日本語": "日本語",
}


def hostile(name: str) -> Model:
    """The name wherever an image has one: path, link, instruction, tag."""
    first = Tree((TreeMember(name, "file", b"12345"), TreeMember("link", "symlink", link=name)))
    parent, slash, base = name.rpartition("/")
    second = Tree((TreeMember(f"{parent}{slash}.wh.{base}", "file"),))
    return model_of([table(first), table(second)], [f"RUN {name}", f"RUN rm {name}"], name=name)


def screens(model: Model, *keys: str, size: tuple[int, int] = (120, 30)) -> tuple[list[str], str]:
    """The screen after each of these keys, and the clipboard."""
    app = Explorer(model)

    async def session() -> tuple[list[str], str]:
        async with app.run_test(size=size) as pilot:
            found = []
            for key in keys:
                await pilot.press(key)
                await pilot.pause()
                found.append(screen(app))
            return found, app.clipboard

    return asyncio.run(session())


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_hostile_name_is_shown_letter_for_letter(name: str) -> None:
    model = hostile(name)
    path = model.index.find(b"/" + name.encode("utf-8", "surrogateescape"))
    assert path is not None

    shown, _ = screens(model, "down", "tab", "home", "end", "y", "w")

    # Only printable characters reach the terminal. The first screen has the name in the header, in
    # the tree (a name, and what a link leads to) and in the instruction; the last one in the list.
    lines = [line for each in shown for line in each.split("\n")]
    assert [line for line in lines if not line.isprintable()] == []
    assert shown[0].count(NAMES[name]) >= 3
    assert f"deleted       /{NAMES[name]}" in shown[-1]


def test_name_of_4000_characters_is_cut_and_copied_whole() -> None:
    name = "n" * 4000
    model = hostile(name)

    shown, clipboard = screens(model, "tab", "end", "y")

    assert clipboard == f"/{name}"
    assert "n" * 60 in shown[-1]
    assert all(len(line) <= 120 for line in shown[-1].splitlines())


def test_path_of_many_directories_is_shown() -> None:
    path = "/".join(["d"] * 300)
    model = model_of([table(Tree((TreeMember(path, "file", b"x"),)))])

    shown, _ = screens(model, "tab", "ctrl+space", "end", size=(200, 30))

    assert f">A      1 B          -rw-r--r--         0:0 {'  ' * words.DEEPEST}  d" in shown[-1]


def test_path_of_a_megabyte_costs_no_more_than_itself() -> None:
    # Such a path gets no parents: half a million of them would be a terabyte of names.
    path = "/".join(["d"] * 500_000)
    tree = Tree((TreeMember(path, "file", b"123"), TreeMember("plain", "file", b"x")))
    model = model_of([table(tree)])

    assert len(model.index) == 3
    assert model.view(0).total(0) == 4
    shown, _ = screens(model, "tab", "home")
    assert ">A      3 B" in shown[-1]


@pytest.mark.parametrize(
    ("path", "copied"),
    [
        (b"/usr/lib", "/usr/lib"),
        (b"/a\\b c", "/a\\b c"),
        (b"/x\nrm -rf y", r"/x\x0arm -rf y"),
        (b"/\xff", r"/\xff"),
        (b"/\x1b]0;t\x07", r"/\x1b]0;t\x07"),
    ],
)
def test_copied_path_holds_nothing_that_a_shell_would_run(path: bytes, copied: str) -> None:
    assert words.copied(path) == copied


def test_no_color_leaves_letters_and_the_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = Explorer(hostile("name"))

    async def session() -> tuple[str, set[str]]:
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.press("tab")
            await pilot.pause()
            strips = [
                strip.apply_filter(each, app.background_colors[1])
                for strip in app.screen._compositor.render_strips()
                for each in app._filters
            ]
            colors = {
                segment.style.color.triplet.hex
                for strip in strips
                for segment in strip
                if segment.style and segment.style.color and segment.style.color.triplet
            }
            return screen(app), colors

    shown, colors = asyncio.run(session())
    assert app.no_color
    assert ">A" in shown
    # Grey: red, green and blue are one.
    assert all(color[1:3] == color[3:5] == color[5:7] for color in colors)
