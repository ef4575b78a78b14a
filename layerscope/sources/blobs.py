"""Documents and blobs of a store: read within limits, verified, and only then parsed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeVar

from layerscope.errors import (
    CorruptArchiveError,
    DigestMismatchError,
    InputError,
    MissingBlobError,
    OverLimitError,
    SizeMismatchError,
)
from layerscope.oci.config import ImageConfig
from layerscope.oci.index import Index
from layerscope.oci.manifest import Manifest

if TYPE_CHECKING:
    from collections.abc import Callable

    from layerscope.oci.descriptor import Descriptor
    from layerscope.oci.digest import Digest
    from layerscope.sources.limits import Limits
    from layerscope.sources.region import Region

_Document = TypeVar("_Document", Index, Manifest, ImageConfig)

TOTAL_DOCUMENTS = 4
"""All documents of one input together may have this many times the bytes of one."""


class Store(Protocol):
    """Named ranges of bytes: the members of an outer archive, or the files of a folder."""

    def has(self, name: str) -> bool:
        """Whether something of this clean name is stored."""
        ...

    def region_of(self, name: str, size: int | None = None) -> Region:
        """The bytes of the regular file `name`; see `OuterArchive.region_of` for the errors."""
        ...


def blob_name(digest: Digest) -> str:
    """Where an OCI layout keeps a blob. Source: OCI image-spec v1.1, image-layout.md, "Blobs"."""
    return f"blobs/{digest.algorithm}/{digest.hex}"


def read_named(store: Store, name: str, limits: Limits) -> bytes:
    """All bytes of a document that a name stands for, such as `index.json`.

    Raises: `OverLimitError` if it is longer than a document may be; the errors of `region_of`.
    """
    return _whole(store.region_of(name), limits)


def check_total(total_bytes: int, limits: Limits) -> None:
    """Raises `OverLimitError` if all documents of one input have more bytes than may be kept."""
    if total_bytes > TOTAL_DOCUMENTS * limits.document_bytes:
        raise OverLimitError(
            f"all documents together have more than {TOTAL_DOCUMENTS} times "
            f"{limits.document_bytes} bytes"
        )


def _whole(region: Region, limits: Limits) -> bytes:
    if region.size > limits.document_bytes:
        raise OverLimitError(
            f"the document has {region.size} bytes, more than {limits.document_bytes}"
        )
    data = region.read()
    if len(data) < region.size:
        raise CorruptArchiveError("the file ends inside the document", truncated=True)
    return data


@dataclass(frozen=True, slots=True)
class Documents:
    """The documents of one input by digest, each read and parsed once.

    Attributes:
        store: Where they are.
        limits: `document_bytes` bounds one document and, times `TOTAL_DOCUMENTS`, all of them.
        name_of: The name of a blob in the store.
        manifest_name_of: The name of a manifest that an index lists.
    """

    store: Store
    limits: Limits
    name_of: Callable[[Digest], str] = blob_name
    manifest_name_of: Callable[[Digest], str] = blob_name
    _parsed: dict[tuple[str, Digest], object] = field(default_factory=dict)
    _regions: dict[tuple[Digest, int], Region | InputError] = field(default_factory=dict)
    _bytes_read: list[int] = field(default_factory=lambda: [0])

    def index(self, descriptor: Descriptor) -> Index:
        """The index that a descriptor names.

        Raises: `MissingBlobError`, `DigestMismatchError`, `SizeMismatchError`, `OverLimitError`,
            `UnsafeMemberError`, `CorruptArchiveError`, and the errors of `Index.parse`.
        """
        return self._document(descriptor, "index", self.manifest_name_of, Index.parse)

    def manifest(self, descriptor: Descriptor) -> Manifest:
        """The manifest that a descriptor names; errors as for `index`."""
        return self._document(descriptor, "manifest", self.manifest_name_of, Manifest.parse)

    def config(self, descriptor: Descriptor) -> ImageConfig:
        """The image config that a descriptor names; errors as for `index`."""
        return self._document(descriptor, "config", self.name_of, ImageConfig.parse)

    def raw_manifest(self, descriptor: Descriptor) -> bytes:
        """The verified bytes of what an index lists, for descriptors that do not say what it is."""
        return self._verified(descriptor, self.manifest_name_of(descriptor.digest))

    def layer_region(self, descriptor: Descriptor) -> Region:
        """Where the blob of a layer lies; it is verified when it is read.

        Raises: `MissingBlobError`, `UnsafeMemberError`, `CorruptArchiveError`.
        """
        key = (descriptor.digest, descriptor.size)
        found = self._regions.get(key)
        if found is None:
            try:
                found = self.store.region_of(self.name_of(descriptor.digest), descriptor.size)
            except InputError as error:
                found = error.with_traceback(None)
            self._regions[key] = found
        if isinstance(found, InputError):
            raise _again(found)
        return found

    def _document(
        self,
        descriptor: Descriptor,
        kind: str,
        name_of: Callable[[Digest], str],
        parse: Callable[[bytes, str], _Document],
    ) -> _Document:
        where = f"{kind} {descriptor.digest}"
        key = (kind, descriptor.digest)
        found = self._parsed.get(key)
        if found is None:
            try:
                found = parse(self._verified(descriptor, name_of(descriptor.digest)), where)
            except InputError as error:
                if not error.reading:
                    error.within(where)
                found = error.with_traceback(None)
            self._parsed[key] = found
        if isinstance(found, InputError):
            raise _again(found)
        document: _Document = found  # type: ignore[assignment]  # the key says which kind it is
        if len(document.raw) != descriptor.size:
            raise SizeMismatchError(_sizes(descriptor, len(document.raw)), where)
        return document

    def _verified(self, descriptor: Descriptor, name: str) -> bytes:
        try:
            region = self.store.region_of(name, descriptor.size)
        except MissingBlobError:
            if descriptor.data is not None:
                return descriptor.data
            raise MissingBlobError("the blob is not there") from None
        self._bytes_read[0] += region.size
        check_total(self._bytes_read[0], self.limits)
        data = _whole(region, self.limits)
        hasher = descriptor.digest.new_hasher()
        hasher.update(data)
        if hasher.hexdigest() != descriptor.digest.hex:
            raise DigestMismatchError(
                f"expected {descriptor.digest}, read {descriptor.digest.algorithm}:"
                f"{hasher.hexdigest()}",
                hint="export or copy the image again; the stored bytes are not the named ones",
            )
        if len(data) != descriptor.size:
            raise SizeMismatchError(_sizes(descriptor, len(data)))
        return data


def _sizes(descriptor: Descriptor, found: int) -> str:
    return f"expected {descriptor.size} bytes, read {found}"


def _again(error: InputError) -> InputError:
    """A fresh error that says the same: an error that is raised twice collects both tracebacks."""
    return type(error)(error.problem, error.reading, error.hint)
