from __future__ import annotations

from typing import Any

import pytest

from layerscope.errors import BadDigestError, BadDocumentError, DigestMismatchError, InputError
from layerscope.oci.descriptor import Descriptor
from layerscope.oci.digest import Digest
from layerscope.oci.platform import Platform

HELLO = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
HELLO_BASE64 = "aGVsbG8="


def described(**changes: object) -> dict[str, Any]:
    return {"mediaType": "text/plain", "digest": HELLO, "size": 5, **changes}


def test_descriptor_with_every_field_is_kept_field_for_field() -> None:
    obj = described(
        urls=["https://example.org/x"],
        annotations={"a": "b"},
        platform={"os": "linux", "architecture": "arm", "variant": "v6"},
        artifactType="application/x",
        data=HELLO_BASE64,
        unknown=[1],
    )

    descriptor = Descriptor.from_json(obj, "index: manifests[0]")

    assert descriptor == Descriptor(
        media_type="text/plain",
        digest=Digest.of(b"hello"),
        size=5,
        urls=("https://example.org/x",),
        annotations={"a": "b"},
        platform=Platform("linux", "arm", "v6"),
        artifact_type="application/x",
        data=b"hello",
        extra={"unknown": [1]},
    )


def test_descriptor_with_nulls_is_that_without_the_fields() -> None:
    names = ("urls", "annotations", "platform", "artifactType", "data", "mediaType")

    with_nulls = Descriptor.from_json(described(**dict.fromkeys(names)), "layer")
    without = Descriptor.from_json({"digest": HELLO, "size": 5}, "layer")

    assert with_nulls == without
    assert with_nulls.media_type is None
    assert with_nulls.urls == ()


@pytest.mark.parametrize("size", [None, -1, 1.5, "12", True, 10**30, 1e300, [], {}])
def test_descriptor_size_of_another_kind_is_refused(size: object) -> None:
    with pytest.raises(BadDocumentError, match=r"layers\[0\]: size: expected"):
        Descriptor.from_json(described(size=size), "layers[0]")


@pytest.mark.parametrize("digest", [None, "", 5, "sha256:../../x", "md5:" + "0" * 32])
def test_descriptor_digest_of_another_form_is_refused_where_it_is(digest: object) -> None:
    with pytest.raises(BadDigestError, match=r"layers\[0\]: digest: expected"):
        Descriptor.from_json(described(digest=digest), "layers[0]")


@pytest.mark.parametrize("data", ["b3RoZXI=", "aGVsbA==", "", "aGVsbG8h"])
def test_descriptor_data_of_other_bytes_is_a_mismatch(data: str) -> None:
    with pytest.raises(DigestMismatchError):
        Descriptor.from_json(described(data=data), "config")


@pytest.mark.parametrize("data", ["aGVsbG8", "not base64!", "aGVsb\u00e9==", "aGVsbG8=aGVsbG8=", 5])
def test_descriptor_data_that_is_no_base64_is_refused(data: object) -> None:
    with pytest.raises(BadDocumentError, match="data: expected"):
        Descriptor.from_json(described(data=data), "config")


def test_descriptor_data_with_line_breaks_is_read_as_go_reads_it() -> None:
    descriptor = Descriptor.from_json(described(data="aGVs\r\nbG8=\n"), "config")

    assert descriptor.data == b"hello"


def test_descriptor_urls_are_kept_and_not_judged() -> None:
    urls = ["file:///etc/passwd", "http://127.0.0.1:1/x"]

    assert Descriptor.from_json(described(urls=urls), "layer").urls == tuple(urls)


@pytest.mark.parametrize("obj", [None, True, 0, "x", []])
def test_descriptor_that_is_no_object_is_refused(obj: object) -> None:
    with pytest.raises(InputError, match="expected an object"):
        Descriptor.from_json(obj, "layer")
