"""Faults as errors and errors as faults: the way from a run that goes on to one that stops."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from layerscope import errors
from layerscope.sources.image import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from layerscope.sources.image import OpenedInput


def error_of(fault: Fault) -> errors.InputError:
    """The exception that says what the fault says, of the class with its code."""
    kind = next((k for k in _tree(errors.InputError) if k.code == fault.code), errors.InputError)
    return kind(fault.message, errors.shown(fault.input), fault.hint)


def _tree(kind: type[errors.InputError]) -> Iterator[type[errors.InputError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from _tree(below)


def raise_first(opened: Sequence[OpenedInput]) -> None:
    """Stop at the first fault of the inputs, in order.

    Raises: the `InputError` of that fault.
    """
    for one in opened:
        for fault in one.faults:
            raise error_of(fault)


def with_no_image_faults(opened: Sequence[OpenedInput]) -> list[OpenedInput]:
    """The inputs, each that holds no image and says nothing of it given a `no-image` fault."""
    return [one if one.images or one.faults else _without_images(one) for one in opened]


def _without_images(one: OpenedInput) -> OpenedInput:
    kinds = ", ".join(sorted({item.what for item in one.skipped}))
    found = f"found only: {errors.shown(kinds)}" if kinds else "found none"
    return replace(
        one, faults=(Fault(one.input, errors.NoImageError.code, f"expected an image, {found}"),)
    )
