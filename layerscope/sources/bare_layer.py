"""A single layer tar, given as `layer:path`, as an image of one layer that nothing claims."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.oci.platform import Platform
from layerscope.sources.image import Image, Layer
from layerscope.sources.listed import Listing, Origin, Row

if TYPE_CHECKING:
    from layerscope.sources.region import Region


def bare_layer(origin: Origin, region: Region) -> Listing:
    """The listing of one image whose only layer is `region`, compressed or not.

    No document says anything of it: its platform is empty, its digests are measured while reading.
    """
    layer = Layer(
        index=0,
        media_type=None,
        digest=None,
        size=None,
        diff_id=None,
        chain_id=None,
        region=region,
        stored_as=origin.input,
    )
    image = Image(
        input=origin.input,
        source=origin.source,
        index=0,
        names=(),
        platform=Platform("", ""),
        manifest=None,
        manifest_digest=None,
        config=None,
        config_digest=None,
        layers=(layer,),
    )
    return Listing(origin.source, (Row(image=image),))
