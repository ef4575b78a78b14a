"""The explorer: two panes, the layers of an image and the tree after the one that is chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.style import Style
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Static

from layerscope.render.escape import exact
from layerscope.tui import words
from layerscope.tui.keys import EVERYWHERE, LAYERS, TREE
from layerscope.tui.lines import PLAIN, Lines, bindings
from layerscope.tui.outline import Outline
from layerscope.tui.screens import HelpScreen, WasteScreen, plain
from layerscope.tui.view import State

if TYPE_CHECKING:
    from textual.binding import BindingType

    from layerscope.analysis.waste import Wasted
    from layerscope.tui.lines import Draw
    from layerscope.tui.model import Model
    from layerscope.tui.outline import Line
    from layerscope.tui.view import View

LOOKS = {
    State.UNCHANGED: PLAIN,
    State.ADDED: Style(color="green"),
    State.CHANGED: Style(color="yellow"),
    State.REMOVED: Style(color="red"),
}
"""Colours only repeat what the letter before each path says."""

ATTRIBUTES_FROM = 70
"""A tree at least so wide shows modes and owners unless told otherwise."""


class LayerLines(Lines):
    """The layers, base first."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(LAYERS)


class TreeLines(Lines):
    """The tree after a layer."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(TREE)


class Explorer(App[None]):
    """The explorer of one image.

    Args:
        model: What it shows.

    Attributes:
        fault: What went wrong, if anything did and so ended it; else None.
    """

    ENABLE_COMMAND_PALETTE = False
    TITLE = "layerscope explore"
    CSS = """
    Screen { layers: base; }
    #header, #status, #footer, .head { height: 1; }
    #header, .head { text-style: bold; }
    #footer, #status { color: $text-muted; }
    #left { width: 2fr; min-width: 20; border-right: solid $primary; }
    #right { width: 3fr; }
    Lines { height: 1fr; overflow-x: hidden; scrollbar-size-vertical: 1; }
    #layer, #path { height: 7; max-height: 35%; border-top: solid $primary; }
    #search { display: none; height: 1; border: none; padding: 0; }
    #search.wanted { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(key for key in EVERYWHERE if key.action not in {"quit", "switch_pane"}),
        # Else the screen would go through all that can have the focus, the search too.
        Binding("tab", "switch_pane", "go to the other pane", show=False, priority=True),
        Binding("q", "quit", "quit", show=False),
        # Else Ctrl+C would only say how to quit, and would copy in the search.
        Binding("ctrl+c", "quit", "quit", show=False, priority=True),
    ]

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.fault: Exception | None = None
        self._model = model
        self._outline = Outline()
        self._aggregated = False
        self._attributes: bool | None = None
        self._layer = 0
        self._lines: list[Line] = []

    def compose(self) -> ComposeResult:
        """The panes."""
        yield Static(words.header(self._model.image), id="header", markup=False)
        with Horizontal():
            with Vertical(id="left"):
                yield Static(words.LAYERS_HEAD, classes="head", markup=False)
                yield LayerLines(id="layers")
                yield Static(id="layer", markup=False)
            with Vertical(id="right"):
                yield Static(id="tree-head", classes="head", markup=False)
                yield TreeLines(id="tree")
                yield Static(id="path", markup=False)
        yield Input(placeholder="text in the path", id="search", select_on_focus=False)
        yield Static(id="status", markup=False)
        yield Static(id="footer", markup=False)

    def on_mount(self) -> None:
        """Show the base layer."""
        layers = self._model.layers
        self.query_one(LayerLines).show(len(layers), self._draw_layer)
        self.query_one(LayerLines).focus()
        self._show_layer()

    def on_resize(self) -> None:
        """Modes and owners come and go with the room for them."""
        self.call_after_refresh(self._show_head)

    def on_descendant_focus(self) -> None:
        """The keys of the pane that is in focus."""
        self._show_footer()

    def on_lines_moved(self, event: Lines.Moved) -> None:
        """Another layer, or another path."""
        if isinstance(event.lines, LayerLines):
            self._layer = event.lines.cursor
            self._show_layer()
        elif isinstance(event.lines, TreeLines):
            self._show_path()

    def on_lines_clicked(self, event: Lines.Clicked) -> None:
        """A click on the cursor opens or closes."""
        if isinstance(event.lines, TreeLines):
            self.action_open_or_close()

    def on_input_changed(self, event: Input.Changed) -> None:
        """The search goes along with the typing."""
        self._outline.search(event.value)
        self._show_tree()

    def on_input_submitted(self) -> None:
        """The search stays, the tree has the keys."""
        self.query_one(TreeLines).focus()

    def action_switch_pane(self) -> None:
        """From the layers to the tree, and from all else to the layers."""
        if len(self.screen_stack) > 1:
            return
        layers = self.query_one(LayerLines)
        (self.query_one(TreeLines) if self.focused is layers else layers).focus()

    def action_search(self) -> None:
        """Ask for a text."""
        search = self.query_one(Input)
        search.add_class("wanted")
        search.focus()

    def action_show_all(self) -> None:
        """No search and no filters."""
        search = self.query_one(Input)
        self._outline.show_all()
        with search.prevent(Input.Changed):
            search.value = ""
        search.remove_class("wanted")
        if self.focused is search or self.focused is None:
            self.query_one(TreeLines).focus()
        self._show_tree()

    def action_order(self) -> None:
        """By size, or by name."""
        self._outline.toggle_order()
        self._show_tree()

    def action_waste(self) -> None:
        """The list of what is hidden."""
        self.push_screen(WasteScreen(self._model.biggest_waste()), self._go_to)

    def action_help(self) -> None:
        """All keys."""
        self.push_screen(HelpScreen())

    def action_copy(self) -> None:
        """The selected path to the clipboard."""
        line = self._line()
        if line is not None:
            text = words.copied(self._view().index.paths[line.node])
            self.copy_to_clipboard(text)
            self._say(f"copied {exact(text)}")

    def action_aggregate(self, aggregated: bool) -> None:
        """Against the base layer, or against the layers below."""
        self._aggregated = aggregated
        self._show_layer()

    def action_open_or_close(self) -> None:
        """Open or close the directory of the cursor."""
        line = self._line()
        if line is not None and line.folder:
            self._outline.toggle(self._view().index.paths[line.node])
            self._show_tree()

    def action_toggle_all(self) -> None:
        """Open or close all."""
        self._outline.toggle_all()
        self._show_tree()

    def action_open(self) -> None:
        """Open the directory of the cursor."""
        line = self._line()
        if line is not None and not line.opened:
            self.action_open_or_close()

    def action_close(self) -> None:
        """Close the directory of the cursor, or go up to the one that it is in."""
        line = self._line()
        if line is None:
            return
        if line.opened:
            self.action_open_or_close()
            return
        above = self._view().index.parents[line.node]
        self.query_one(TreeLines).go(self._position(above, self.query_one(TreeLines).cursor))

    def action_state(self, state: int) -> None:
        """Show a state, or no longer."""
        self._outline.toggle_state(State(state))
        self._show_tree()

    def action_hidden(self) -> None:
        """Only what is hidden, or all."""
        self._outline.toggle_hidden()
        self._show_tree()

    def action_attributes(self) -> None:
        """Modes and owners, or not."""
        self._attributes = not self._with_attributes()
        self._show_head()

    def _handle_exception(self, error: Exception) -> None:
        """Keeps the error: whoever started the explorer tells of it, as of any other."""
        self.fault = self.fault or error
        super()._handle_exception(error)

    def _print_error_renderables(self) -> None:
        """Prints nothing where Textual prints a traceback, with values from the image in it."""
        self._exit_renderables.clear()

    def _go_to(self, wasted: Wasted | None) -> None:
        """The cursor on a hidden copy, in the layer that stored it."""
        if wasted is None:
            return
        self.action_show_all()
        self._aggregated = False
        self._layer = wasted.layer
        self.query_one(LayerLines).show(
            len(self._model.layers), self._draw_layer, cursor=wasted.layer
        )
        self._outline.open_to(wasted.path)
        tree = self.query_one(TreeLines)
        tree.focus()
        self._show_layer(self._model.index.find(wasted.path))

    def _view(self) -> View:
        return self._model.view(self._layer, aggregated=self._aggregated)

    def _line(self) -> Line | None:
        at = self.query_one(TreeLines).cursor
        return self._lines[at] if at < len(self._lines) else None

    def _show_layer(self, node: int | None = None) -> None:
        layers = self._model.layers
        if layers:
            said = words.layer_details(layers[self._layer])
            self.query_one("#layer", Static).update(plain(said))
        self._show_tree(node)

    def _show_tree(self, node: int | None = None) -> None:
        """The tree anew, the cursor on a node: the given one, or that on which it was."""
        line = self._line()
        if node is None and line is not None:
            node = line.node
        if not self._model.layers:
            self._say("the image has no layers")
            return
        view = self._view()
        self._lines = self._outline.lines(view)
        tree = self.query_one(TreeLines)
        tree.show(len(self._lines), self._draw_tree, self._position(node, tree.cursor))
        self._say(words.counts(view, self._outline))
        self._show_head()
        self._show_path()

    def _position(self, node: int | None, otherwise: int) -> int:
        """The line of a node, or of the nearest directory around it that has one."""
        parents = self._model.index.parents
        lines = {line.node: at for at, line in enumerate(self._lines)}
        while node is not None and node > 0:
            if node in lines:
                return lines[node]
            node = parents[node]
        return otherwise

    def _show_path(self) -> None:
        line = self._line()
        said = ["nothing is shown"]
        if line is not None:
            said = words.path_details(self._model, self._view(), line.node)
        self.query_one("#path", Static).update(plain(said))

    def _show_head(self) -> None:
        head = words.TREE_HEAD + (words.ATTRIBUTES_HEAD if self._with_attributes() else "")
        what = "Path, against the base" if self._aggregated and self._layer else "Path"
        self.query_one("#tree-head", Static).update(plain([f"{head}{what}"]))
        self.query_one(TreeLines).refresh()

    def _show_footer(self) -> None:
        keys: list[str] = []
        if isinstance(self.focused, Input):
            keys = ["Enter to the tree", "Esc ends the search"]
        else:
            own = TREE if isinstance(self.focused, TreeLines) else LAYERS
            keys = [
                f"{key.shown.partition(',')[0].replace('Ctrl+', '^')} {key.label}"
                for key in (*EVERYWHERE[:4], *own, *EVERYWHERE[4:])
                if key.label
            ]
        self.query_one("#footer", Static).update(plain(["  ".join(keys)]))

    def _with_attributes(self) -> bool:
        if self._attributes is None:
            return self.query_one(TreeLines).size.width >= ATTRIBUTES_FROM
        return self._attributes

    def _say(self, text: str) -> None:
        self.query_one("#status", Static).update(plain([text]))

    def _draw_layer(self, at: int) -> Draw:
        return words.layer_line(self._model.layers[at]), PLAIN

    def _draw_tree(self, at: int) -> Draw:
        view, line = self._view(), self._lines[at]
        text = words.tree_line(self._model, view, line, attributes=self._with_attributes())
        return text, LOOKS[view.state(line.node)]
