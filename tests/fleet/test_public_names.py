"""What `layerscope.fleet` offers by name, and that its documentation says what comes back."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import networkx as nx
import pandas as pd
import pytest

from layerscope import fleet
from layerscope.fleet.holdings import IDENTITIES
from tests.fleet.made import digest
from tests.fleet.made import fleet as made
from tests.surroundings import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FUNCTIONS = sorted(name for name in fleet.__all__ if inspect.isfunction(getattr(fleet, name)))
SHAPE = re.compile(r"\b(rows?|columns?|tables?|graph|nodes?|arrays?|forest|IMAGES)\b")


def asked() -> dict[str, object]:
    """What each function that gives tables or a graph says of one small fleet."""
    manifests = [digest("1"), digest("2"), digest("3")]
    frames = made("ab", "aB", "cb", manifest_digest=manifests, config_digest=manifests)
    layers = fleet.forest(frames)
    documents = fleet.documents_of([(10, 20, True)] * 3)
    removal = fleet.remove(frames, documents, [0], [1, 2])
    return {
        "base_images": fleet.base_images(frames, layers),
        "cross_links": fleet.cross_links(frames, layers),
        "exclusive": fleet.exclusive(frames, ["x", "x", "y"]),
        "image_sharing": fleet.image_sharing(frames),
        "intersections": fleet.intersections(frames, "blob"),
        "keepers": fleet.keepers(removal.blobs, "bytes"),
        "layer_sharing": fleet.layer_sharing(frames),
        "layer_table": fleet.layer_table(frames, layers),
        "matrix": fleet.matrix(frames, "blob"),
        "pull": fleet.pull(frames, documents, [0], [1]),
        "push": fleet.push(frames, documents, [(0, None)], [(1, None)]),
        "remove": removal,
        "reuse": fleet.reuse(frames, "blob"),
        "to_networkx": fleet.to_networkx(frames, layers),
        "totals": fleet.totals(frames),
        "ladder": fleet.ladder(frames),
        "documents_of": documents,
        "frames_of_columns": frames,
        "frames_of_images": frames,
        "frames_of_report": frames,
        "joined": fleet.joined([frames, frames]),
    }


@pytest.fixture(scope="module")
def answers() -> dict[str, object]:
    return asked()


def tables_of(answer: object) -> Iterator[pd.DataFrame]:
    parts = answer if isinstance(answer, tuple) else (answer,)
    yield from (part for part in parts if isinstance(part, pd.DataFrame))


def told_of(name: str) -> str:
    """What is written of a function, and of what it gives."""
    function: Callable[..., Any] = getattr(fleet, name)
    module = importlib.import_module(function.__module__)
    text = [inspect.getdoc(function) or ""]
    for word in re.findall(r"\b[A-Z]\w+\b", str(inspect.signature(function).return_annotation)):
        kind = getattr(module, word, None)
        text += [inspect.getdoc(kind) or ""] if inspect.isclass(kind) else []
    # Another function of a module of its own may be named as the one that says more.
    for word in re.findall(r"`fleet\.(\w+)`", " ".join(text)):
        text.append(inspect.getdoc(getattr(module, word)) or "")
    # A table that is declared as a constant is documented there, column by column.
    for word in re.findall(r"`(?:\w+\.)*([A-Z_]+)`", " ".join(text)):
        declared = getattr(module, word, None) or getattr(fleet, word, None)
        if isinstance(declared, dict):
            text += [f"`{column}`: {meaning}" for column, meaning in declared.items()]
    return "\n".join(text)


def documented(column: str, text: str) -> bool:
    """Whether a column is named, or a pattern of it is, such as `I_bytes` for each identity."""
    names = {column}
    names |= {f"I{column.removeprefix(each)}" for each in IDENTITIES if column.startswith(each)}
    return any(f"`{name}`" in text for name in names)


def test_every_public_name_is_there_and_no_other() -> None:
    assert dir(fleet) == sorted(fleet.__all__)
    assert all(getattr(fleet, name) is not None for name in fleet.__all__)
    with pytest.raises(AttributeError, match="no attribute 'forrest'"):
        _ = fleet.forrest


def test_no_public_name_is_that_of_a_module() -> None:
    modules = {module.name for module in pkgutil.iter_modules(fleet.__path__)}

    assert modules & set(fleet.__all__) == set()


def test_import_of_the_package_loads_none_of_it() -> None:
    code = (
        "import sys; from layerscope import fleet; fleet.IMAGES;"
        "heavy = {'pandas', 'numpy', 'networkx', 'layerscope.fleet.graph'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"


def test_every_function_is_asked(answers: dict[str, object]) -> None:
    # A forest is arrays, which its own class documents.
    assert set(answers) == set(FUNCTIONS) - {"forest"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_documentation_says_what_shape_comes_back(name: str) -> None:
    assert SHAPE.search(told_of(name))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_answer_is_data_frames_or_a_graph(name: str, answers: dict[str, object]) -> None:
    answer = answers.get(name)

    assert name == "forest" or isinstance(answer, nx.DiGraph) or list(tables_of(answer))


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - {"forest", "matrix", "to_networkx"}))
def test_every_column_is_documented(name: str, answers: dict[str, object]) -> None:
    text = told_of(name)

    bare = [
        column
        for table in tables_of(answers[name])
        for column in table.columns
        if not documented(column, text)
    ]
    assert bare == []


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - {"forest", "matrix", "to_networkx"}))
def test_sizes_are_whole_bytes_and_say_so(name: str, answers: dict[str, object]) -> None:
    for table in tables_of(answers[name]):
        sizes = [column for column in table.columns if column.endswith("bytes")]
        assert all(str(table[column].dtype) in {"Int64", "int64"} for column in sizes)
        assert not sizes or "bytes" in told_of(name)
