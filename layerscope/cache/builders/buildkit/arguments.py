"""`ARG`: the ones above the first `FROM`, the predefined ones, and those of stages.

Source: BuildKit, `frontend/dockerfile/dockerfile2llb` (`platform.go`, `buildMetaArgs`,
`dispatchArg`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.dockerfile.words import Environment, expand
from layerscope.errors import DockerfileError

if TYPE_CHECKING:
    from layerscope.cache.build import Build
    from layerscope.cache.builders.buildkit.frontend import Frontend
    from layerscope.cache.builders.buildkit.platforms import Platform
    from layerscope.cache.builders.buildkit.stage_state import StageState
    from layerscope.dockerfile.instructions import Arg, Dockerfile

# Arguments that steer the builder; they become no variables.
NO_VARIABLES = frozenset({"BUILDKIT_SBOM_SCAN_CONTEXT", "BUILDKIT_SBOM_SCAN_STAGE"})


def global_arguments(
    dockerfile: Dockerfile, build: Build, machine: Platform, target: Platform
) -> dict[str, str]:
    """The values that `FROM` lines and `ARG`s without a value get. Raises: `DockerfileError`."""
    last = dockerfile.stages[-1].name if dockerfile.stages else ""
    predefined = {
        "BUILDPLATFORM": str(machine),
        "BUILDOS": machine.os,
        "BUILDOSVERSION": "",
        "BUILDARCH": machine.architecture,
        "BUILDVARIANT": machine.variant,
        "TARGETPLATFORM": str(target),
        "TARGETOS": target.os,
        "TARGETOSVERSION": "",
        "TARGETARCH": target.architecture,
        "TARGETVARIANT": target.variant,
        "TARGETSTAGE": build.target or last or "default",
    }
    values = {name: build.build_args.get(name, value) for name, value in predefined.items()}
    for instruction in dockerfile.meta_args:
        location = instruction.location
        for argument in instruction.arguments:
            value = build.build_args.get(argument.key)
            if value is None and argument.value is not None:
                value = _expanded(argument.value, values, dockerfile.escape, location.first_line)
            if value is not None:
                values.pop(argument.key, None)
                values[argument.key] = value
    return values


def _expanded(word: str, values: dict[str, str], escape: str, line: int) -> str:
    try:
        return expand(word, Environment(dict(values)), escape=escape)
    except DockerfileError as error:
        raise error.at(line, line) from None


def dispatch_argument(frontend: Frontend, state: StageState, instruction: Arg) -> None:
    """Set the arguments that a stage declares: given, by default, or from above the first `FROM`.

    Raises: `DockerfileError`.
    """
    for argument in instruction.arguments:
        value = frontend.build.build_args.get(argument.key)
        if value is None and argument.value is not None:
            value = expand(argument.value, state.environment(), escape=frontend.escape)
        if value is None:
            value = frontend.global_args.get(argument.key)
        if value is not None and argument.key not in NO_VARIABLES:
            state.set_variable(argument.key, value, argument=True)
