from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import networkx as nx
import pytest

from layerscope.render.graph_dot import graph_dot
from layerscope.render.graph_graphml import graph_graphml
from layerscope.render.graph_mermaid import graph_mermaid
from layerscope.render.graph_text import graph_text
from tests.fleet.made import digest, document_of

if TYPE_CHECKING:
    from layerscope.report.graph_document import GraphDocument

HOSTILE = [
    '"];evil[label="',
    "a\\",
    "\\N\\G&lt;b&gt;",
    "</data><script>alert(1)</script>",
    "]]>&amp;'`",
    '#quot;"]-->x["',
    "line\nbreak\r\x1b[31m\x00\x7f",
    "caf\udce9 \ud800 \u202e\ufffe\u2028",
    "%%{init: {}}%%",
    "x" * 5000,
    "",
]


def drawn(document: GraphDocument) -> dict[str, bytes]:
    return {
        "dot": b"".join(graph_dot(document)),
        "mermaid": b"".join(graph_mermaid(document)),
        "graphml": b"".join(graph_graphml(document)),
        "text": graph_text(document),
        "verbose": graph_text(document, verbose=True),
    }


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_gets_out_of_its_label(name: str) -> None:
    plain = drawn(document_of("ab", "ac", names=[["one"], ["two"]], created_by="RUN"))
    document = document_of("ab", "ac", names=[[name], ["two"]], created_by=name)

    found = drawn(document)

    for kind, text in found.items():
        assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", text), kind
        text.decode()
        # Nothing that a name holds makes a line, so all drawings have as many; GraphML leaves an
        # empty name out.
        lines = text.count(b"\n") + (kind == "graphml" and not name)
        assert lines == plain[kind].count(b"\n"), kind
        assert len(text) < 40_000


def test_dot_escapes_what_graphviz_reads() -> None:
    document = document_of("a", names=[['q" \\N &lt; \\']])

    text = b"".join(graph_dot(document)).decode()

    assert '  i0 [shape=ellipse label="q\\" \\\\N &amp;lt; \\\\\\nlinux/amd64"];\n' in text


def test_mermaid_is_ascii_without_quotes_inside_of_labels() -> None:
    document = document_of("a", names=[['q"<b>`#é']])

    text = b"".join(graph_mermaid(document)).decode("ascii")

    assert '  i0(["q#34;#60;b#62;#96;#35;#233;<br/>linux/amd64"])\n' in text


def test_graphml_is_what_networkx_reads() -> None:
    document = document_of("ab", "ac", names=[["<one>&"], []], created_by="RUN a && b")

    graph = nx.parse_graphml(b"".join(graph_graphml(document)).decode())

    a, ab, ac = (digest(f"chain {word}") for word in ("a", "ab", "ac"))
    assert sorted(graph.edges) == sorted([(a, ab), (a, ac)])
    assert graph.nodes[a]["images"] == 2
    assert graph.nodes[a]["uncompressed_bytes"] == 10
    assert graph.nodes[ab]["tops"] == "<one>&"
    assert graph.nodes[ab]["created_by"] == "RUN a && b"


def test_graphml_leaves_out_what_is_not_known() -> None:
    document = document_of("a?", "b")

    tree = ET.fromstring(b"".join(graph_graphml(document)))

    nodes = tree.findall(".//{http://graphml.graphdrawing.org/xmlns}node")
    assert len(nodes) == 2
    assert "None" not in "".join(tree.itertext())


def test_drawings_join_equal_content_by_dotted_lines() -> None:
    document = document_of("ab", "cb")

    found = drawn(document)

    assert b"  l1 -> l3 [style=dotted dir=none constraint=false];\n" in found["dot"]
    assert b"  l1 -.- l3\n" in found["mermaid"]


def test_text_draws_runs_of_layers_and_where_images_end() -> None:
    text = graph_text(document_of("a", "abc", "abd", "x")).decode()

    assert text.splitlines()[:10] == [
        "layers  5 layers in 2 trees, 4 images",
        f"{digest('chain a')[7:19]}  10 B  in 3 images  RUN a",
        "|   = a  linux/amd64",
        f"`-- {digest('chain ab')[7:19]}  100 B  in 2 images  RUN b",
        f"    |-- {digest('chain abc')[7:19]}  1.0 kB  in 1 image  RUN c",
        "    |       = abc  linux/amd64  on a (1 layer)",
        f"    `-- {digest('chain abd')[7:19]}  10.0 kB  in 1 image  RUN d",
        "            = abd  linux/amd64  on a (1 layer)",
        f"{digest('chain x')[7:19]}  10 B  in 1 image  RUN x",
        "    = x  linux/amd64",
    ]


def test_text_folds_a_run_unless_all_is_asked_for() -> None:
    document = document_of("abc")

    short, long = graph_text(document).decode(), graph_text(document, verbose=True).decode()

    assert "1.1 kB  in 1 image  3 layers, the last: RUN c" in short
    assert [line for line in long.splitlines() if "RUN" in line] == [
        f"{digest(f'chain {word}')[7:19]}  {size}  in 1 image  RUN {word[-1]}"
        for word, size in (("a", "10 B"), ("ab", "100 B"), ("abc", "1.0 kB"))
    ]


def test_text_shows_a_size_that_is_not_known_as_such() -> None:
    text = graph_text(document_of("a?")).decode()

    assert "(a DiffID is not known) = a?  linux/amd64" in text
    assert re.search(r"blob digest \(as stored\) +1 +\? +\? +\? +\?", text)


def test_text_draws_what_most_images_hold_first() -> None:
    text = graph_text(document_of("x", "ab", "ac", "acd")).decode()

    made = [line.split()[-1] for line in text.splitlines() if "RUN" in line]
    assert made == ["a", "c", "d", "b", "x"]


def test_text_limits_branches_and_indents_no_further_than_can_be_read() -> None:
    letters = "bcdefghijklmnopqrstuvwxyz" + "0123456789"
    wide = graph_text(document_of(*[f"a{letter}" for letter in letters])).decode()
    steps = [letters[:end] for end in range(1, 31)]
    deep = graph_text(document_of(*steps), verbose=True).decode()

    assert "`-- … and 5 branches more" in wide
    assert "(29) " in deep
    assert max(map(len, deep.splitlines())) < 200


def test_images_that_look_alike_are_told_apart_by_their_inputs() -> None:
    document = document_of("ab", "ac", names=[["app:1"], ["app:1"]])

    text = graph_text(document).decode()

    assert "= ab.tar: app:1" in text
    assert "= ac.tar: app:1" in text


def test_base_that_was_built_anew_is_told() -> None:
    document = document_of(
        "ab",
        "xc",
        names=[["base:1"], ["app:1"]],
        base_how=[None, "annotation"],
        base_name=[None, "base:1"],
        base_digest=[None, digest("manifest")],
        manifest_digest=[digest("manifest"), None],
    )

    assert "annotation says base:1, whose layers are others now" in graph_text(document).decode()


def test_same_input_gives_the_same_bytes() -> None:
    one, two = (drawn(document_of("abc", "abd", "cb")) for _ in range(2))

    assert one == two


def test_no_images_are_no_text() -> None:
    assert graph_text(document_of()) == b""
