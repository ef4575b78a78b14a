"""Descriptors: how one document names the bytes of another."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from layerscope.errors import BadDigestError, BadDocumentError, DigestMismatchError
from layerscope.oci.digest import Digest
from layerscope.oci.document import (
    as_object,
    optional_object,
    optional_str,
    others,
    size,
    str_map,
    string_list,
)
from layerscope.oci.platform import Platform

_KNOWN = frozenset(
    {"mediaType", "digest", "size", "urls", "annotations", "platform", "artifactType", "data"}
)


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What a document says of a blob. All texts but the digest are untrusted.

    Attributes:
        media_type: As stored; None where the document has none.
        digest: Of the blob's stored bytes.
        size: Of the blob in bytes, from 0 to 2**63 - 1.
        urls: Where else the blob may be had. Never fetched.
        annotations: Names and texts.
        platform: Only in an index.
        artifact_type: The type of the artifact that the descriptor names, or None.
        data: The blob itself, checked against `digest` and `size`; None where it is not embedded.
        extra: Fields that the spec does not have, as JSON values.
    """

    media_type: str | None
    digest: Digest
    size: int
    urls: tuple[str, ...]
    annotations: dict[str, str]
    platform: Platform | None
    artifact_type: str | None
    data: bytes | None
    extra: dict[str, object]

    @classmethod
    def from_json(cls, obj: object, where: str) -> Descriptor:
        """The descriptor in a JSON value; `where` says which one in errors.

        Raises: `BadDocumentError` if it is no object, or a field has another type, or there is no
            size; `BadDigestError` for a digest that cannot be checked; `DigestMismatchError` if
            embedded data are not the bytes that the digest and the size name.
        Source: OCI image-spec v1.1, descriptor.md.
        """
        fields = as_object(obj, where)
        try:
            digest = Digest.parse(fields.get("digest"))
        except BadDigestError as error:
            error.within(f"{where}: digest")
            raise
        platform = optional_object(fields, "platform", where)
        length = size(fields, "size", where)
        return cls(
            optional_str(fields, "mediaType", where),
            digest,
            length,
            string_list(fields, "urls", where),
            str_map(fields, "annotations", where),
            None if platform is None else Platform.from_json(platform, f"{where}: platform"),
            optional_str(fields, "artifactType", where),
            _embedded(optional_str(fields, "data", where), digest, length, where),
            others(fields, _KNOWN),
        )


def _embedded(text: str | None, digest: Digest, length: int, where: str) -> bytes | None:
    if text is None:
        return None
    try:
        # Go's decoder, which engines use, steps over line breaks and refuses all else.
        encoded = text.replace("\r", "").replace("\n", "").encode("ascii")
        data = base64.b64decode(encoded, validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise BadDocumentError("data: expected base64, found other text", where) from None
    if len(data) != length:
        raise DigestMismatchError(
            f"data: expected the {length} bytes of {digest}, found {len(data)} bytes", where
        )
    if not digest.matches(data):
        raise DigestMismatchError(
            f"data: expected the bytes of {digest}, found those of {Digest.of(data)}", where
        )
    return data
