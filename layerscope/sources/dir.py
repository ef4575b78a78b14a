"""Folders as skopeo's `dir:` transport writes them: `manifest.json` and blobs named by their hex.

The manifests of a list are beside it as `<hex>.manifest.json`. Source: containers/image,
`directory` transport, version 1.1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.errors import InputError, shown
from layerscope.oci import document
from layerscope.oci.index import Index
from layerscope.oci.manifest import Manifest
from layerscope.sources.assembly import from_manifest
from layerscope.sources.blobs import Documents, read_named
from layerscope.sources.image import Fault, Skipped
from layerscope.sources.index_walk import ATTESTATION, walk
from layerscope.sources.listed import Listing, Origin, Row

if TYPE_CHECKING:
    from layerscope.oci.digest import Digest
    from layerscope.sources.folder import Folder

MANIFEST = "manifest.json"
VERSION = "version"
VERSION_LINE = b"Directory Transport Version:"


def read_dir(origin: Origin, folder: Folder) -> Listing:
    """What the folder holds: one image, or those of a manifest list.

    Raises: `SchemaOneError`; the errors of the store, `Manifest.parse` and `Index.parse` for
        `manifest.json`; `OverLimitError` for too many descriptors.
    """
    raw = read_named(folder, MANIFEST, origin.limits)
    documents = Documents(folder, origin.limits, _blob_name, _manifest_name)
    fields = document.parse_object(raw, MANIFEST)
    if "manifests" in fields and "config" not in fields:
        return Listing(origin.source, tuple(walk(origin, documents, Index.parse(raw, MANIFEST))))
    manifest = Manifest.parse(raw, MANIFEST)
    if not manifest.is_image:
        what = ATTESTATION if manifest.is_attestation else "artifact"
        kind = shown(manifest.artifact_type or manifest.config.media_type or "")
        row = Row(skipped=(Skipped(origin.input, what, manifest.digest, kind),))
        return Listing(origin.source, (row,))
    try:
        made = from_manifest(origin, documents, manifest)
    except InputError as error:
        return Listing(origin.source, (Row(faults=(Fault.of(origin.input, error),)),))
    row = Row(
        platform=made.image.platform, image=made.image, faults=made.faults, skipped=made.skipped
    )
    return Listing(origin.source, (row,))


def _blob_name(digest: Digest) -> str:
    return digest.hex


def _manifest_name(digest: Digest) -> str:
    return f"{digest.hex}.manifest.json"
