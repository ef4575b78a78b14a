from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from layerscope.fleet.nodes import Cachable, Start, roll_out
from layerscope.fleet.transfer import Place
from layerscope.render.plan_nodes_text import plan_nodes_text
from layerscope.render.plan_pull_text import plan_pull_text
from layerscope.render.plan_push_text import plan_push_text
from layerscope.render.plan_remove_text import plan_remove_text
from layerscope.report.document import Tool
from layerscope.report.plan_nodes_document import NodeSettings, plan_nodes_document
from layerscope.report.plan_pull_document import plan_pull_document
from layerscope.report.plan_push_document import plan_push_document
from layerscope.report.plan_remove_document import plan_remove_document
from tests.fleet.made import image_row
from tests.fleet.registry_made import pushed

if TYPE_CHECKING:
    from collections.abc import Collection

HOSTILE = "evil\x1b[2J\x07\u202e\n\ud800"
TOOL = Tool(version="1")


def texts(
    *words: str, name: str, hidden: Collection[int] = (), width: int = 80
) -> dict[str, bytes]:
    """Each plan of all images but the last, with the last there or kept."""
    frames, documents = pushed(*words, hidden=hidden)
    rows = [image_row(word, [name], "") for word in words]
    given = (TOOL, rows, frames, documents)
    first, last = list(range(len(words) - 1)), [len(words) - 1]
    place = Place("r", name)
    fleet = Cachable([[0, 1], [0]], [10**9, 5])
    starts = [Start(0, 0, at) for at in range(12)]
    settings = NodeSettings(
        nodes=12, cache_bytes=10**10, evict="lru", bandwidth=10**6, counted="blob"
    )
    rollout = roll_out(fleet, starts, nodes=12, bandwidth=10**6)
    nodes = plan_nodes_document(TOOL, rows[:2], settings, fleet, rollout)
    push = plan_push_document(
        *given, wanted=[(at, place) for at in first], have=[(last[0], Place("r", "x"))]
    )
    found: dict[str, bytes] = {}
    for verbose in (False, True):
        found |= {
            f"pull {verbose}": plan_pull_text(
                plan_pull_document(*given, wanted=first, have=last), verbose=verbose, width=width
            ),
            f"push {verbose}": plan_push_text(push, verbose=verbose, width=width),
            f"remove {verbose}": plan_remove_text(
                plan_remove_document(*given, removed=first, kept=last), verbose=verbose, width=width
            ),
            f"nodes {verbose}": plan_nodes_text(nodes, verbose=verbose, width=width),
        }
    return found


def test_hostile_names_are_escaped_in_every_plan() -> None:
    for text in texts("ab", "aBc", "a", name=HOSTILE, width=120).values():
        shown = text.decode()
        assert not {"\x1b", "\x07", "\u202e"} & set(shown)
        assert "evil" in shown


@pytest.mark.parametrize("hidden", [(), (0, 1), (2,)])
def test_plans_fit_eighty_columns(hidden: tuple[int, ...]) -> None:
    for name, text in texts("abcdefgh", "aBcdefG", "ab", name="n" * 300, hidden=hidden).items():
        assert max(map(len, text.decode().splitlines())) <= 80, name


def test_pull_text_says_what_an_engine_that_knows_content_would_skip() -> None:
    text = texts("aB", "ab", name="app:1")["pull False"].decode()

    # B is 50 and the manifest 7; the config is that of ab.
    assert text.startswith("pull  57 B move: 2 of 4 blobs, with 1 image there\n")
    assert "7 B if layers of equal content that are there do not move\n" in text
    assert "equal content is there" in text


def test_texts_of_unknown_blobs_say_so() -> None:
    found = texts("ab", "a", name="app:1", hidden=(0,))

    for name in ("pull False", "push False", "remove False"):
        assert "docker save" in found[name].decode()
        assert "0 B move" not in found[name].decode()


def test_push_text_asks_for_repositories() -> None:
    frames, documents = pushed("ab", "a")
    rows = [image_row(word, [word], "") for word in ("ab", "a")]

    document = plan_push_document(
        TOOL, rows, frames, documents, wanted=[(0, None)], have=[(1, Place("r", "x"))]
    )

    assert "--to NAME" in plan_push_text(document).decode()


def test_long_plans_are_cut_unless_all_is_asked_for() -> None:
    frames, documents = pushed("abcdefghijklmnopqrstuvwxyz", "z")
    rows = [image_row(word, [word], "") for word in ("a", "b")]
    document = plan_pull_document(TOOL, rows, frames, documents, wanted=[0], have=[1])

    short = plan_pull_text(document).decode()

    assert "… and 7 blobs more; -v lists all" in short
    assert "-v lists all" not in plan_pull_text(document, verbose=True).decode()
    assert plan_pull_text(msgspec.structs.replace(document, images=[])) == b""
