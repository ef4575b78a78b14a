"""Image indexes and manifest lists: the manifests of several platforms, or of a whole layout."""

from __future__ import annotations

from dataclasses import dataclass, field

from layerscope.errors import BadDocumentError, InputError
from layerscope.oci import media_types
from layerscope.oci.descriptor import Descriptor
from layerscope.oci.digest import Digest
from layerscope.oci.document import (
    optional_int,
    optional_list,
    optional_object,
    optional_str,
    others,
    parse_object,
    str_map,
)

_KNOWN = frozenset(
    {"schemaVersion", "mediaType", "manifests", "annotations", "subject", "artifactType"}
)


@dataclass(frozen=True, slots=True)
class Index:
    """An index of OCI or a Docker manifest list. All texts but the digests are untrusted.

    Attributes:
        raw: The stored bytes.
        digest: The sha256 of `raw`.
        media_type: As the document says; None where it does not.
        manifests: The descriptors that are whole, in index order.
        annotations: Names and texts.
        subject: The manifest that this index is about, or None.
        artifact_type: Or None.
        extra: Fields that the spec does not have, as JSON values.
        bad: What is wrong with the other descriptors, each error with its position.
        manifests_null: Whether the list is null, as engine 25.0 wrote it for images saved by id.
    """

    raw: bytes = field(repr=False)
    digest: Digest
    media_type: str | None
    manifests: tuple[Descriptor, ...]
    annotations: dict[str, str]
    subject: Descriptor | None
    artifact_type: str | None
    extra: dict[str, object]
    bad: tuple[InputError, ...] = ()
    manifests_null: bool = False

    @classmethod
    def parse(cls, raw: bytes, where: str) -> Index:
        """The index in the bytes of a document; `where` names it in errors.

        A bad descriptor does not hide the good ones: its error is in `bad`.

        Raises: `BadDocumentError` if it is no JSON object, is or could be taken for a manifest, has
            no `manifests`, or a field has another type; the errors of `Descriptor.from_json` for a
            bad subject.
        Source: OCI image-spec v1.1, image-index.md.
        """
        document = parse_object(raw, where)
        media_type = optional_str(document, "mediaType", where)
        _check_kind(document, media_type, where)
        good, bad = _descriptors(optional_list(document, "manifests", where), where)
        subject = optional_object(document, "subject", where)
        return cls(
            raw,
            Digest.of(raw),
            media_type,
            good,
            str_map(document, "annotations", where),
            None if subject is None else Descriptor.from_json(subject, f"{where}: subject"),
            optional_str(document, "artifactType", where),
            others(document, _KNOWN),
            bad,
            document["manifests"] is None,
        )


def _descriptors(
    values: list[object], where: str
) -> tuple[tuple[Descriptor, ...], tuple[InputError, ...]]:
    good = []
    bad = []
    for position, value in enumerate(values):
        try:
            good.append(Descriptor.from_json(value, f"{where}: manifests[{position}]"))
        except InputError as error:
            # Its traceback would keep every frame, and so the whole document, in memory.
            bad.append(error.with_traceback(None))
    return tuple(good), tuple(bad)


def _check_kind(document: dict[str, object], media_type: str | None, where: str) -> None:
    version = optional_int(document, "schemaVersion", where)
    if version not in (None, 2):
        raise BadDocumentError(f"schemaVersion: expected 2, found {version}", where)
    # A document that readers can take for two things is a mistake or an attack (CVE-2021-41190).
    if any(key in document for key in ("config", "layers", "fsLayers")):
        raise BadDocumentError("expected an index, found a manifest", where)
    if media_types.is_manifest(media_type) or media_types.is_schema1(media_type):
        raise BadDocumentError("expected an index, found the media type of a manifest", where)
    if "manifests" not in document:
        raise BadDocumentError("expected an index with manifests, found none", where)
