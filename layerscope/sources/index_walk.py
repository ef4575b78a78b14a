"""All that an index lists, nested indexes walked depth first, as rows in index order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from layerscope.errors import InputError, MissingBlobError, OverLimitError, SchemaOneError, shown
from layerscope.oci import document, media_types
from layerscope.oci.manifest import Manifest, descriptor_is_attestation
from layerscope.sources.assembly import from_manifest
from layerscope.sources.image import Fault, Skipped
from layerscope.sources.listed import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from layerscope.oci.descriptor import Descriptor
    from layerscope.oci.digest import Digest
    from layerscope.oci.index import Index
    from layerscope.oci.platform import Platform
    from layerscope.sources.blobs import Documents
    from layerscope.sources.listed import Origin

FULL_NAME = "io.containerd.image.name"
REF_NAME = "org.opencontainers.image.ref.name"
ATTESTATION = "attestation-manifest"


@dataclass(slots=True)
class _Frame:
    """An index that is being walked: what is left of it, and what its images inherit."""

    rest: Iterator[Descriptor]
    indexes: tuple[int, ...]
    digests: tuple[Digest, ...] = ()
    names: tuple[str, ...] = ()
    references: frozenset[str] = frozenset()
    visited: set[Digest] = field(default_factory=set)


def walk(origin: Origin, documents: Documents, root: Index) -> list[Row]:
    """The rows of `root`, one for each descriptor, those of a nested index in its place.

    A manifest that is named three times gives three rows. Within one descriptor of `root` an index
    is expanded where it is met first only: indexes that name each other twice at each of 40 levels
    have 2**40 paths. Depth and number of descriptors are bounded. A bad descriptor, index or image
    is a row with faults; a manifest that is not there is a row that is `absent`.

    Raises: `OverLimitError` for more descriptors than `limits.images`.
    """
    rows = [Row(faults=(Fault.of(origin.input, error),)) for error in root.bad]
    visits = 0
    seen = 0
    stack = [_Frame(iter(root.manifests), (visits,))]
    while stack:
        frame = stack[-1]
        descriptor = next(frame.rest, None)
        if descriptor is None:
            stack.pop()
            continue
        seen += 1
        if seen > origin.limits.images:
            raise OverLimitError(f"the indexes list more than {origin.limits.images} manifests")
        here = _at(frame, descriptor, top=len(stack) == 1)
        try:
            if _is_index(documents, descriptor):
                if descriptor.digest in here.visited:
                    rows.append(_skip(origin, here, descriptor, "repeated-index"))
                    continue
                if len(stack) > origin.limits.index_depth:
                    raise OverLimitError(
                        f"indexes are nested deeper than {origin.limits.index_depth}",
                        f"index {descriptor.digest}",
                    )
                index = documents.index(descriptor)
                here.visited.add(descriptor.digest)
                visits += 1
                here.rest = iter(index.manifests)
                here.indexes = (*frame.indexes, visits)
                here.digests = (*frame.digests, descriptor.digest)
                rows.extend(Row(faults=(Fault.of(origin.input, error),)) for error in index.bad)
                stack.append(here)
            else:
                rows.append(_manifest_row(origin, documents, here, descriptor))
        except InputError as error:
            rows.append(_failed(origin, here, descriptor, error))
    return rows


def _at(frame: _Frame, descriptor: Descriptor, *, top: bool) -> _Frame:
    """What holds for one descriptor of `frame`; one without a name inherits its index's."""
    names = _names(descriptor) or frame.names
    references = frozenset(descriptor.annotations.get(key, "") for key in (FULL_NAME, REF_NAME))
    return _Frame(
        frame.rest,
        frame.indexes,
        frame.digests,
        names,
        frame.references | references | frozenset(names),
        set() if top else frame.visited,
    )


