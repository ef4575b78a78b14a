"""The classic builder of the docker engine, as in 20.10.24 with `DOCKER_BUILDKIT=0`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.cache.builders.classic.one_build import ClassicBuild
from layerscope.cache.builders.image_chain import Assumption, Store
from layerscope.cache.builders.image_rows import merged, prediction_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.cache.build import Build
    from layerscope.cache.builders.image_chain import Image
    from layerscope.cache.builders.image_rows import Builds
    from layerscope.cache.step import AssumeReruns, Prediction


def simulate(
    builds: Sequence[Build],
    *,
    version: str,  # noqa: ARG001 - every builder is called alike; one version was measured
    assume_reruns: AssumeReruns | None = None,
) -> Prediction:
    """What the classic builder does with the last of `builds`, after the others filled its store.

    Args:
        builds: In the order in which they are run; the store is empty before the first.
        version: `20.10.24`.
        assume_reruns: Does a command that runs again leave the same files? None: nobody knows, and
            the steps that depend on it are unknown.

    Raises: `OverLimitError` for a Dockerfile of unreasonable length.
    """

    def run(assumption: Assumption) -> Builds:
        store = Store(assumption)
        done = []
        result: Image | None = None
        for number, build in enumerate(builds):
            one = ClassicBuild(build, number, store, result)
            done.append(one.run())
            result = one.result or result
        return tuple(done)

    assumption = Assumption(assume_reruns or "changed")
    prediction = prediction_of(run, assumption)
    if assume_reruns is None and assumption.used:
        return merged(prediction_of(run, Assumption("same")), prediction)
    return prediction
