from __future__ import annotations

import json
from typing import Any

import pytest

from layerscope.errors import BadDigestError, BadDocumentError
from layerscope.oci.config import ImageConfig
from layerscope.oci.digest import DiffID, Digest
from layerscope.oci.platform import Platform

A = f"sha256:{'a' * 64}"
B = f"sha256:{'b' * 64}"


def stored(**changes: object) -> bytes:
    document: dict[str, Any] = {
        "os": "linux",
        "architecture": "amd64",
        "rootfs": {"type": "layers", "diff_ids": [A]},
    }
    return json.dumps(document | changes).encode()


def test_config_with_every_field_is_kept_field_for_field() -> None:
    raw = stored(
        created="2024-01-01T00:00:00Z",
        author="me",
        variant="v2",
        config={"Env": ["A=b"], "Cmd": ["x"], "Unknown": {"a": 1}},
        rootfs={"type": "layers", "diff_ids": [A, B]},
        history=[{"created_by": "ADD x"}, {"created_by": "ENV A=b", "empty_layer": True}],
        docker_version="20.10.24",
    )

    config = ImageConfig.parse(raw, "config")

    assert config.raw == raw
    assert config.digest == Digest.of(raw)
    assert config.platform == Platform("linux", "amd64", "v2")
    assert (config.created, config.author) == ("2024-01-01T00:00:00Z", "me")
    assert config.config == {"Env": ["A=b"], "Cmd": ["x"], "Unknown": {"a": 1}}
    assert config.diff_ids == (DiffID(Digest.parse(A)), DiffID(Digest.parse(B)))
    assert [record.created_by for record in config.history] == ["ADD x", "ENV A=b"]
    assert config.extra == {"docker_version": "20.10.24"}


def test_config_with_nothing_but_rootfs_is_empty() -> None:
    config = ImageConfig.parse(b'{"rootfs":{"diff_ids":[]}}', "config")

    assert config.platform == Platform("", "")
    assert (config.created, config.author, config.config) == (None, None, {})
    assert (config.diff_ids, config.history, config.extra) == ((), (), {})


def test_config_with_nulls_is_read_as_without_the_fields() -> None:
    names = ("os", "architecture", "variant", "created", "author", "config", "history")
    nulls = dict.fromkeys((*names, "os.version", "os.features"))

    config = ImageConfig.parse(stored(**nulls), "config")

    assert (config.platform, config.config, config.history) == (Platform("", ""), {}, ())


def test_config_settings_that_are_null_are_kept() -> None:
    settings = dict.fromkeys(["Env", "Cmd", "Entrypoint", "Labels", "Volumes", "User", "OnBuild"])

    assert ImageConfig.parse(stored(config=settings), "config").config == settings


def test_config_entrypoint_as_one_text_is_kept_as_docker_reads_it() -> None:
    assert ImageConfig.parse(stored(config={"Entrypoint": "sh"}), "config").config == {
        "Entrypoint": "sh"
    }


@pytest.mark.parametrize("diff_ids", [None, []])
def test_config_of_no_layers_has_no_diff_ids(diff_ids: object) -> None:
    config = ImageConfig.parse(stored(rootfs={"type": "layers", "diff_ids": diff_ids}), "config")

    assert config.diff_ids == ()


@pytest.mark.parametrize("rootfs", [None, True, "x", [], {"type": "other", "diff_ids": []}])
def test_config_rootfs_of_another_kind_is_refused(rootfs: object) -> None:
    with pytest.raises(BadDocumentError, match="rootfs"):
        ImageConfig.parse(stored(rootfs=rootfs), "config")


def test_config_without_rootfs_is_refused() -> None:
    with pytest.raises(BadDocumentError, match="config: expected rootfs"):
        ImageConfig.parse(b'{"os":"linux"}', "config")


@pytest.mark.parametrize("diff_id", [5, None, "", "sha256:../../x", [], A.upper()])
def test_config_diff_id_of_another_form_is_refused_where_it_is(diff_id: object) -> None:
    with pytest.raises(BadDigestError, match=r"config: rootfs: diff_ids\[1\]: expected"):
        ImageConfig.parse(stored(rootfs={"diff_ids": [A, diff_id]}), "config")


@pytest.mark.parametrize(
    "changes",
    [
        {"os": 1},
        {"created": 0},
        {"os.features": "win32k"},
        {"history": {}},
        {"history": [0]},
        {"config": []},
        {"config": {"Env": "A=b"}},
        {"config": {"Cmd": [0]}},
        {"config": {"Labels": []}},
        {"config": {"Labels": {"a": 1}}},
        {"config": {"ExposedPorts": {"80/tcp": 1}}},
        {"config": {"User": 0}},
    ],
)
def test_config_field_of_another_type_is_refused_by_name(changes: dict[str, object]) -> None:
    with pytest.raises(BadDocumentError) as caught:
        ImageConfig.parse(stored(**changes), "config")

    assert next(iter(changes)) in str(caught.value)


def test_config_with_very_many_labels_is_read() -> None:
    labels = {f"l{number}": "v" for number in range(100_000)}

    config = ImageConfig.parse(stored(config={"Labels": labels}), "config")

    assert config.config["Labels"] == labels
