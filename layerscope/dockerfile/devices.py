"""One `--device` of a `RUN`, typed.

Source: BuildKit, `frontend/dockerfile/instructions/commands_rundevice.go`. Variables in a device
are not expanded.
"""

from __future__ import annotations

from dataclasses import dataclass

from layerscope.dockerfile.csvfields import split_fields
from layerscope.dockerfile.letter_case import lower
from layerscope.dockerfile.numbers import truth
from layerscope.dockerfile.suggestions import did_you_mean
from layerscope.errors import DockerfileError, shown


@dataclass(frozen=True, slots=True)
class Device:
    """What a `--device` says: the name of a CDI device, and whether it must be there."""

    name: str
    required: bool


def parse_device(text: str) -> Device:
    """The device that a value of `--device` describes.

    A name may stand alone, even one with `=` in it: the first field without a known key is it.

    Raises:
        DockerfileError: There are two names, an unknown key, or a value that is no truth value.
    """
    name = ""
    required = False
    for part in split_fields(text):
        spelled, equals, value = part.partition("=")
        key = lower(spelled)
        if key == "required":
            chosen = truth(value) if equals else True
            if chosen is None:
                raise DockerfileError(
                    f"required={shown(value)} of a device is neither true nor false"
                )
            required = chosen
        elif key == "name" and equals:
            if name:
                raise DockerfileError(f"a device has one name, and this one is '{shown(name)}'")
            name = value
        elif not name:
            name = part
        else:
            raise DockerfileError(
                f"'{shown(part)}' is no field of --device; it has a name and 'required'",
                hint=did_you_mean(key, ("name", "required")),
            )
    return Device(name, required)
