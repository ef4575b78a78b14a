"""`--mount`: each key, what goes together, and the two looks that BuildKit takes."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.dockerfile.csvfields import join_fields, split_fields
from layerscope.dockerfile.mounts import Mount, expand_mount, first_look, parse_mount
from layerscope.errors import DockerfileError


@pytest.mark.parametrize(
    ("text", "mount"),
    [
        ("target=/a", Mount(target="/a")),
        (
            "from=b,source=c,dst=/a,rw",
            Mount(from_name="b", source="c", target="/a", read_only=False),
        ),
        ("target=/a,readonly=false", Mount(target="/a", read_only=False)),
        ("target=/a,rw=0", Mount(target="/a")),
        ("type=CACHE,Target=/a", Mount("cache", target="/a", read_only=False)),
        (
            "type=cache,id=i,sharing=Locked,mode=0750,uid=1,gid=2,ro",
            Mount("cache", cache_id="i", cache_sharing="locked", mode=0o750, uid=1, gid=2),
        ),
        (
            "type=tmpfs,destination=/t,size=1.5g",
            Mount("tmpfs", target="/t", read_only=False, size_limit=1_610_612_736),
        ),
        ("type=secret,id=s,required,env=E", Mount("secret", cache_id="s", required=True, env="E")),
        ("type=secret,src=s,env=", Mount("secret", source="s", env="")),
        ("type=ssh,required=T", Mount("ssh", required=True)),
        ('type=cache,"target=/a,b"', Mount("cache", target="/a,b", read_only=False)),
        # The last one of a key counts.
        ("target=/a,target=/b", Mount(target="/b")),
    ],
)
def test_parse_mount_fills_in_the_defaults_of_its_type(text: str, mount: Mount) -> None:
    assert parse_mount(text) == mount


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("a", "no key=value"),
        ("target=/a,", "no key=value"),
        ("tagret=/a", "is no key of --mount"),
        ("type=volume", "bind, cache, secret, ssh, tmpfs"),
        ("type=cache,sharing=exclusive", "locked, private, shared"),
        ("ro=perhaps", "neither true nor false"),
        ("rw=yes", "neither true nor false"),
        ("required", "for mounts of type secret or ssh"),
        # The type has to come first.
        ("required,type=ssh", "for mounts of type secret or ssh"),
        ("size=1m", "for mounts of type tmpfs"),
        ("type=tmpfs,size=1x", "not a size"),
        ("type=tmpfs,size=-1", "not a size"),
        ("type=cache,mode=8", "base 8"),
        ("type=cache,uid=-1", "base 10"),
        ("type=cache,gid=4294967296", "base 10"),
        ("mode=7,target=/a", "'mode' is for secret, ssh and cache mounts"),
        ("type=tmpfs,uid=1", "'uid' is for"),
        ("type=secret", "needs one of"),
        ("type=secret,id=a,source=b", "not both"),
        ("type=secret,id=a,from=b", "no 'from'"),
        ("type=secret,id=a,sharing=shared", "no 'sharing'"),
        ("type=ssh,sharing=shared", "'sharing' is for cache mounts"),
        ('target="/a"', "inside of a field"),
        ('"target=/a', "no closing quote"),
        ('"target=/a"b', "follows the closing quote"),
    ],
)
def test_parse_mount_that_is_wrong_says_what_was_expected(text: str, said: str) -> None:
    with pytest.raises(DockerfileError, match=re.escape(said)):
        parse_mount(text)


def test_parse_mount_with_a_misspelled_key_hints_at_the_right_one() -> None:
    # When
    with pytest.raises(DockerfileError) as caught:
        parse_mount("type=cache,traget=/x")

    # Then
    assert caught.value.hint == "did you mean target?"


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("10", 10),
        ("10b", 10),
        ("10 kB", 10_240),
        ("1.5KiB", 1_536),
        (".5k", 512),
        ("1e3", 1_000),
        ("0x1p4", 16),
        ("1_0", 10),
        # More than 64 bits: what a conversion on x86-64 gives.
        ("99999999p", -(1 << 63)),
    ],
)
def test_parse_mount_reads_sizes_as_docker_does(text: str, size: int) -> None:
    assert parse_mount(f"type=tmpfs,size={text}").size_limit == size


@pytest.mark.parametrize(
    "text", ["", "b", "k", "1 k b", "1bb", "1kbb", "1x", "1e", "1e999", "9" * 5000]
)
def test_parse_mount_refuses_what_is_no_size(text: str) -> None:
    with pytest.raises(DockerfileError, match="not a size"):
        parse_mount(f"type=tmpfs,size={text}")


def test_first_look_sees_only_from() -> None:
    assert first_look("type=nonsense,From=b,x") == Mount(from_name="b")
    assert first_look("from=b$") == Mount(from_name="b$")
    with pytest.raises(DockerfileError) as caught:
        first_look("from=$B")
    assert "stage" in caught.value.hint


def test_expand_mount_expands_values_one_by_one_and_quotes_them_again() -> None:
    # Given
    values = {"$T": "cache", "$P": '/a,"b"', "$R": "true"}

    # When
    text = expand_mount("Type=$T,target=$P,ro=$R,readonly", lambda word: values.get(word, word))

    # Then
    assert parse_mount(text) == Mount("cache", target='/a,"b"', read_only=True)


@given(st.lists(st.text(st.sampled_from('a,"\r\n =é'), max_size=6), min_size=1, max_size=5))
@pytest.mark.hypothesis
def test_split_fields_gives_back_what_join_fields_joined(fields: list[str]) -> None:
    assert split_fields(join_fields(fields)) == fields
