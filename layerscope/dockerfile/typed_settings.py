"""`WORKDIR`, `USER`, `EXPOSE`, `VOLUME`, `STOPSIGNAL`, `MAINTAINER` and `ONBUILD`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from layerscope.dockerfile.characters import encode
from layerscope.dockerfile.instructions import (
    Expose,
    Maintainer,
    Onbuild,
    Stopsignal,
    User,
    Volume,
    Workdir,
)
from layerscope.dockerfile.letter_case import upper
from layerscope.dockerfile.typed_parts import (
    head,
    only_argument,
    refuse_flags,
    require_argument,
)
from layerscope.dockerfile.words_text import SPACES
from layerscope.errors import DockerfileError

if TYPE_CHECKING:
    from layerscope.dockerfile.node import Node

# Only ASCII letters fold here, although other letters may make up the keyword.
_ONBUILD = re.compile(r"[\t\n\f\r ]*ONBUILD[\t\n\f\r ]*", re.IGNORECASE | re.ASCII)
_NO_TRIGGERS = frozenset({"MAINTAINER", "FROM"})


def read_workdir(node: Node) -> Workdir:
    """The `WORKDIR` that the node is."""
    path = only_argument(node, "WORKDIR")
    refuse_flags(node, "WORKDIR")
    return Workdir(*head(node), path)


def read_user(node: Node) -> User:
    """The `USER` that the node is."""
    user = only_argument(node, "USER")
    refuse_flags(node, "USER")
    return User(*head(node), user)


def read_expose(node: Node) -> Expose:
    """The `EXPOSE` that the node is; its words are sorted by their bytes."""
    require_argument(node, "EXPOSE")
    refuse_flags(node, "EXPOSE")
    return Expose(*head(node), tuple(sorted(node.args, key=encode)))


def read_volume(node: Node) -> Volume:
    """The `VOLUME` that the node is."""
    require_argument(node, "VOLUME")
    refuse_flags(node, "VOLUME")
    volumes = tuple(word.strip(SPACES) for word in node.args)
    if not all(volumes):
        raise DockerfileError("VOLUME has an empty path")
    return Volume(*head(node), volumes)


def read_stopsignal(node: Node) -> Stopsignal:
    """The `STOPSIGNAL` that the node is; the reference does not look at flags before it."""
    return Stopsignal(*head(node), only_argument(node, "STOPSIGNAL"))


def read_maintainer(node: Node) -> Maintainer:
    """The `MAINTAINER` that the node is."""
    maintainer = only_argument(node, "MAINTAINER")
    refuse_flags(node, "MAINTAINER")
    return Maintainer(*head(node), maintainer)


def read_onbuild(node: Node) -> Onbuild:
    """The `ONBUILD` that the node is.

    Its trigger is kept as text. Of that, only the keyword is judged, and only for the three that
    can never be triggers: the rest is read by the build that starts from the image.
    """
    if node.onbuild is None:
        raise DockerfileError("ONBUILD has no instruction behind it")
    refuse_flags(node, "ONBUILD")
    keyword = upper(node.onbuild.keyword.strip(SPACES))
    if keyword == "ONBUILD":
        raise DockerfileError("ONBUILD stands behind ONBUILD; a trigger cannot set a trigger")
    if keyword in _NO_TRIGGERS:
        raise DockerfileError(f"{keyword} stands behind ONBUILD; it cannot be a trigger")
    match = _ONBUILD.match(node.original)
    text = node.original[match.end() :] if match is not None else node.original
    bodies = [f"\n{heredoc.content}{heredoc.name}" for heredoc in node.heredocs]
    return Onbuild(*head(node), "".join([text, *bodies]))
