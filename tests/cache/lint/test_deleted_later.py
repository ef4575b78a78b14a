from __future__ import annotations

import pytest

from layerscope.cache.lint import lint
from layerscope.dockerfile import stages
from tests.cache.lint.found import context, findings, lines

RULE = "deleted-in-later-layer"


@pytest.mark.parametrize(
    ("stored", "removed"),
    [
        ("COPY a.tgz /tmp/", "rm /tmp/a.tgz"),
        ("COPY a.tgz /tmp/a.tgz", "rm -rf /tmp/*"),
        ("COPY a b /x/", "rm -rf /x"),
        ("ADD http://h/a.tgz /tmp/", "tar xf /tmp/a.tgz && rm /tmp/a.tgz"),
        ("RUN curl -fsSLo /tmp/a http://h/a", "rm /tmp/a"),
        ("RUN curl -sO http://h/a.rpm", "rpm -i a.rpm && rm a.rpm"),
        ("RUN wget http://h/a.tgz?x=1", "rm a.tgz"),
        ("RUN wget -qO /tmp/a http://h/a", "rm -f /tmp/a"),
        ("RUN git clone https://h/a.git", "rm -rf a"),
        ("RUN cd /src && wget http://h/a", "rm /src/a"),
        ("RUN echo x > /tmp/x", "rm /tmp/x"),
        ("ENV D=/opt\nCOPY a /opt/a", "rm $D/a"),
        ("RUN npm ci", "npm run build && rm -rf node_modules"),
        ("COPY a /tmp/a", "mv /tmp/a /opt/a"),
        ("RUN apt-get update && apt-get install x", "rm -rf /var/lib/apt/lists/*"),
        ("RUN yum install -y a", "yum clean all"),
        ("RUN apk add --no-cache -t .deps gcc", "apk del .deps"),
        ("RUN apt-get update; apt-get install gcc", "apt-get purge -y gcc"),
    ],
)
def test_deleted_in_a_later_step_is_found_there(stored: str, removed: str) -> None:
    found = findings(RULE, f"FROM a\n{stored}\nRUN {removed}\n")

    line = 3 + stored.count("\n")
    assert [(finding.line, finding.others) for finding in found] == [(line, (line - 1,))]


@pytest.mark.parametrize(
    "text",
    [
        "RUN wget -O /tmp/a http://h/a && rm /tmp/a\nRUN rm -rf /tmp/*",
        "RUN wget -O /tmp/a http://h/a && mv /tmp/a /usr/bin/a\nRUN rm -rf /tmp/*",
        "RUN rm -rf /usr/share/doc",
        "COPY a /x/a\nRUN rm /y/a",
        "COPY a $UNKNOWN/a\nRUN rm $UNKNOWN/a",
        "COPY a /x/a\nRUN rm -rf $X",
        "COPY . /x\nRUN rm -rf /x/build",
        "COPY a /tmp/a\nRUN --mount=type=tmpfs,target=/tmp rm -rf /tmp/*",
        "RUN --mount=type=cache,target=/dl wget -O /dl/a http://h/a\nRUN rm -rf /dl",
        "RUN apk add --no-cache -t .deps gcc && apk del .deps",
        "RUN apt-get purge -y gcc",
        'COPY a /x/a\nRUN ["rm", "/y"]',
    ],
)
def test_deleted_where_it_was_made_or_not_known_is_no_finding(text: str) -> None:
    assert lines(RULE, f"FROM a\n{text}\n") == []


def test_deleted_in_a_stage_that_is_not_shipped_is_no_finding() -> None:
    text = "FROM a AS b\nCOPY a /a\nRUN rm /a\nFROM scratch\nCOPY --from=b / /\n"

    assert lines(RULE, text) == []
    assert lines(RULE, text, target="b") == [3]


def test_deleted_in_a_stage_on_top_is_found() -> None:
    assert lines(RULE, "FROM a AS b\nCOPY a /a\nFROM b\nRUN rm /a\n") == [4]


def test_deleted_twice_is_found_once() -> None:
    assert lines(RULE, "FROM a\nCOPY a /a\nRUN rm /a\nRUN rm -f /a\n") == [3]


def test_deleted_file_of_a_known_context_is_found() -> None:
    dockerfile = stages.read(b"FROM a\nCOPY . /x\nRUN rm -rf /x/docs /x/node_modules\n")

    found = lint(dockerfile, context=context("docs/a", "b"))

    mine = [finding for finding in found if finding.rule == RULE]
    assert [finding.line for finding in mine] == [3]
    assert "/x/docs," in mine[0].message
    assert "node_modules" not in mine[0].message
