"""Drawings of the layer forest, read by the program that draws them."""

from __future__ import annotations

import subprocess
from xml.etree import ElementTree as ET

import pytest

from layerscope.render.graph_dot import graph_dot
from tests.fleet.made import document_of
from tests.surroundings import require_program

pytestmark = pytest.mark.programs

HOSTILE = 'a"b\\"; x [label=<b>] } <script> \\N \x1b[31m \u202e \udcff\n// end'


def test_dot_draws_a_forest_with_hostile_names() -> None:
    program = require_program("dot")
    document = document_of("ab", "ac", "d", names=[[HOSTILE]] * 3, created_by=HOSTILE)

    done = subprocess.run(
        [program, "-Tsvg"], input=b"".join(graph_dot(document)), capture_output=True, check=False
    )

    assert done.returncode == 0
    assert done.stderr == b""
    svg = ET.fromstring(done.stdout)
    groups = [each.get("class") for each in svg.iter("{http://www.w3.org/2000/svg}g")]
    # Four layers and three images; two layers lie on the first, and each image ends in one.
    assert (groups.count("node"), groups.count("edge")) == (7, 5)
    assert not list(svg.iter("{http://www.w3.org/2000/svg}script"))
