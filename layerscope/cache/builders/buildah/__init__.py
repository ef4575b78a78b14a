"""buildah, as `buildah build --layers` of 1.28.2 works."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.cache.builders.buildah.one_build import BuildahBuild
from layerscope.cache.builders.image_chain import Assumption, Store
from layerscope.cache.builders.image_rows import merged, prediction_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.cache.build import Build
    from layerscope.cache.builders.image_rows import Builds
    from layerscope.cache.step import AssumeReruns, Prediction


def simulate(
    builds: Sequence[Build],
    *,
    version: str,  # noqa: ARG001 - every builder is called alike; one version was measured
    assume_reruns: AssumeReruns | None = None,
) -> Prediction:
    """What buildah does with the last of `builds`, after the others filled its store.

    Args:
        builds: In the order in which they are run; the store is empty before the first.
        version: `1.28.2`.
        assume_reruns: Does a command that runs again leave the same files? None: nobody knows, and
            the steps that depend on it are unknown.

    Raises: `OverLimitError` for a Dockerfile of unreasonable length.
    """

    def run(assumption: Assumption) -> Builds:
        store = Store(assumption)
        return tuple(
            BuildahBuild(build, number, store).run() for number, build in enumerate(builds)
        )

    assumption = Assumption(assume_reruns or "changed")
    prediction = prediction_of(run, assumption)
    if assume_reruns is None and assumption.used:
        return merged(prediction_of(run, Assumption("same")), prediction)
    return prediction
