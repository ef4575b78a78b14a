"""Which builder made an image, which one made its base, and what says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from layerscope.analysis.records import is_bare_command, is_by_hand, mark_of, words_of

if TYPE_CHECKING:
    from layerscope.analysis.records import BuilderName
    from layerscope.oci.history import History
    from layerscope.sources.image import Image

Confidence = Literal["certain", "likely", "unknown"]

_BUILDAH_LABEL = "io.buildah.version"
_BUILDPACKS_LABEL = "io.buildpacks.lifecycle.metadata"
# kaniko and other users of go-containerregistry name the config of an archive by its digest.
_GGCR_CONFIG = "sha256:"
# What builders write as the time of each image that they make: nixpkgs, and buildpacks' imgutil.
_EPOCHS = {"1970-01-01T00:00:01": "nix", "1980-01-01T00:00:01": "buildpacks"}


@dataclass(frozen=True, slots=True)
class Builder:
    """What made an image, as its documents tell it. They may lie: all of it is claims.

    Attributes:
        name: `unknown` where nothing tells.
        version: Where the builder wrote one.
        evidence: A sentence: what says so, or why nothing does.
        confidence: `certain` for a mark that only this builder leaves; `likely` for a mark that
            others leave too, or that images inherit from their base; `unknown` for none.
        base_builder: Who made the first steps, where that was another builder; None where it was
            the same, or nothing tells.
    """

    name: BuilderName
    version: str | None
    evidence: str
    confidence: Confidence
    base_builder: BuilderName | None = None


def builder(image: Image) -> Builder:
    """The builder of an image: of its last steps, since a builder adds on top of a base.

    Records are asked first, from the last one down, then labels, the author and the time.
    """
    marks = [_of_record(record, image) for record, _ in image.history]
    found = [mark for mark in marks if mark is not None]
    if not found:
        return _without_records(image)
    name, first = found[-1].name, found[0].name
    # One record may bear a mark that is shared, and another one of the same builder its own.
    best = next(
        (mark for mark in reversed(found) if mark.name == name and _is_sure(mark)), found[-1]
    )
    return Builder(
        name,
        best.version or _version(name, image),
        best.evidence,
        best.confidence,
        first if first != name else None,
    )


def builders_of_records(image: Image) -> list[BuilderName | None]:
    """For each history record the builder that its own words name; None where they name none."""
    found = [_of_record(record, image) for record, _ in image.history]
    return [mark.name if mark else None for mark in found]


def _is_sure(mark: Builder) -> bool:
    return mark.confidence == "certain"


def _of_record(record: History, image: Image) -> Builder | None:
    mark = mark_of(record)
    if mark is None:
        return _committed(record, image)
    if not mark.shared:
        return Builder(mark.builder, mark.version, f"{mark.evidence}.", "certain")
    if _docker_version(image):
        return Builder(
            "classic", None, f"{mark.evidence}; the config has docker_version.", "likely"
        )
    if _labels(image).get(_BUILDAH_LABEL):
        return Builder("buildah", None, f"{mark.evidence}; a label is buildah's.", "likely")
    return Builder("classic", None, f"{mark.evidence}; nothing points to buildah.", "likely")


def _committed(record: History, image: Image) -> Builder | None:
    """The maker of a record that bears no mark: buildah's plain commit, or a hand."""
    line, comment, _ = words_of(record)
    # buildah, image.go: the text where nobody gave one.
    if line == "/bin/sh" and _labels(image).get(_BUILDAH_LABEL):
        return Builder(
            "buildah", None, f"a record says only '/bin/sh'; the label {_BUILDAH_LABEL}.", "likely"
        )
    first = bool(image.history) and image.history[0][0] is record
    if not line and comment and first and _docker_version(image):
        return Builder("docker import", None, "the first record has only a comment.", "likely")
    # moby, daemon/internal/image/image.go, NewChildImage: a commit records what the container ran,
    # which is the image's own CMD where it was run without arguments.
    ran_cmd = line != "" and line == " ".join(_cmd(image))
    if is_by_hand(record) and (ran_cmd or is_bare_command(record)):
        what = "the CMD" if ran_cmd else "a bare shell or bare options"
        return Builder(
            "docker commit", None, f"a record is {what}, which a container ran.", "likely"
        )
    return None


def _without_records(image: Image) -> Builder:
    labels = _labels(image)
    config = image.config
    author = ((config.author if config else None) or "").lower()
    created = ((config.created if config else None) or "")[:19]
    # ko, apko and jib write their own name as the author of the image or its records.
    for name, fits in _by_author(author):
        if fits:
            return Builder(name, None, "the image's author is this builder.", "certain")
    if _BUILDPACKS_LABEL in labels:
        return Builder(
            "buildpacks", None, f"no record tells; the label {_BUILDPACKS_LABEL}.", "likely"
        )
    if labels.get(_BUILDAH_LABEL):
        return Builder(
            "buildah",
            labels[_BUILDAH_LABEL],
            f"no record tells; the label {_BUILDAH_LABEL}, which images inherit.",
            "likely",
        )
    if any(label.startswith("dev.chainguard.") for label in labels):
        return Builder("apko", None, "no record tells; labels begin 'dev.chainguard.'.", "likely")
    if created in _EPOCHS:
        name = "nix" if _EPOCHS[created] == "nix" else "buildpacks"
        return Builder(
            name, None, f"no record tells; created at {created}, as {name} does.", "likely"
        )
    return Builder("unknown", None, _nothing(image, created), "unknown")


def _by_author(author: str) -> tuple[tuple[BuilderName, bool], ...]:
    return (
        ("apko", author == "github.com/chainguard-dev/apko"),
        ("ko", author in ("github.com/ko-build/ko", "github.com/google/ko")),
        ("bazel", author == "bazel"),
        ("kaniko", author == "kaniko"),
        ("jib", author == "jib"),
    )


def _nothing(image: Image, created: str) -> str:
    """Why no builder is named, with what little there is."""
    why = "no record bears a builder's mark" if image.history else "there is no history"
    if created.startswith(("1970-01-01", "0001-01-01")):
        why += "; the time is no real one, as of reproducible builders"
    if (image.config_name or "").startswith(_GGCR_CONFIG):
        why += "; the archive was written by go-containerregistry, which kaniko, ko and crane use"
    return f"{why}."


def _version(name: BuilderName, image: Image) -> str | None:
    if name == "buildah":
        return _labels(image).get(_BUILDAH_LABEL) or None
    if name in ("classic", "docker commit", "docker import"):
        return _docker_version(image)
    return None


def _docker_version(image: Image) -> str | None:
    """What the engine that wrote the config calls its version; later builders keep the field."""
    value = image.config.extra.get("docker_version") if image.config else None
    return value if type(value) is str and value else None


def _cmd(image: Image) -> list[str]:
    words = image.config.config.get("Cmd") if image.config else None
    if isinstance(words, str):
        return [words]
    return [word for word in words if isinstance(word, str)] if isinstance(words, list) else []


def _labels(image: Image) -> dict[str, str]:
    labels = image.config.config.get("Labels") if image.config else None
    if not isinstance(labels, dict):
        return {}
    return {name: value for name, value in labels.items() if isinstance(value, str)}
