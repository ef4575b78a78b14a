"""OCI image layouts, in a folder or in an archive: `index.json` and what it leads to.

Source: OCI image-spec v1.1, image-layout.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.errors import (
    BadDocumentError,
    InputError,
    MissingBlobError,
    NotAnImageError,
    shown,
)
from layerscope.oci import document
from layerscope.oci.index import Index
from layerscope.sources.blobs import Documents, read_named
from layerscope.sources.image import Fault
from layerscope.sources.index_walk import walk
from layerscope.sources.listed import Listing, Origin

if TYPE_CHECKING:
    from layerscope.sources.blobs import Store
    from layerscope.sources.limits import Limits

INDEX = "index.json"
LAYOUT = "oci-layout"
VERSION = "1.0.0"


def read_layout(origin: Origin, store: Store) -> Listing:
    """What the layout in `store` lists.

    A missing `oci-layout` file is no fault: several tools leave it out, and nothing depends on it.

    Raises: `NotAnImageError` without `index.json`; the errors of `Index.parse` and of the store for
        that document; `OverLimitError` for too many descriptors.
    """
    documents = Documents(store, origin.limits)
    return Listing(
        origin.source,
        tuple(walk(origin, documents, root_index(store, origin.limits))),
        breaches=_layout_breaches(origin, store),
    )


def root_index(store: Store, limits: Limits) -> Index:
    """The `index.json` of a layout."""
    try:
        raw = read_named(store, INDEX, limits)
    except MissingBlobError:
        raise NotAnImageError("expected an OCI layout, found no index.json in it") from None
    return Index.parse(raw, INDEX)


def _layout_breaches(origin: Origin, store: Store) -> tuple[Fault, ...]:
    """Faults of the `oci-layout` file: they keep no image from being read."""
    if not store.has(LAYOUT):
        return ()
    try:
        fields = document.parse_object(read_named(store, LAYOUT, origin.limits), LAYOUT)
        version = document.optional_str(fields, "imageLayoutVersion", LAYOUT)
        if version != VERSION:
            raise BadDocumentError(
                f'imageLayoutVersion: expected "{VERSION}", found "{shown(version)}"', LAYOUT
            )
    except InputError as error:
        return (Fault.of(origin.input, error),)
    return ()
