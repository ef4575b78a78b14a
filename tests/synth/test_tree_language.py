from __future__ import annotations

import pytest

from layerscope.errors import UsageError
from layerscope.synth.tree import Tree
from layerscope.synth.tree_language import image, tree


def test_tree_of_lines_is_the_tree_in_python() -> None:
    text = r"""
        # a comment, and a blank line

        add srv dir mode=0750 uid=3
        add srv/a file mode=0600 gid=4 hello there
        add srv/escaped\x20name file a\nb\\
        add srv/five file size=5 ab
        add srv/s symlink a
        add srv/h hardlink srv/a
        remove etc/issue
        hide var/cache
    """

    made = tree(text)

    assert made == (
        Tree()
        .dir("srv", mode=0o750, uid=3)
        .file("srv/a", b"hello there", mode=0o600, gid=4)
        .file("srv/escaped name", b"a\nb\\")
        .file("srv/five", b"ababa")
        .symlink("srv/s", "a")
        .hardlink("srv/h", "srv/a")
        .whiteout("etc/issue")
        .opaque("var/cache")
    )


def test_image_of_lines_has_a_layer_and_a_record_for_each_layer_line() -> None:
    text = """
        layer ADD rootfs.tar /
        add etc dir
        empty ENV A=1
        layer RUN true
        layer COPY a /a
        add a file 1
    """

    made = image(text, "app:1")

    assert made.names == ("app:1",)
    assert [layer.tar for layer in made.layers] == [
        Tree().dir("etc").layer_tar(),
        Tree().layer_tar(),
        Tree().file("a", b"1").layer_tar(),
    ]
    assert made.history is not None
    assert [(r["created_by"], r.get("empty_layer", False)) for r in made.history] == [
        ("ADD rootfs.tar /", False),
        ("ENV A=1", True),
        ("RUN true", False),
        ("COPY a /a", False),
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("add a dir\nmake b", "line 2: expected add, remove, hide, layer or empty, found make b"),
        ("add a lake", "line 1: expected file, dir, symlink or hardlink"),
        ("add a file mode=9 x", "line 1: expected a number for mode, found mode=9"),
        ("add a dir size=3", "line 1: expected size with a file only"),
        ("add a symlink mode=0644 b", "line 1: expected file, dir, symlink or hardlink"),
    ],
)
def test_tree_of_a_wrong_line_names_the_line(text: str, problem: str) -> None:
    with pytest.raises(UsageError) as caught:
        tree(text)

    assert str(caught.value).startswith(problem)


def test_image_whose_first_line_is_a_member_is_refused() -> None:
    with pytest.raises(UsageError, match="expected layer or empty before the first member"):
        image("add a file 1")
