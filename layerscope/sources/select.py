"""From all that an input lists to what was asked for: `:ref`, `:@index` and `--platform`."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from layerscope.errors import NoImageError, UsageError, shown
from layerscope.sources.image import Fault, OpenedInput, Skipped
from layerscope.sources.names import is_named

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from layerscope.oci.platform import Platform
    from layerscope.sources.image import Image
    from layerscope.sources.listed import Listing, Row

_DIGEST_START = re.compile(r"sha256:[0-9a-f]{6,64}|sha512:[0-9a-f]{6,128}")

LISTED = 8
"""How many images or platforms of an input a message lists."""

LISTED_INPUTS = 3
"""How many inputs a message lists."""

OTHER_PLATFORM = "other-platform"
"""What is skipped of an input whose every image is for another platform; `detail` lists those."""


@dataclass(frozen=True, slots=True)
class Pick:
    """Which images of an input a user asked for: by position, or by name, tag or digest."""

    index: int | None = None
    reference: str | None = None

    def __str__(self) -> str:
        return f"@{self.index}" if self.reference is None else self.reference


def select(
    input_name: str,
    listing: Listing,
    picks: Collection[Pick] = (),
    platform: Platform | None = None,
) -> OpenedInput:
    """The opened input: picked images with their positions among all images of the input.

    An absent manifest is skipped if another image of its index is there and it was not asked for,
    else it is a fault; so it is in an archive without its end, which may have held it. A name that
    picks other images of the index as well, as that of a whole index does, asks for none of them.

    Args:
        input_name: What the user named.
        listing: All that the input lists.
        picks: Images that match any of them are kept; all if there is none.
        platform: Images of other platforms are dropped. An input whose every image is dropped says
            so in `skipped`.

    Raises: `UsageError` if a pick fits nothing in an input without faults.
    """
    numbered = _numbered(listing.rows)
    _check_picks(input_name, listing, picks, numbered)
    with_images = {
        number for row in listing.rows if row.image is not None for number in row.indexes
    }
    picked_from = {
        (pick, row.indexes[-1:])
        for row, number in numbered
        if row.image is not None
        for pick in picks
        if _picks(pick, row, number)
    }
    found: list[Image] = []
    skipped: list[Skipped] = []
    faults = list(listing.faults)
    others: list[str] = []
    for row, number in numbered:
        if picks and not any(_picks(pick, row, number) for pick in picks):
            continue
        if row.image is None:
            faults.extend(row.faults)
            skipped.extend(row.skipped)
            if row.absent is not None:
                asked = (
                    listing.may_be_cut
                    or _is_for(row, platform)
                    or any(
                        _picks(pick, row, number) and (pick, row.indexes[-1:]) not in picked_from
                        for pick in picks
                    )
                )
                if not asked and row.indexes and row.indexes[-1] in with_images:
                    detail = shown(row.platform or "")
                    skipped.append(Skipped(input_name, "missing-platform", row.digest, detail))
                else:
                    faults.append(Fault.of(input_name, row.absent))
        elif platform is not None and not _is_for(row, platform):
            others.append(shown(row.platform or row.image.platform, 40))
        else:
            found.append(replace(row.image, index=number))
            faults.extend(replace(fault, image=number) for fault in row.faults)
            skipped.extend(row.skipped)
    if not found and not faults:
        if others:
            there = _first_of(list(dict.fromkeys(others)), LISTED)
            skipped.append(Skipped(input_name, OTHER_PLATFORM, None, there))
        else:
            faults.append(Fault.of(input_name, _no_image(skipped)))
    return OpenedInput(
        input_name,
        listing.source,
        tuple(found),
        tuple(skipped),
        tuple(dict.fromkeys(faults)),
        listing.breaches,
    )


def _is_for(row: Row, platform: Platform | None) -> bool:
    return platform is not None and row.platform is not None and row.platform.matches(platform)


def _check_picks(
    input_name: str,
    listing: Listing,
    picks: Collection[Pick],
    numbered: Sequence[tuple[Row, int]],
) -> None:
    """Raises `UsageError` if a pick fits nothing, unless damage may be the reason."""
    if listing.faults or any(row.faults for row in listing.rows):
        return
    for pick in picks:
        if not any(_picks(pick, row, number) for row, number in numbered):
            images = [row.image for row in listing.rows if row.image is not None]
            raise _nothing_picked(input_name, pick, images)


def check_platform(opened: Sequence[OpenedInput], platform: Platform | None) -> None:
    """Raises `UsageError` if no input has an image of the platform and nothing else is wrong.

    It names the inputs and the platforms that there are.
    """
    if platform is None or not opened or any(one.images or one.faults for one in opened):
        return
    there = [
        (shown(one.input), item.detail)
        for one in opened
        for item in one.skipped
        if item.what == OTHER_PLATFORM
    ]
    problem = f"no image is for {shown(platform, 40)}"
    hint = "leave --platform out to read the images of all platforms"
    if len(there) == 1:
        raise UsageError(f"{problem}; there is {there[0][1]}", there[0][0], hint)
    found = _first_of([f"{name} has {platforms}" for name, platforms in there], LISTED_INPUTS, "; ")
    raise UsageError(f"{problem}; {found}", "--platform", hint)


def _first_of(texts: Sequence[str], limit: int, between: str = ", ") -> str:
    more = f" and {len(texts) - limit} more" if len(texts) > limit else ""
    return between.join(texts[:limit]) + more


def _numbered(rows: Sequence[Row]) -> list[tuple[Row, int]]:
    """Each row with the number of images before it, which is its image's position."""
    numbered = []
    count = 0
    for row in rows:
        numbered.append((row, count))
        count += row.image is not None
    return numbered


def _picks(pick: Pick, row: Row, number: int) -> bool:
    if pick.reference is None:
        return row.image is not None and number == pick.index
    if any(is_named(pick.reference, reference) for reference in row.references):
        return True
    if not _DIGEST_START.fullmatch(pick.reference):
        return False
    digests = [row.digest]
    if row.image is not None:
        digests = [row.image.manifest_digest, row.image.config_digest]
    return any(str(digest).startswith(pick.reference) for digest in digests)


def _nothing_picked(input_name: str, pick: Pick, images: Sequence[Image]) -> UsageError:
    listed = [
        f"@{number} {' '.join(shown(name, 60) for name in image.names[:3])}".rstrip()
        + f" ({shown(image.platform, 40)})"
        for number, image in enumerate(images[:LISTED])
    ]
    more = f" and {len(images) - LISTED} more" if len(images) > LISTED else ""
    there = ", ".join(listed) + more if listed else "no image"
    return UsageError(f'there is no "{shown(pick)}"; there is {there}', shown(input_name))


def _no_image(skipped: Sequence[Skipped]) -> NoImageError:
    if not skipped:
        return NoImageError("expected an image, found none listed")
    kinds = sorted({one.what for one in skipped})
    return NoImageError(f"expected an image, found only: {', '.join(kinds)}")
