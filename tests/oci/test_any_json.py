"""Whatever JSON value stands in any field, a document is read or refused by an `InputError`."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.errors import InputError
from layerscope.oci import media_types
from layerscope.oci.config import ImageConfig
from layerscope.oci.index import Index
from layerscope.oci.manifest import Manifest

A = f"sha256:{'a' * 64}"
NAMED: dict[str, Any] = {
    "mediaType": media_types.OCI_MANIFEST,
    "digest": A,
    "size": 5,
    "urls": ["https://example.org/"],
    "annotations": {"a": "b"},
    "platform": {
        "os": "linux",
        "architecture": "arm",
        "variant": "v7",
        "os.version": "1",
        "os.features": ["x"],
    },
    "artifactType": "x/y",
    "data": None,
}
INDEX: dict[str, Any] = {
    "schemaVersion": 2,
    "mediaType": media_types.OCI_INDEX,
    "manifests": [NAMED],
    "annotations": {"a": "b"},
    "subject": NAMED,
    "artifactType": "x/y",
}
MANIFEST: dict[str, Any] = {
    "schemaVersion": 2,
    "mediaType": media_types.OCI_MANIFEST,
    "config": NAMED,
    "layers": [NAMED],
    "annotations": {"a": "b"},
    "subject": NAMED,
    "artifactType": "x/y",
}
CONFIG: dict[str, Any] = {
    "os": "linux",
    "architecture": "amd64",
    "variant": "v2",
    "os.version": "1",
    "os.features": ["x"],
    "created": "2024-01-01T00:00:00Z",
    "author": "a",
    "config": {
        "User": "u",
        "ExposedPorts": {"80/tcp": {}},
        "Env": ["A=b"],
        "Entrypoint": ["x"],
        "Cmd": ["x"],
        "Volumes": {"/v": {}},
        "WorkingDir": "/",
        "Labels": {"a": "b"},
        "StopSignal": "SIGTERM",
        "OnBuild": ["RUN x"],
        "Shell": ["sh"],
    },
    "rootfs": {"type": "layers", "diff_ids": [A]},
    "history": [
        {"created": "T", "created_by": "x", "author": "a", "comment": "c", "empty_layer": False}
    ],
}

Path = tuple[str | int, ...]
Parse = Callable[[bytes, str], object]

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(codec=None))
    | st.sampled_from([A, "", "layers", media_types.OCI_INDEX, media_types.OCI_MANIFEST, 10**200]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text() | st.sampled_from(sorted(NAMED)), inner, max_size=3)
    ),
    max_leaves=8,
)


def paths_of(value: object, path: Path = ()) -> list[Path]:
    """Where every value of a document stands, the document itself first."""
    found = [path]
    if isinstance(value, dict):
        for key, inner in value.items():
            found += paths_of(inner, (*path, key))
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            found += paths_of(inner, (*path, position))
    return found


def with_value(document: dict[str, Any], path: Path, value: object) -> object:
    """A copy of `document` where `value` stands at `path`."""
    if not path:
        return value
    changed = copy.deepcopy(document)
    inner: Any = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return changed


KINDS: list[tuple[Parse, dict[str, Any]]] = [
    (Index.parse, INDEX),
    (Manifest.parse, MANIFEST),
    (ImageConfig.parse, CONFIG),
]


@pytest.mark.parametrize(("parse", "document"), KINDS)
def test_document_of_this_module_is_read(parse: Parse, document: dict[str, Any]) -> None:
    assert parse(json.dumps(document).encode(), "document")


@pytest.mark.parametrize(("parse", "document"), KINDS)
@given(data=st.data())
def test_any_value_in_any_field_is_read_or_an_input_error(
    parse: Parse, document: dict[str, Any], data: st.DataObject
) -> None:
    path = data.draw(st.sampled_from(paths_of(document)))
    value = data.draw(VALUES)
    said = "document: "

    try:
        parse(json.dumps(with_value(document, path, value)).encode(), "document")
    except InputError as error:
        said = str(error)

    assert said.startswith("document: ")
    assert said.isprintable()
    assert len(said) < 500