def _names(descriptor: Descriptor) -> tuple[str, ...]:
    """The full name where there is one, else the tag.

    Source: containerd's export; OCI image-spec v1.1, annotations.md, "Pre-Defined Annotation Keys".
    """
    name = descriptor.annotations.get(FULL_NAME) or descriptor.annotations.get(REF_NAME)
    return (name,) if name else ()


def _is_index(documents: Documents, descriptor: Descriptor) -> bool:
    """Whether a descriptor names an index; where it does not say, the document does."""
    if descriptor.media_type:
        return media_types.is_index(descriptor.media_type)
    where = f"manifest {descriptor.digest}"
    try:
        raw = documents.raw_manifest(descriptor)
    except InputError as error:
        raise type(error)(error.problem, error.reading or where, error.hint) from None
    return "manifests" in document.parse_object(raw, where)


def _manifest_row(
    origin: Origin, documents: Documents, here: _Frame, descriptor: Descriptor
) -> Row:
    """The row of a descriptor that does not name an index."""
    media_type = descriptor.media_type
    if descriptor_is_attestation(descriptor) and "vnd.docker.reference.type" in (
        descriptor.annotations
    ):
        return _skip(origin, here, descriptor, ATTESTATION)
    if media_types.is_schema1(media_type):
        raise SchemaOneError(
            "expected a manifest of schema 2 or OCI, found Docker's schema 1",
            f"manifest {descriptor.digest}",
            "pull the image again with a current engine, which converts it",
        )
    if media_type == media_types.OCI_ARTIFACT_MANIFEST:
        return _skip(origin, here, descriptor, "artifact")
    if media_type and not media_types.is_manifest(media_type):
        return _skip(origin, here, descriptor, "unknown", shown(media_type))
    manifest = documents.manifest(descriptor)
    if what := _no_image(manifest):
        return _skip(origin, here, descriptor, what, shown(_artifact_type(manifest)))
    try:
        made = from_manifest(
            origin,
            documents,
            manifest,
            names=here.names,
            descriptor=descriptor,
            index_path=here.digests,
        )
    except MissingBlobError as error:
        # The manifest is there and its config is not: never a partial copy of an index.
        return _failed(origin, here, descriptor, error, is_there=True)
    return Row(
        names=here.names,
        references=here.references,
        platform=_selected_by(descriptor.platform, made.image.platform),
        image=made.image,
        faults=made.faults,
        skipped=made.skipped,
        indexes=here.indexes,
    )


def _selected_by(listed: Platform | None, own: Platform) -> Platform:
    """The platform that an image is picked by: what its index says, as engines have it.

    The config is not asked where the index speaks: images of two platforms may share a config.
    """
    if listed is None or listed.is_unknown or not (listed.os and listed.architecture):
        return own
    same = listed.os == own.os and listed.architecture == own.architecture
    return listed.completed(own) if same else listed


def _no_image(manifest: Manifest) -> str | None:
    """What a manifest is if it is no image."""
    if manifest.is_attestation:
        return ATTESTATION
    return "artifact" if manifest.is_artifact else None


def _artifact_type(manifest: Manifest) -> str:
    return manifest.artifact_type or manifest.config.media_type or ""


def _skip(origin: Origin, here: _Frame, descriptor: Descriptor, what: str, detail: str = "") -> Row:
    return Row(
        names=here.names,
        references=here.references,
        skipped=(Skipped(origin.input, what, descriptor.digest, detail),),
        indexes=here.indexes,
    )


def _failed(
    origin: Origin,
    here: _Frame,
    descriptor: Descriptor,
    error: InputError,
    *,
    is_there: bool = False,
) -> Row:
    """The row of what could not be read; a missing manifest may turn out to be no fault."""
    absent = isinstance(error, MissingBlobError) and not is_there
    return Row(
        names=here.names,
        references=here.references,
        platform=descriptor.platform,
        faults=() if absent else (Fault.of(origin.input, error),),
        absent=error.with_traceback(None) if absent else None,
        digest=descriptor.digest,
        indexes=here.indexes,
    )
