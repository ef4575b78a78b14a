"""What putting images on another base would do: bytes, conflicts, and which images it concerns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Unpack

from layerscope.errors import UsageError, shown
from layerscope.fleet.rebase import (
    OldBase,
    longest_base,
    on_same_base,
    rebase,
    run_image_top,
)
from layerscope.fleet.rebase_conflicts import conflicts
from layerscope.fleet.stacks import common_layers, stack_of
from layerscope.journeys.fleet_inputs import read_fleet
from layerscope.oci.platform import Platform
from layerscope.report.answers import image_name
from layerscope.report.plan_parts import effect_rows
from layerscope.report.plan_rebase_document import (
    AffectedImage,
    PlanRebaseDocument,
    RebasedImage,
    rebased_image,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.fleet.rebase_conflicts import Conflict
    from layerscope.fleet.stacks import Stack
    from layerscope.journeys.fleet_inputs import FleetInputs
    from layerscope.journeys.plan_transfer import Reading
    from layerscope.report.document import ImageRow

IMAGES, ONTO, OLD, AMONG = range(4)
"""The groups of inputs."""


def plan_rebase(
    images: Sequence[str],
    onto: str,
    *,
    old: str | None = None,
    old_layers: int | None = None,
    among: Sequence[str] = (),
    any_platform: bool = False,
    **reading: Unpack[Reading],
) -> PlanRebaseDocument:
    """The document of a rebase. Images of saved reports have sizes, but no conflicts are known.

    Args:
        images: Inputs with the images that are to be moved.
        onto: The input with the new base.
        old: The input with the old base; without it, `old_layers` or what is given tells.
        old_layers: How many layers the old base has.
        among: Inputs with images that are there as well, and stay as they are.
        any_platform: Whether the new base may be for another platform.
        reading: How they are read.

    Raises: `UsageError` if no base is found, or a given one is not the image's, or no new base is
        for its platform; what `read_fleet` raises.
    """
    fleet = read_fleet(
        images,
        [onto],
        [old] if old is not None else [],
        among,
        **reading,
    )
    plan = _Plan(fleet, [stack_of(fleet.frames, at) for at in range(len(fleet.rows))])
    wanted = plan.distinct(IMAGES)
    rows: list[RebasedImage] = []
    bases: dict[str, Stack] = {}
    after = list(plan.stacks)
    if plan.distinct(ONTO) and (old is None or plan.distinct(OLD)):
        for at in wanted:
            new = plan.fitting(at, ONTO, "--onto", any_platform=any_platform)
            base = plan.old_base(at, given=old is not None, count=old_layers)
            moved = rebase(plan.stacks[at], base.layers, plan.stacks[new])
            for same in plan.alike(at):
                after[same] = moved.result
            below = plan.stacks[at][: base.layers]
            if below and below[-1].chain_id is not None:
                bases.setdefault(below[-1].chain_id, below)
            about = base, None if base.image is None else fleet.rows[base.image]
            differs = not plan.fits(new, at)
            found = plan.conflicts(at, base.layers, new)
            row = fleet.rows[at]
            rows.append(
                rebased_image(row, fleet.rows[new], about, moved, found, platform_differs=differs)
            )
    return PlanRebaseDocument(
        tool=fleet.tool,
        images=rows,
        affected=plan.affected(bases, {same for at in wanted for same in plan.alike(at)}),
        stored=effect_rows(plan.stacks, after) if rows else [],
        skipped=fleet.skipped,
        faults=fleet.faults,
    )


@dataclass(frozen=True, slots=True)
class _Plan:
    """The images given, and their layers."""

    fleet: FleetInputs
    stacks: list[Stack]

    def distinct(self, group: int) -> list[int]:
        """The images of a group, one manifest under several names once."""
        same = self.fleet.frames.images["same_as"].tolist()
        return list(dict.fromkeys(same[at] for at in self.fleet.in_group(group)))

    def alike(self, image: int) -> list[int]:
        """The rows of an image: one for each of its names."""
        same = self.fleet.frames.images["same_as"].tolist()
        return [at for at, first in enumerate(same) if first == same[image]]

    def fits(self, one: int, image: int) -> bool:
        """Whether an image is for the platform of another."""
        return _platform(self.fleet.rows[one]).matches(_platform(self.fleet.rows[image]))

    def fitting(self, image: int, group: int, option: str, *, any_platform: bool) -> int:
        """The image of a group that is for the platform of `image`. Raises: `UsageError`."""
        there = self.distinct(group)
        found = [at for at in there if self.fits(at, image)] or (there if any_platform else [])
        wanted = shown(_platform(self.fleet.rows[image]), 40)
        if len(found) == 1:
            return found[0]
        listed = ", ".join(shown(_platform(self.fleet.rows[at]), 40) for at in there[:8])
        if not found:
            raise UsageError(
                f"expected an image for {wanted}, found {listed}",
                option,
                "--any-platform puts layers on a base for another platform all the same",
            )
        raise UsageError(
            f"expected one image for {wanted}, found {len(found)}",
            option,
            "pick one with :@0, :@1 and so on behind the input",
        )

    def old_base(self, image: int, *, given: bool, count: int | None) -> OldBase:
        """What the image is built on. Raises: `UsageError` if that is not known or not so."""
        stack, row = self.stacks[image], self.fleet.rows[image]
        reading = shown(row.names[0] if row.names else row.input, 120)
        if count is not None:
            if count > len(stack):
                raise UsageError(
                    f"expected {count} layers of an old base, found {len(stack)}", reading
                )
            return OldBase(count, "count")
        if given:
            base = self.fitting(image, OLD, "--from", any_platform=True)
            if common_layers(stack, self.stacks[base]) < len(self.stacks[base]):
                raise UsageError(
                    "expected an image that begins with all layers of the old base, found another",
                    reading,
                    "--from takes the base that the image was built on; its tag may have moved on",
                )
            return OldBase(len(self.stacks[base]), "given", base)
        # An image that is to be moved itself is no base that could stay below another.
        moved = set(self.fleet.in_group(IMAGES))
        others = [(at, other) for at, other in enumerate(self.stacks) if at not in moved]
        found = longest_base(stack, others) or self._told(image)
        if found is None:
            raise UsageError(
                "expected to find what the image is built on, found nothing that tells",
                reading,
                f"give the old base{self._named(image)} with --from IMAGE, or --from-layers N",
            )
        return found

    def _told(self, image: int) -> OldBase | None:
        """The old base by what the image says of itself, if that is more than a guess."""
        stack = self.stacks[image]
        if image < len(self.fleet.images):
            config = self.fleet.images[image].config
            top = run_image_top(config.config.get("Labels")) if config else None
            for index, layer in enumerate(stack):
                if top is not None and layer.diff_id == top:
                    return OldBase(index + 1, "label")
        # A history that names no base is a guess about where that ends.
        about = self.fleet.frames.images.iloc[image]
        if about["base_how"] != "history" or not isinstance(about["base_name"], str):
            return None
        count = int(about["base_layers"])
        return OldBase(count, "history") if 0 < count <= len(stack) else None

    def _named(self, image: int) -> str:
        """What a text of the image calls its base, for a hint."""
        about = self.fleet.frames.images.iloc[image]
        texts = [about[name] for name in ("base_name", "base_digest")]
        named = next((text for text in texts if isinstance(text, str)), None)
        return f" ({shown(named, 100)} by its {about['base_how']})" if named else ""

    def conflicts(self, image: int, base_layers: int, new: int) -> list[Conflict] | None:
        """Conflicts of an image's upper layers with a new base; None if files are not at hand."""
        own, theirs = self.fleet.file_tables(image), self.fleet.file_tables(new)
        if own is None or theirs is None:
            return None
        return conflicts(own[:base_layers], theirs, own[base_layers:])

    def affected(self, bases: dict[str, Stack], moved: set[int]) -> list[AffectedImage]:
        """All images that lie on one of the old bases, by base, then in their order."""
        return [
            AffectedImage(
                image=image_name(self.fleet.rows[at]),
                base=name,
                upper_layers=len(stack) - len(base),
                rebased=at in moved,
            )
            for name, base in bases.items()
            for at, stack in enumerate(self.stacks)
            if self.alike(at)[0] == at and on_same_base(stack, base)
        ]


def _platform(row: ImageRow) -> Platform:
    one = row.platform
    return Platform(one.os, one.architecture, one.variant or None, one.os_version or None)
