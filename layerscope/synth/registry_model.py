"""A synthetic registry of any size, calibrated on published studies: tables only, no image.

`python -m layerscope.synth.registry_model --images N --profile stored --seed 1` prints what was
aimed at and what the model has. `Registry.frames` makes the tables that all of `layerscope.fleet`
takes; `registry_files` makes the file table of each layer. The same arguments give the same
registry.

The images lie on about 200 bases of two to six layers, chosen by a power law. Two of three belong
to a project whose images begin with the same layers of their own, as the tags of a repository do.
One layer in fourteen is the empty one, which is one blob on many chains.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from layerscope.errors import UsageError
from layerscope.fleet.frames import frames_of_columns
from layerscope.synth import registry_laws as laws
from layerscope.synth.registry_tree import Tree, official, projects

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt

    from layerscope.fleet.frames import Frames

    Ints = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]

BASES, IMAGES_OF_A_BASE = 200, 25
"""How many bases there are, and how many images a registry needs for each."""
BASE_DEPTHS = (2, 3, 4, 5, 6)
LIKE_BASE, LIKE_IMAGE, LIKE_SIZE = 0.4, 0.95, 0.9
"""How far go together: sizes of own layers and of the base's, sizes within an image, the number of
files and the size of a layer (squares of correlations)."""
LARGER_BASES = 0.1
"""Bases are larger than other layers by so many standard deviations of the logarithm."""
STEADY = (5**0.5, 2**0.5, 3**0.5)
"""Multiples of a root modulo 1 are spread evenly. Sizes of bases, of their layers and the numbers
of files in them are spread so over popularity, and sizes of projects over the number of their
images: else a few draws would decide for all."""

EMPTY = 0
"""The blob of the empty layer."""
EMPTY_COMPRESSED, EMPTY_TAR = 32, 1024


@dataclass(frozen=True, slots=True, repr=False)
class Registry:
    """The layers of a registry as arrays: `nodes` of the layer forest, and the `blobs` they are.

    Attributes:
        profile: A key of `registry_laws.LAYER_BYTES`.
        seed: What it was drawn with.
        start: The nodes of image `i`, base first, are `nodes[start[i]:start[i + 1]]`.
        nodes: See `start`.
        parent: For each node the one below it, a lesser number; -1 for a base layer.
        blob: For each node its blob; `EMPTY` is one for many nodes, each other blob is one node's.
        compressed_bytes: For each blob.
        content_bytes: For each blob the bytes of its files.
        files: For each blob how many files it has.
        base: For each image its base, by popularity.
        project: For each image its project.
    """

    profile: str
    seed: int
    start: Ints
    nodes: Ints
    parent: Ints
    blob: Ints
    compressed_bytes: Ints
    content_bytes: Ints
    files: Ints
    base: Ints
    project: Ints

    def __repr__(self) -> str:
        """How large it is."""
        return f"<Registry of {len(self.base)} images and {len(self.files)} blobs>"

    @property
    def uncompressed_bytes(self) -> Ints:
        """For each blob the bytes of its tar."""
        return self.content_bytes + self.files * laws.HEADER_BYTES + laws.END_BYTES

    def frames(self) -> Frames:
        """The tables of the fleet: digests are hashes of numbers, ChainIDs those of the DiffIDs.

        All are of one input called `registry`; no image has a history or names its base. Names are
        as in `base-7:1` and `app-12:3`. Snapshots count what the files hold: there are no links.
        """
        import numpy as np  # noqa: PLC0415 - 25 MB that most commands do without
        import pandas as pd  # noqa: PLC0415 - 100 MB that most commands do without

        digests = [_digest(f"blob {blob}") for blob in range(len(self.files))]
        diff_ids = [_digest(f"tar {blob}") for blob in range(len(self.files))]
        chains: list[str] = []
        for below, blob in zip(self.parent.tolist(), self.blob.tolist(), strict=True):
            own = diff_ids[blob]
            chains.append(own if below < 0 else _digest(f"{chains[below]} {own}"))
        count = len(self.base)
        image = np.repeat(np.arange(count, dtype=np.int32), np.diff(self.start))
        blobs = self.blob[self.nodes]

        def texts(codes: Any, names: list[str]) -> Any:  # noqa: ANN401 - integers; a Categorical
            return pd.Categorical.from_codes(codes, categories=pd.Index(names, dtype="str"))

        same = np.zeros(len(blobs), dtype=np.int8)
        layers: dict[str, Any] = {
            "image": image,
            "position": np.arange(len(image), dtype=np.int32) - self.start[:-1][image],
            "digest": texts(blobs, digests),
            "diff_id": texts(blobs, diff_ids),
            "chain_id": texts(self.nodes, chains),
            "compressed_bytes": self.compressed_bytes[blobs],
            "uncompressed_bytes": self.uncompressed_bytes[blobs],
            "content_bytes": self.content_bytes[blobs],
            "snapshot_bytes": self.content_bytes[blobs],
            "media_type": texts(same, ["application/vnd.oci.image.layer.v1.tar+gzip"]),
            "compression": texts(same, ["gzip"]),
        }
        images: dict[str, Any] = {
            "input": ["registry"] * count,
            "names": [(name,) for name in self.names()],
            "platform": ["linux/amd64"] * count,
            "manifest_digest": [_digest(f"manifest {at}") for at in range(count)],
            "config_digest": [_digest(f"config {at}") for at in range(count)],
        }
        return frames_of_columns(images, layers)

    def names(self) -> list[str]:
        """The name of each image."""
        bases = official(len(self.base), int(self.base.max(initial=0)) + 1)
        seen: dict[int, int] = {}
        found = [f"base-{at}:1" for at in range(bases)]
        for project in self.project[bases:].tolist():
            seen[project] = seen.get(project, 0) + 1
            found.append(f"app-{project}:{seen[project]}")
        return found


def registry(
    images: int, profile: str = "stored", seed: int = 1, layers: int | None = None
) -> Registry:
    """A registry of so many images.

    Args:
        images: At least 1; from some thousands on it has what `registry_targets` lists.
        profile: `stored` (sizes of what a registry stores) or `traffic` (of what clients move).
        seed: Another one gives another registry of the same kind.
        layers: How many layers each image has, bases apart; None draws that too.

    Raises: `UsageError` for a profile that there is not, or numbers below 1.
    """
    import numpy as np  # noqa: PLC0415 - see `Registry.frames`

    if profile not in laws.LAYER_BYTES:
        raise UsageError(f"expected one of {', '.join(laws.LAYER_BYTES)}, found {profile!r}")
    if images < 1 or (layers is not None and layers < 1):
        raise UsageError("expected at least one image and one layer")
    random = np.random.Generator(np.random.PCG64(seed))
    bases = min(BASES, max(4, images // IMAGES_OF_A_BASE))
    depth = np.resize(np.array(BASE_DEPTHS), bases)
    project, first = projects(images, official(images, bases), random)
    tree = Tree.grown(depth, project, first, layers, random)
    of_base = _steady(bases, 0) + LARGER_BASES
    of_project = laws.mixed(
        of_base[tree.base[first]], _steady(len(first), 0, random.random()), LIKE_BASE
    )
    shared = np.repeat(of_project, tree.shared)
    own = np.repeat(of_project[project], tree.own)
    steady = int(depth.sum())
    other = laws.scores(len(tree.parent), random)
    other[:steady] = _steady(steady, 1)
    alike = np.concatenate((np.repeat(of_base, depth), shared, own))
    size = laws.mixed(alike, other, LIKE_IMAGE)
    empty = random.permutation(len(tree.parent)) < laws.EMPTY_LAYERS * len(tree.parent)
    empty[:steady] = False
    # Of two equal layers on one layer the forest would make one: each parent has one empty child.
    chosen = np.flatnonzero(empty)
    _, first_of = np.unique(tree.parent[chosen], return_index=True)
    empty[chosen] = False
    empty[chosen[first_of]] = True
    blob = np.where(empty, EMPTY, np.cumsum(~empty))
    sizes = _sizes(size[~empty], steady, profile, random)
    compressed, content, files = (
        np.concatenate(([none], found)).astype(np.int64)
        for none, found in zip((EMPTY_COMPRESSED, 0, 0), sizes, strict=True)
    )
    return Registry(
        profile=profile,
        seed=seed,
        start=tree.start,
        nodes=tree.nodes,
        parent=tree.parent,
        blob=blob,
        compressed_bytes=compressed,
        content_bytes=content,
        files=files,
        base=tree.base,
        project=project,
    )


def _digest(text: str) -> str:
    return f"sha256:{sha256(text.encode()).hexdigest()}"


def _steady(count: int, root: int, start: float = 0.0) -> Floats:
    """Normal deviates that are evenly spread over their places: any run of them is a sample."""
    import numpy as np  # noqa: PLC0415 - see `Registry.frames`

    steps = start + np.arange(1, count + 1) * STEADY[root]
    return laws.deviates(np.mod(steps, 1.0, dtype=np.float64))


def _sizes(
    size: Floats, steady: int, profile: str, random: np.random.Generator
) -> tuple[Ints, Ints, Ints]:
    """Compressed bytes, bytes of files, and number of files of blobs, by how large they are."""
    import numpy as np  # noqa: PLC0415 - see `Registry.frames`

    place = laws.ranks(size)
    drawn = laws.quantiles(place, laws.LAYER_BYTES[profile], laws.LARGEST_BLOB)
    compressed = np.maximum(np.round(drawn), EMPTY_COMPRESSED + 1).astype(np.int64)
    normal = laws.deviates(place)
    median, spread = laws.COMPRESSION
    tilt = laws.LARGE_COMPRESS_BETTER
    better = tilt * normal + (1 - tilt**2) ** 0.5 * laws.scores(len(size), random)
    ratio = np.maximum(median * np.exp(spread * better), laws.LEAST_COMPRESSION)
    tar = compressed * ratio
    other = laws.scores(len(size), random)
    other[:steady] = _steady(steady, 2)
    number = laws.ranks(laws.mixed(normal, other, LIKE_SIZE))
    one = laws.ONE_FILE_LAYERS / (1 - laws.EMPTY_LAYERS)
    many = laws.quantiles(
        np.clip((number - one) / (1 - one), 0, 1), laws.FILES_OF_LAYER, laws.MOST_FILES
    )
    files = np.where(number < one, 1.0, np.round(many))
    # No more files than their headers leave room for.
    number_of = np.maximum(1, np.minimum(files, tar // (laws.HEADER_BYTES * 1.5)))
    content = np.maximum(number_of, tar - number_of * laws.HEADER_BYTES - laws.END_BYTES)
    return compressed, content.astype(np.int64), number_of.astype(np.int64)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print for each row of the calibration what was aimed at and what a registry has."""
    parser = argparse.ArgumentParser(
        prog="layerscope.synth.registry_model", description=main.__doc__
    )
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--profile", choices=list(laws.LAYER_BYTES), default="stored")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    from layerscope.synth.registry_targets import as_text, targets  # noqa: PLC0415 - builds on this

    model = registry(given.images, given.profile, given.seed)
    sys.stdout.write(as_text(targets(model)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
