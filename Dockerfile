# The image of layerscope: it reads image files that are mounted into it, and no engine's socket.
#
#     docker build --tag layerscope .
#     docker run --rm --network none --user "$(id -u)" --volume "$PWD:/work:ro" layerscope analyze app.tar
#
# (`docker save` makes files that only their owner may read, hence --user.)
#
# A version, no digest: whoever builds it decides when the base moves, and the budgets of
# layerscope.toml hold for the result either way.
# layerscope: ignore=unpinned-base
FROM python:3.13-slim-bookworm AS dependencies
WORKDIR /src
COPY pyproject.toml constraints.txt ./
# Only what runs, in the versions that were tested: no pip beside it, and nobody's tests and headers.
RUN python3 -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["dependencies"], sep="\n")' >requirements.txt \
 && python3 -m venv --without-pip /opt/layerscope \
 && python3 -m pip --python /opt/layerscope install --no-cache-dir --disable-pip-version-check \
      --constraint constraints.txt --requirement requirements.txt \
 && cd /opt/layerscope/lib/python3.*/site-packages \
 && rm -rf pandas/tests pyarrow/tests pyarrow/include

FROM dependencies AS program
RUN python3 -m pip --python /opt/layerscope install --no-cache-dir --disable-pip-version-check \
      --constraint constraints.txt hatchling
COPY README.md LICENSE ./
COPY layerscope layerscope
RUN python3 -m pip --python /opt/layerscope install --no-cache-dir --disable-pip-version-check \
      --no-deps --no-build-isolation --target /opt/program .

# layerscope: ignore=unpinned-base
FROM python:3.13-slim-bookworm
# Two layers: a new version of layerscope does not make anyone pull its dependencies again.
COPY --from=dependencies /opt/layerscope /opt/layerscope
COPY --from=program /opt/program /opt/program
# The user has no home: layers are remembered where --catalog says, or not at all.
ENV PATH=/opt/program/bin:/opt/layerscope/bin:$PATH \
    PYTHONPATH=/opt/program \
    LAYERSCOPE_CATALOG=""
WORKDIR /work
USER 65532:65532
ENTRYPOINT ["layerscope"]
CMD ["--help"]
