"""An image before and after a change that made it grow, its Dockerfile and a policy.

What `layerscope gate` is shown with. Content is generated and layers are stored uncompressed: the
same bytes everywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.errors import UnreadableInputError, UsageError, shown
from layerscope.synth.layouts import docker_archive
from layerscope.synth.tree_language import image

if TYPE_CHECKING:
    from pathlib import Path

    from layerscope.synth.image_builder import ImageBuilder

DOCKERFILE = """\
FROM example:12
RUN apt-get update && apt-get install -y ffmpeg
COPY requirements.txt /srv/
RUN pip install -r /srv/requirements.txt
COPY shop /srv/shop
CMD ["python", "-m", "shop"]
"""

POLICY = """\
[[budget]]
name = "image size"
metric = "uncompressed"
max = "40 MB"
max-increase = "1 MB"

[[budget]]
name = "no package lists"
path = "/var/lib/apt/lists"
metric = "content"
max = 0

[[budget]]
name = "waste"
metric = "wasted"
max = "100 kB"
until = 2099-12-31
reason = "the base image hides a library; fixed in its next release"
"""

_IMAGE = """
layer ADD rootfs.tar /
add bin dir
add bin/sh file mode=0755 size=900000 shell
add etc dir
add etc/os-release file ID=example\\nVERSION_ID=12\\n
add usr dir
add usr/lib dir
add usr/lib/libc.so file mode=0755 size=1900000 libc
layer RUN chmod 0711 /usr/lib/libc.so
add usr/lib/libc.so file mode=0711 size=1900000 libc
empty CMD ["sh"]
layer RUN /bin/sh -c apt-get update && apt-get install -y ffmpeg # buildkit
add usr/bin dir
add usr/bin/ffmpeg file mode=0755 size=7000000 ffmpeg
add var dir
add var/lib dir
add var/lib/dpkg dir
add var/lib/dpkg/status file {status}
add var/lib/dpkg/info dir
add var/lib/dpkg/info/ffmpeg.list file /usr/bin/ffmpeg\\n
{lists}
layer COPY requirements.txt /srv/ # buildkit
add srv dir
add srv/requirements.txt file web=={web}\\n
layer RUN /bin/sh -c pip install -r /srv/requirements.txt # buildkit
add usr/lib/python3 dir
add usr/lib/python3/site-packages dir
add usr/lib/python3/site-packages/web dir
add usr/lib/python3/site-packages/web/__init__.py file size={size} def handler(): pass\\n
add usr/lib/python3/site-packages/web-{web}.dist-info dir
add usr/lib/python3/site-packages/web-{web}.dist-info/METADATA file {metadata}
add usr/lib/python3/site-packages/web-{web}.dist-info/RECORD file web/__init__.py,,\\n
layer COPY shop /srv/shop # buildkit
add srv/shop dir
add srv/shop/__main__.py file print("open")\\n
empty CMD ["python" "-m" "shop"]
"""
_STATUS = (
    "Package: ffmpeg\\nStatus: install ok installed\\nArchitecture: amd64\\nVersion: 7:5.1.6\\n"
    "Description: plays\\n\\n"
)
_LISTS = """\
add var/lib/apt dir
add var/lib/apt/lists dir
add var/lib/apt/lists/example_Packages file size=3100000 Package: all\\n
"""


def write_gate_demo(folder: Path, *, overwrite: bool = False) -> Path:
    """`folder`, after `before.tar`, `after.tar`, a Dockerfile and a policy were written into it.

    Raises: `UsageError` if a file is there and may not be replaced, `UnreadableInputError` if the
    folder cannot be written.
    """
    texts = {"Dockerfile": DOCKERFILE, "layerscope.toml": POLICY}
    images = {"before.tar": _image("2.0", 2_600_000), "after.tar": _image("2.1", 3_900_000, _LISTS)}
    for name in [*texts, *images]:
        path = folder / name
        if path.is_symlink() or (path.exists() and not overwrite):
            raise UsageError(
                f"expected no file called {shown(name)}, found one",
                shown(str(folder)),
                hint="--force replaces it; or give another folder",
            )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_text(text, "utf-8")
        for name, made in images.items():
            docker_archive(folder / name, made)
    except OSError as error:
        problem = f"cannot write the demo: {error.strerror or error}"
        raise UnreadableInputError(problem, shown(str(folder))) from error
    return folder


def _image(web: str, size: int, lists: str = "") -> ImageBuilder:
    about = f"Metadata-Version: 2.1\\nName: web\\nVersion: {web}\\n"
    text = _IMAGE.format(web=web, size=size, lists=lists, status=_STATUS, metadata=about)
    return image(text, "shop/player:3.0")
