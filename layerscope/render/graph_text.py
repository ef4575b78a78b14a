"""The layer forest for people: a tree as engines draw it for one image, and what is shared."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from layerscope.render.escape import instruction, line, short_digest
from layerscope.render.graph_labels import image_titles
from layerscope.render.page import UNKNOWN, Page, add_row, sizes, table_of
from layerscope.units import bytes_text, count_text, counted

if TYPE_CHECKING:
    from layerscope.report.graph_document import GraphDocument, Identity, LayerNode

DEFAULT_WIDTH = 80
BRANCHES_SHOWN = 30
"""How many branches, and ends of images, of one layer are drawn unless all are asked for."""
NARROWEST = 60
"""To how many columns lines about layers are cut at the least."""
LEVELS_INDENTED = 24
"""From how many levels on the tree grows no wider: a level is then a number."""
IMAGES_SHOWN = 50
SETS_SHOWN = 5
NAMES_IN_A_SET = 4

IDENTITIES: dict[Identity, str] = {
    "blob": "blob digest (as stored)",
    "diff_id": "DiffID (uncompressed)",
    "chain_id": "ChainID (uncompressed)",
    "docker": "ChainID (as docker counts)",
}


def graph_text(
    document: GraphDocument,
    *,
    verbose: bool = False,
    width: int = DEFAULT_WIDTH,
    styled: bool = False,
) -> bytes:
    """The document as UTF-8 text; nothing if there are no images.

    Args:
        document: The document.
        verbose: Whether every layer has a line of its own, and nothing is left out.
        width: Columns.
        styled: Whether to use bold and colour.
    """
    if not document.images:
        return b""
    page = Page(width, styled=styled)
    titles = image_titles(document)
    _Tree(document, titles, verbose=verbose, width=width).draw(page)
    _totals(page, document)
    _images(page, document, titles, verbose=verbose)
    if verbose:
        _reuse(page, document)
    _intersections(page, document, titles, verbose=verbose)
    _cross_links(page, document, verbose=verbose)
    if not verbose:
        page.line("\n-v draws every layer, and lists all images and sets.")
    return page.encoded()


@dataclass(slots=True)
class _Tree:
    """What lies on what, and how it is drawn."""

    document: GraphDocument
    titles: list[str]
    verbose: bool
    width: int
    nodes: dict[str, LayerNode] = field(init=False)
    above: dict[str | None, list[str]] = field(init=False)

    def __post_init__(self) -> None:
        self.nodes = {node.id: node for node in self.document.nodes}
        self.above = {}
        for node in self.document.nodes:
            self.above.setdefault(node.parent, []).append(node.id)

    def draw(self, page: Page) -> None:
        """Writes the trees, from base layers up."""
        document = self.document
        trees = len(self.above.get(None, []))
        page.title(
            "layers",
            f"{counted(len(self.nodes), 'layer')} in {counted(trees, 'tree')}, "
            f"{counted(len(document.images), 'image')}",
        )
        # A stack and not a recursion: an image may have thousands of layers.
        todo: list[tuple[str | int, str, str, int]] = self._branches(None, "", 0)
        while todo:
            what, lead, indent, level = todo.pop()
            if isinstance(what, int):
                page.line(f"{lead}… and {counted(what, 'branch', 'branches')} more")
                continue
            run = self._run(what)
            last = self.nodes[run[-1]]
            branches = self._branches(run[-1], indent, level + 1)
            for at, name in enumerate(run if self.verbose else run[-1:]):
                one = self.nodes[name]
                page.line(self._cut(f"{lead if at == 0 else indent}{self._about(one, run)}"))
            bar = "|" if branches else " "
            shown = last.tops if self.verbose else last.tops[:BRANCHES_SHOWN]
            for at in shown:
                page.line(f"{indent}{bar}   = {self._image(at)}")
            if len(shown) < len(last.tops):
                more = counted(len(last.tops) - len(shown), "image")
                page.line(f"{indent}{bar}   … and {more} more")
            todo += branches
        for at, image in enumerate(document.images):
            if image.top is None:
                why = "a DiffID is not known" if image.layers else "no layers"
                page.line(f"({why}) = {self._image(at)}")

    def _cut(self, text: str) -> str:
        """A line about a layer, whose instruction may be long; whole if all is asked for."""
        room = max(self.width, NARROWEST)
        return text if self.verbose or len(text) <= room else f"{text[: room - 1]}…"

    def _branches(
        self, node: str | None, indent: str, level: int
    ) -> list[tuple[str | int, str, str, int]]:
        """What is drawn above a layer, the last first: a stack gives it back in order."""
        # What most images hold comes first, so that what is left out matters least.
        above = sorted(self.above.get(node, []), key=lambda name: -self.nodes[name].images)
        found: list[str | int] = list(above)
        if not self.verbose and len(found) > BRANCHES_SHOWN:
            found = [*found[:BRANCHES_SHOWN], len(found) - BRANCHES_SHOWN]
        rows: list[tuple[str | int, str, str, int]] = []
        for at, what in enumerate(found):
            if node is None:
                rows.append((what, "", "", level))
            elif level > LEVELS_INDENTED:
                rows.append((what, f"{indent}({level}) ", indent, level))
            else:
                last = at == len(found) - 1
                lead, more = ("`-- ", "    ") if last else ("|-- ", "|   ")
                rows.append((what, indent + lead, indent + more, level))
        return rows[::-1]

    def _run(self, name: str) -> list[str]:
        """A layer and those above it, up to the next branch or the next end of an image."""
        run = [name]
        while not self.nodes[run[-1]].tops:
            above = self.above.get(run[-1], [])
            if len(above) != 1:
                break
            run.append(above[0])
        return run

    def _about(self, node: LayerNode, run: list[str]) -> str:
        held = counted(node.images, "image")
        words = instruction(node.created_by)
        if self.verbose or len(run) == 1:
            size = node.uncompressed_bytes
            return f"{short_digest(node.id)}  {_size(size)}  in {held}  {words}"
        known = [self.nodes[name].uncompressed_bytes for name in run]
        size = None if None in known else sum(each for each in known if each is not None)
        layers = counted(len(run), "layer")
        return f"{short_digest(node.id)}  {_size(size)}  in {held}  {layers}, the last: {words}"

    def _image(self, at: int) -> str:
        image = self.document.images[at]
        about = [self.titles[at], line(str(image.image.platform), 40)]
        base = image.base
        if base.by_layers is not None:
            count = counted(base.shared_layers or 0, "layer")
            about.append(f"on {self.titles[base.by_layers]} ({count})")
        elif base.same_layers is not None:
            about.append(f"layers of {self.titles[base.same_layers]}")
        told = line(base.named or base.named_digest or "")
        if base.by_name is not None and base.name_holds is False:
            about.append(f"{base.named_how} says {told}, whose layers are others now")
        elif told and base.by_layers is None:
            about.append(f"{base.named_how} says {told}")
        return "  ".join(about)


def _size(count: int | None) -> str:
    return UNKNOWN if count is None else bytes_text(count)


def _totals(page: Page, document: GraphDocument) -> None:
    page.title("sharing", "unique: in one image; shared: in several, each layer once")
    table = table_of(
        ("layers that are equal by", "text"),
        ("layers", "right"),
        ("referenced", "right"),
        ("stored", "right"),
        ("unique", "right"),
        ("shared", "right"),
    )
    for total in document.totals:
        cells = [IDENTITIES[total.identity], count_text(total.distinct)]
        measured = sizes(
            total.referenced_bytes, total.stored_bytes, total.unique_bytes, total.shared_bytes
        )
        add_row(table, cells + measured)
    page.table(table)


def _images(page: Page, document: GraphDocument, titles: list[str], *, verbose: bool) -> None:
    shown = document.images if verbose else document.images[:IMAGES_SHOWN]
    page.line("")
    table = table_of(
        ("image", "text"),
        ("only here", "right"),
        ("in others\ntoo", "right"),
        ("docker's\nunique", "right"),
        ("docker's\nshared", "right"),
    )
    for title, image in zip(titles, shown, strict=False):
        own, by_docker = image.blob, image.docker
        measured = sizes(own.unique_bytes, own.shared_bytes)
        measured += sizes(by_docker.unique_bytes, by_docker.shared_bytes)
        add_row(table, [title, *measured])
    page.table(table)
    if len(shown) < len(document.images):
        page.line(f"… and {counted(len(document.images) - len(shown), 'image')} more")


def _reuse(page: Page, document: GraphDocument) -> None:
    page.title("reuse", "how many layers are in how many images, by blob digest")
    table = table_of(
        ("in images", "right"), ("layers", "right"), ("stored", "right"), ("referenced", "right")
    )
    for row in document.reuse:
        if row.identity == "blob":
            cells = [count_text(row.images), count_text(row.layers)]
            add_row(table, cells + sizes(row.stored_bytes, row.referenced_bytes))
    page.table(table)


def _intersections(
    page: Page, document: GraphDocument, titles: list[str], *, verbose: bool
) -> None:
    rows = [row for row in document.intersections if row.identity == "blob" and len(row.images) > 1]
    if not rows:
        return
    page.title("sets", "what exactly these images share, by blob digest")
    table = table_of(("stored", "right"), ("layers", "right"), ("images", "text"))
    for row in rows if verbose else rows[:SETS_SHOWN]:
        names = [titles[at] for at in row.images[:NAMES_IN_A_SET]]
        more = len(row.images) - len(names)
        text = f"{len(row.images)}: {', '.join(names)}" + (f" and {more} more" if more else "")
        add_row(table, [*sizes(row.stored_bytes), count_text(row.layers), text])
    page.table(table)


def _cross_links(page: Page, document: GraphDocument, *, verbose: bool) -> None:
    if not document.cross_links:
        return
    count = counted(len(document.cross_links), "DiffID")
    page.title("equal content on other layers", f"{count}; one blob, several snapshots")
    shown = document.cross_links if verbose else document.cross_links[:SETS_SHOWN]
    for link in shown:
        chains = ", ".join(short_digest(name) for name in link.nodes[:NAMES_IN_A_SET])
        more = len(link.nodes) - NAMES_IN_A_SET
        tail = f" and {more} more" if more > 0 else ""
        page.line(f"{short_digest(link.diff_id)} as {chains}{tail}")
    if len(shown) < len(document.cross_links):
        page.line(f"… and {len(document.cross_links) - len(shown)} more")
