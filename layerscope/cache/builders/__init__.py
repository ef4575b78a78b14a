"""Where builders differ, and nowhere else: BuildKit, the classic builder, buildah.

Each gives `simulate(builds, version=…, assume_reruns=…)`: the prediction for the last build of a
sequence, with a cache that starts empty and that the earlier ones filled.
"""
