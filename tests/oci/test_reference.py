from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.errors import UsageError
from layerscope.oci.digest import Digest
from layerscope.oci.reference import Reference, looks_like_reference

D = f"sha256:{'d' * 64}"
DIGEST = Digest.parse(D)

REFERENCES = st.builds(
    Reference,
    st.sampled_from(["docker.io", "ghcr.io", "localhost", "localhost:5000", "[::1]:80", "A"]),
    st.from_regex(r"[a-z0-9]{1,3}([._]|__|--)[a-z0-9]{1,3}(/[a-z0-9]{1,3}){1,3}", fullmatch=True),
    st.none() | st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}", fullmatch=True),
    st.none() | st.just(DIGEST),
)


@given(REFERENCES)
def test_reference_printed_and_parsed_is_the_same(reference: Reference) -> None:
    assert Reference.parse(str(reference)) == reference


@given(st.text() | st.text("az09AZ./:@_-[] \n"))
def test_reference_any_text_is_a_reference_or_wrong_usage(text: str) -> None:
    printed = None
    try:
        printed = str(Reference.parse(text))
    except UsageError as error:
        printed_error = str(error)
    else:
        printed_error = ""

    assert printed_error.isprintable()
    assert printed is None or str(Reference.parse(printed)) == printed


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nginx", Reference("docker.io", "library/nginx", None, None)),
        ("nginx:1.27", Reference("docker.io", "library/nginx", "1.27", None)),
        ("bitnami/nginx", Reference("docker.io", "bitnami/nginx", None, None)),
        ("docker.io/nginx", Reference("docker.io", "library/nginx", None, None)),
        ("index.docker.io/a/b", Reference("docker.io", "a/b", None, None)),
        (f"ghcr.io/a/b@{D}", Reference("ghcr.io", "a/b", None, DIGEST)),
        (f"ghcr.io/a/b:1@{D}", Reference("ghcr.io", "a/b", "1", DIGEST)),
        ("localhost/app", Reference("localhost", "app", None, None)),
        ("localhost:5000/app:v1", Reference("localhost:5000", "app", "v1", None)),
        ("host:5000/a/b", Reference("host:5000", "a/b", None, None)),
        ("[2001:db8::1]:5000/a", Reference("[2001:db8::1]:5000", "a", None, None)),
        ("Registry/app", Reference("Registry", "app", None, None)),
        ("a__b/c-d--e.f", Reference("docker.io", "a__b/c-d--e.f", None, None)),
        ("localhost:5000", Reference("docker.io", "library/localhost", "5000", None)),
    ],
)
def test_reference_is_completed_as_docker_does(text: str, expected: Reference) -> None:
    assert Reference.parse(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        "/",
        "/abs",
        "./x.tar",
        "../x",
        "a//b",
        "a/",
        "Nginx",
        "a/B",
        "a b",
        "a:",
        "a:-x",
        "a:b:c",
        f"a:{'t' * 129}",
        "a@",
        "a@sha256:abc",
        f"a@md5:{'0' * 32}",
        f"a@{D}@{D}",
        "-a",
        "a-",
        "a___b",
        "a..b",
        "a\n",
        "d" * 64,
        "a" * 300,
        "docker://nginx",
        "-host.io/a",
        "ho_st.io/a",
    ],
)
def test_reference_outside_of_the_grammar_is_wrong_usage(text: str) -> None:
    with pytest.raises(UsageError):
        Reference.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "nginx:latest",
        "bitnami/nginx:1",
        f"nginx@{D}",
        f"ghcr.io/a/b@{D}",
        "ghcr.io/a/b",
        "localhost:5000/app",
    ],
)
def test_looks_like_reference_of_a_name_with_a_mark_is_true(text: str) -> None:
    assert looks_like_reference(text)


@pytest.mark.parametrize(
    "text",
    [
        "nginx",
        "images/app",
        "a.tar",
        "a.tar:latest",
        "app.tar.gz:app",
        "dir.d/a.tar",
        "./x.tar",
        "./nginx:latest",
        "/abs",
        "../up",
        "@list.txt",
        "*.tar",
        "-",
        "",
        "C:\\x",
    ],
)
def test_looks_like_reference_of_a_file_name_is_false(text: str) -> None:
    assert not looks_like_reference(text)


def test_looks_like_reference_of_a_very_long_text_is_false() -> None:
    assert not looks_like_reference("a-" * 1_000_000 + ":latest")
