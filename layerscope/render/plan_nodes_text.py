"""A simulated rollout for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.render.graph_labels import titles_of
from layerscope.render.page import UNKNOWN, Page, add_row, sizes, table_of
from layerscope.render.plan_pull_text import DEFAULT_WIDTH
from layerscope.units import bytes_text, count_text, counted, duration_text

if TYPE_CHECKING:
    from layerscope.report.plan_nodes_document import PlanNodesDocument, PullNumbers

IMAGES_SHOWN = 50
NODES_SHOWN = 10
EVICTIONS = {
    "lru": "used longest ago first",
    "size": "largest first",
    "sharing": "in fewest images first",
}


def plan_nodes_text(
    document: PlanNodesDocument,
    *,
    verbose: bool = False,
    width: int = DEFAULT_WIDTH,
    styled: bool = False,
) -> bytes:
    """The document as UTF-8 text.

    Args:
        document: The document.
        verbose: Whether every image and every node has a line.
        width: Columns.
        styled: Whether to use bold and colour.
    """
    page = Page(width, styled=styled)
    _totals(page, document)
    titles = titles_of([image.image for image in document.images])
    page.title("images", "seconds from being asked for until all is there")
    rows = [
        (title, [*sizes(image.bytes)], image.pulls)
        for title, image in zip(titles, document.images, strict=True)
    ]
    _table(page, ("image", "bytes"), rows if verbose else rows[:IMAGES_SHOWN])
    _more(page, len(rows) - IMAGES_SHOWN, "image", verbose=verbose)
    page.title("nodes")
    rows = [(str(node.node), [count_text(node.evictions)], node.pulls) for node in document.nodes]
    _table(page, ("node", "dropped"), rows if verbose else rows[:NODES_SHOWN])
    _more(page, len(rows) - NODES_SHOWN, "node", verbose=verbose)
    return page.encoded()


def _totals(page: Page, document: PlanNodesDocument) -> None:
    settings, pulls = document.settings, document.pulls
    page.title(
        "rollout", f"{bytes_text(pulls.pulled_bytes)} pulled by {counted(settings.nodes, 'node')}"
    )
    cache = "no limit"
    if settings.cache_bytes is not None:
        cache = f"{bytes_text(settings.cache_bytes)}, {EVICTIONS[settings.evict]}"
    page.line(f"cache of a node  {cache}")
    page.line(f"rate to a node   {bytes_text(settings.bandwidth)} in a second")
    kind = "compressed, by digest" if settings.counted == "blob" else "uncompressed, by DiffID"
    page.line(f"all layers once  {bytes_text(document.distinct_bytes)}, {kind}")
    page.line(
        f"starts           {count_text(pulls.starts)}, {count_text(pulls.from_cache)} wholly from "
        f"cache, {count_text(pulls.refused)} refused for want of room"
    )
    page.line(
        f"layers           {count_text(pulls.layers)} needed, {count_text(pulls.hit_layers)} there "
        f"({bytes_text(pulls.hit_bytes)})"
    )
    page.line(
        f"dropped          {counted(document.evictions, 'layer')}, "
        f"{bytes_text(document.evicted_bytes)}"
    )
    p50, p95, most = (
        _time(each) for each in (pulls.seconds_p50, pulls.seconds_p95, pulls.seconds_max)
    )
    page.line(f"pulls take       p50 {p50}, p95 {p95}, at most {most}")


def _table(
    page: Page, headers: tuple[str, str], rows: list[tuple[str, list[str], PullNumbers]]
) -> None:
    table = table_of(
        (headers[0], "text"),
        (headers[1], "right"),
        ("starts", "right"),
        ("cached", "right"),
        ("refused", "right"),
        ("pulled", "right"),
        ("p50", "right"),
        ("p95", "right"),
    )
    for title, cells, pulls in rows:
        counts = map(count_text, (pulls.starts, pulls.from_cache, pulls.refused))
        times = [_time(pulls.seconds_p50), _time(pulls.seconds_p95)]
        add_row(table, [title, *cells, *counts, *sizes(pulls.pulled_bytes), *times])
    page.table(table)


def _more(page: Page, count: int, noun: str, *, verbose: bool) -> None:
    if count > 0 and not verbose:
        page.line(f"… and {counted(count, noun)} more; -v lists all")


def _time(seconds: float | None) -> str:
    return UNKNOWN if seconds is None else duration_text(seconds)
