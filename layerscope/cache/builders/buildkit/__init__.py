"""BuildKit's cache, simulated: which steps of a build are found in it, and why others are not.

`lowering` makes a graph of a Dockerfile, `solving` looks its vertices up in `records`, `contents`
computes the checksums of files, `snapshot` says what is known of the files of a stage.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.cache.builders.buildkit.dialect import dialect
from layerscope.cache.builders.buildkit.prediction import Sequences, combined, read
from layerscope.cache.step import Prediction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.cache.build import Build
    from layerscope.cache.step import AssumeReruns

__all__ = ["simulate"]


def simulate(
    builds: Sequence[Build],
    *,
    version: str = "0.32.2",
    assume_reruns: AssumeReruns | None = None,
) -> Prediction:
    """What BuildKit does with the last of `builds`, after the others filled an empty cache.

    Args:
        builds: In the order in which they are run.
        version: `0.32.2`, or `20.10.24` for the BuildKit inside that version of Docker.
        assume_reruns: Does a stage that runs again leave the same files? None: nobody knows, and
            the steps that hang on it are `unknown`.

    Raises: `UsageError` for another version; errors of reading a context.
    """
    rules = dialect(version)
    if not builds:
        return Prediction((), None)
    sequences = Sequences(rules, [read(build, rules) for build in builds])
    if assume_reruns == "same":
        return sequences.predict(assume_same=True)[0]
    changed, doubtful = sequences.predict(assume_same=False)
    if assume_reruns == "changed":
        return changed
    same, _ = sequences.predict(assume_same=True)
    return combined(same, changed, doubtful)
