"""What a builder would do with the last of several builds, and why."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from layerscope.errors import UsageError, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.cache.build import Build
    from layerscope.cache.step import AssumeReruns, Prediction

# The versions whose behaviour was measured; the first one is the default.
VERSIONS = {
    "buildkit": ("0.32.2", "20.10.24"),
    "classic": ("20.10.24",),
    "buildah": ("1.28.2",),
}


class Simulator(Protocol):
    """What every builder's package has."""

    def simulate(
        self, builds: Sequence[Build], *, version: str, assume_reruns: AssumeReruns | None
    ) -> Prediction:
        """The prediction for the last build, after the others filled an empty cache."""


def simulate(
    builds: Sequence[Build],
    *,
    builder: str = "buildkit",
    version: str | None = None,
    assume_reruns: AssumeReruns | None = None,
) -> Prediction:
    """What `builder` would do with the last of `builds`, step by step, and why.

    Args:
        builds: In the order in which they are run; the cache is empty before the first.
        builder: `buildkit`, `classic` or `buildah`.
        version: One of `VERSIONS[builder]`; None is its first.
        assume_reruns: Does a stage that runs again leave the same files? None: nobody knows, and
            the steps that depend on it are `unknown`.

    Raises: `UsageError` for a builder or version that is not known.
    """
    from layerscope.cache.reasons import with_reasons  # noqa: PLC0415 - scores need none

    chosen = chosen_version(builder, version)
    return with_reasons(
        simulator(builder).simulate(builds, version=chosen, assume_reruns=assume_reruns)
    )


def simulator(builder: str) -> Simulator:
    """The package that simulates `builder`."""
    return cast("Simulator", import_module(f"layerscope.cache.builders.{builder}"))


def chosen_version(builder: str, version: str | None) -> str:
    """The version to simulate. Raises: `UsageError`."""
    versions = VERSIONS.get(builder)
    if versions is None:
        problem = f"no builder {shown(builder)}; there are {', '.join(VERSIONS)}"
        raise UsageError(problem)
    if version is None:
        return versions[0]
    if version not in versions:
        problem = f"{builder} {shown(version)} was not measured"
        raise UsageError(problem, hint=f"choose one of {', '.join(versions)}")
    return version
