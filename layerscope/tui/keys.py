"""The keys of the explorer, once: what widgets bind, what the help and the guide list.

Most terminals send Ctrl+M as Enter and Ctrl+Space as a NUL, Textual's `ctrl+at`.

Where dive has a key for something, this is the key. Source: dive's README, 'KeyBindings', and its
`ui_keybindings.go`.
"""

from __future__ import annotations

from typing import NamedTuple


class Key(NamedTuple):
    """One thing that keys do.

    Attributes:
        keys: As Textual names them, separated by commas.
        action: The action of the widget, or of the app, that has the binding.
        shown: The keys as people write them.
        meaning: What it does, for the help.
        label: In one or two words, for the footer; empty if it does not stand there.
    """

    keys: str
    action: str
    shown: str
    meaning: str
    label: str = ""


EVERYWHERE = (
    Key("question_mark", "help", "?", "this list", "Help"),
    Key("q,ctrl+c", "quit", "q, Ctrl+C", "quit", "Quit"),
    Key("tab", "switch_pane", "Tab", "go to the other pane", "Switch"),
    Key(
        "slash,ctrl+f,ctrl+slash,ctrl+underscore",
        "search",
        "/, Ctrl+F",
        "search: show only paths that hold a text",
        "Search",
    ),
    Key("escape", "show_all", "Esc", "end the search and show all that filters left out"),
    Key("s", "order", "s", "sort by size, or by name", "Sort"),
    Key("w", "waste", "w", "list what is hidden; Enter goes there", "Waste"),
    Key("y", "copy", "y", "copy the path (through the terminal, OSC 52)", "Copy"),
)

LIST = (
    Key("up,k", "move(-1)", "Up, k", "one line up"),
    Key("down,j", "move(1)", "Down, j", "one line down"),
    Key("pageup,u", "page(-1)", "PgUp, u", "one page up"),
    Key("pagedown,d", "page(1)", "PgDn, d", "one page down"),
    Key("home,g", "edge(0)", "Home, g", "to the first line"),
    Key("end,G", "edge(1)", "End, G", "to the last line"),
)

LAYERS = (
    Key("ctrl+a", "app.aggregate(True)", "Ctrl+A", "all changes since the base layer", "All"),
    Key("ctrl+l", "app.aggregate(False)", "Ctrl+L", "the changes of this layer alone", "Layer"),
)

TREE = (
    Key("space", "app.open_or_close", "Space", "open or close a directory", "Open"),
    Key("ctrl+space,ctrl+at", "app.toggle_all", "Ctrl+Space", "open or close all directories"),
    Key("right,l", "app.open", "Right, l", "open a directory"),
    Key("left,h", "app.close", "Left, h", "close it, or go up to the one it is in"),
    Key("ctrl+a", "app.state(1)", "Ctrl+A", "show added paths, or not", "Added"),
    Key("ctrl+r", "app.state(3)", "Ctrl+R", "show removed paths, or not", "Removed"),
    Key("ctrl+m,enter", "app.state(2)", "Ctrl+M", "show modified paths, or not", "Modified"),
    Key("ctrl+u", "app.state(0)", "Ctrl+U", "show unmodified paths, or not", "Unmodified"),
    Key("x", "app.hidden", "x", "show only paths with hidden bytes, or all", "Hidden"),
    Key("ctrl+b", "app.attributes", "Ctrl+B", "show modes and owners, or not"),
)

SECTIONS = (
    ("Everywhere", EVERYWHERE),
    ("In a list", LIST),
    ("In the layers", LAYERS),
    ("In the tree", TREE),
)
"""All keys, by where they work, in the order of the help."""

SIGNS = (
    ("A M R", "added, modified, removed; nothing stands before what is as it was"),
    ("▸ ▾", "a directory that is closed, or open"),
    (">", "the line that keys act on"),
    ("Hidden", "bytes that are stored, and that no container of the image ever sees"),
)
"""What the letters and signs on the screen mean."""


def help_lines() -> list[str]:
    """The help: all keys and signs, one a line."""
    said: list[str] = []
    for title, keys in SECTIONS:
        said += [title, *(f"  {key.shown:12} {key.meaning}" for key in keys), ""]
    return [*said, "Signs", *(f"  {sign:12} {meaning}" for sign, meaning in SIGNS)]
