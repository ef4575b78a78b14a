"""Images and layers that are nearly the same, of all images given."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from layerscope.errors import InputError
from layerscope.fleet.contents import image_sets, layer_sets, number_contents
from layerscope.fleet.header_differences import header_differences, headers_of
from layerscope.fleet.layer_copies import fleet_layers, most_used
from layerscope.fleet.near_equal import Difference, aligned, differences, near_equal
from layerscope.fleet.similar import nearest
from layerscope.journeys.fleet_inputs import read_fleet
from layerscope.report.answers import image_name
from layerscope.report.document import FaultRow
from layerscope.report.similar_document import (
    BlobRow,
    FormDifference,
    NearEqualGroup,
    NearEqualLayer,
    NearImage,
    NearLayer,
    NotCompared,
    RecompressedLayer,
    SimilarDocument,
    SimilarImage,
    SimilarLayer,
    differing_field,
)
from layerscope.sources.blob_form import BlobForm, blob_form, form_differences
from layerscope.sources.limits import DEFAULT_LIMITS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import BinaryIO

    from layerscope.catalog.store import Catalog
    from layerscope.fleet.contents import ContentSets
    from layerscope.fleet.layer_copies import FleetLayer, StoredBlob
    from layerscope.journeys.fleet_inputs import FleetInputs
    from layerscope.oci.platform import Platform
    from layerscope.report.similar_document import Headers
    from layerscope.sources.limits import Limits
    from layerscope.tar.member_headers import MemberHeaders

DEFAULT_MOST = 5
READ_AGAIN_BYTES = 64 * 1024**3
"""How many bytes are read a second time, to compare headers and blobs, in one run."""


def similar(
    inputs: Sequence[str],
    *,
    most: int = DEFAULT_MOST,
    deep: bool = False,
    platform: Platform | None = None,
    limits: Limits = DEFAULT_LIMITS,
    jobs: int | None = None,
    stdin: BinaryIO | None = None,
    progress: Callable[[int, int], None] | None = None,
    catalog: Catalog | None = None,
    verify: bool = False,
    read_again_bytes: int = READ_AGAIN_BYTES,
) -> SimilarDocument:
    """The document of a fleet: images in the order of the inputs, then those of saved reports.

    Args:
        inputs: Images and saved reports; the latter are listed as not compared.
        most: How many neighbours of each image and layer are listed.
        deep: Whether headers of near-equal layers are compared where file tables tell enough.
        platform: Only images for it; None means all.
        limits: What an input may cost.
        jobs: Worker processes; None means one for each usable processor.
        stdin: Where `-` reads from.
        progress: Called with bytes done and bytes in all.
        catalog: What earlier runs found out, to be added to; None remembers nothing.
        verify: Whether to read and check everything again in spite of the catalog.
        read_again_bytes: How much is read a second time; what is beyond has `over-limit`.

    Raises: as `journeys.fleet_inputs.read_fleet` does.
    """
    fleet = read_fleet(
        inputs,
        platform=platform,
        limits=limits,
        jobs=jobs,
        stdin=stdin,
        progress=progress,
        catalog=catalog,
        verify=verify,
    )
    same_as: list[int] = fleet.frames.images["same_as"].tolist()
    at_hand = len(fleet.images)
    units = [at for at in range(at_hand) if same_as[at] == at]
    layers, image_layers = fleet_layers(fleet.images, fleet.scans, units)
    tables = [layer.columns for layer in layers]
    numbered = number_contents(tables)
    by_layer = layer_sets(numbered)
    by_image, problems = image_sets(tables, numbered, image_layers)
    compared = {at for at in units if image_layers[at] is not None and at not in problems}
    names = [row.input for row in fleet.rows]
    second = _SecondLook(layers, names, limits, read_again_bytes, deep=deep)
    groups = [second.group(group) for group in near_equal(tables, by_layer)]
    copies = [second.copies(at) for at, layer in enumerate(layers) if len(layer.blobs) > 1]
    flattening = [
        FaultRow(
            input=names[at],
            code=error.code,
            message=error.problem,
            image=fleet.rows[at].index,
        )
        for at, error in problems.items()
    ]
    left_out = [
        NotCompared(image=at, layer=None, why=_why(at, at_hand, problems))
        for at in range(len(fleet.rows))
        if same_as[at] == at and at not in compared
    ]
    unknown = [at for at, files in enumerate(by_layer.unhashed.tolist()) if files]
    left_out += [NotCompared(image=None, layer=at, why="content-not-hashed") for at in unknown]
    return SimilarDocument(
        tool=fleet.tool,
        most=most,
        images=_images(fleet, same_as, by_image, compared, most),
        layers=_layers(layers, by_layer, most),
        near_equal=sorted(groups, key=lambda group: (-group.win_blob_bytes, group.reference)),
        recompressed=sorted(copies, key=lambda one: (-one.win_blob_bytes, one.layer)),
        not_compared=left_out,
        skipped=fleet.skipped,
        faults=[*fleet.faults, *flattening, *second.faults],
    )


def _why(
    image: int, at_hand: int, problems: dict[int, InputError]
) -> Literal["saved-report", "layer-not-read", "not-flattened"]:
    if image >= at_hand:
        return "saved-report"
    return "not-flattened" if image in problems else "layer-not-read"


def _images(
    fleet: FleetInputs, same_as: list[int], sets: ContentSets, compared: set[int], most: int
) -> list[SimilarImage]:
    near = nearest(sets, most)
    totals, counts = sets.total_bytes().tolist(), sets.counts().tolist()
    unhashed = sets.unhashed.tolist()
    return [
        SimilarImage(
            image=image_name(row),
            same_as=same_as[at],
            contents=counts[same_as[at]] if same_as[at] in compared else None,
            visible_bytes=totals[same_as[at]] if same_as[at] in compared else None,
            unhashed_files=unhashed[same_as[at]] if same_as[at] in compared else None,
            nearest=[
                NearImage(image=image, shared_bytes=shared, union_bytes=union)
                for image, shared, union in (near.of(at) if at in compared else ())
            ],
        )
        for at, row in enumerate(fleet.rows)
    ]


def _layers(layers: Sequence[FleetLayer], sets: ContentSets, most: int) -> list[SimilarLayer]:
    near = nearest(sets, most)
    return [
        SimilarLayer(
            diff_id=str(layer.diff_id),
            created_by=layer.created_by,
            images=layer.images,
            uncompressed_bytes=layer.uncompressed_bytes,
            content_bytes=layer.content_bytes,
            distinct_bytes=distinct_bytes,
            nearest=[
                NearLayer(layer=other, shared_bytes=shared, union_bytes=union)
                for other, shared, union in near.of(at)
            ],
        )
        for at, (layer, distinct_bytes) in enumerate(
            zip(layers, sets.total_bytes().tolist(), strict=True)
        )
    ]


@dataclass(slots=True)
class _SecondLook:
    """What is read once more: headers that no table has, and blobs as they are compressed."""

    layers: Sequence[FleetLayer]
    inputs: Sequence[str]
    limits: Limits
    bytes_left: int
    deep: bool
    faults: list[FaultRow] = field(default_factory=list)

    def group(self, group: list[int]) -> NearEqualGroup:
        """A group of near-equal layers, each compared with the one that most images hold."""
        reference = most_used(self.layers, group)
        others = []
        headers: MemberHeaders | None = None
        for at in group:
            if at == reference:
                continue
            found, state, headers = self._pair(reference, at, headers)
            rows = [differing_field(difference) for difference in found]
            others.append(NearEqualLayer(layer=at, fields=rows, headers=state))
        members = [self.layers[at] for at in group]
        first = self.layers[reference]
        blobs = {blob.digest: blob.size for layer in members for blob in layer.blobs}
        return NearEqualGroup(
            reference=reference,
            others=others,
            images=sorted({image for layer in members for image in layer.images}),
            win_blob_bytes=sum(blobs.values()) - first.main_blob().size,
            win_uncompressed_bytes=sum(layer.uncompressed_bytes for layer in members)
            - first.uncompressed_bytes,
            win_content_bytes=sum(layer.content_bytes for layer in members) - first.content_bytes,
        )

    def _pair(
        self, reference: int, other: int, headers: MemberHeaders | None
    ) -> tuple[list[Difference], Headers, MemberHeaders | None]:
        """In what two layers differ, how closely that was looked at, and the one's headers."""
        one, two = self.layers[reference], self.layers[other]
        pairs = aligned(one.columns, two.columns)
        found, told = differences(one.columns, two.columns, pairs)
        if found and not self.deep:
            return found, "not-needed", headers
        wanted = two.uncompressed_bytes + (0 if headers else one.uncompressed_bytes)
        if wanted > self.bytes_left:
            return found, "over-limit", headers
        self.bytes_left -= wanted
        try:
            headers = headers or self._headers(one)
            found += header_differences(headers, self._headers(two), pairs, told)
        except InputError as error:
            self._fault(error, two)
            return found, "unreadable", headers
        if not found:
            found.append(Difference("unknown", 0, None, "", ""))
        return found, "read", headers

    def _headers(self, layer: FleetLayer) -> MemberHeaders:
        return headers_of(layer.main_blob().region, layer.diff_id, self.limits)

    def copies(self, at: int) -> RecompressedLayer:
        """A layer that is stored as several blobs, each compared with the one most images have."""
        layer = self.layers[at]
        main = layer.main_blob()
        others = [blob for blob in layer.blobs if blob is not main]
        form: BlobForm | None = None
        rows = [_blob_row(main, [])]
        for blob in others:
            if blob.compression != main.compression:
                # What kind of stream it is was seen already: nothing to read again.
                found = [("compression", main.compression, blob.compression)]
                rows.append(_blob_row(blob, found))
                continue
            form = form or self._form(main, layer)
            own = self._form(blob, layer) if form else None
            rows.append(_blob_row(blob, form_differences(form, own) if form and own else None))
        return RecompressedLayer(
            layer=at, blobs=rows, win_blob_bytes=sum(blob.size for blob in others)
        )

    def _form(self, blob: StoredBlob, layer: FleetLayer) -> BlobForm | None:
        wanted = blob.size + (0 if blob.compression == "none" else layer.uncompressed_bytes)
        if wanted > self.bytes_left:
            return None
        self.bytes_left -= wanted
        try:
            return blob_form(blob.region, self.limits)
        except InputError as error:
            self._fault(error, layer)
            return None

    def _fault(self, error: InputError, layer: FleetLayer) -> None:
        message = f"{error.reading}: {error.problem}" if error.reading else error.problem
        name = self.inputs[layer.images[0]]
        self.faults.append(FaultRow(input=name, code=error.code, message=message))


def _blob_row(blob: StoredBlob, found: list[tuple[str, str, str]] | None) -> BlobRow:
    return BlobRow(
        digest=blob.digest,
        compression=blob.compression,  # type: ignore[arg-type] # words of `compression.detect`
        bytes=blob.size,
        images=blob.images,
        compared=found is not None,
        fields=[
            FormDifference(field=field, reference=one, other=two)  # type: ignore[arg-type] # words of `FORM_FIELDS`; a test compares them
            for field, one, two in found or ()
        ],
    )
