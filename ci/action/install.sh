#!/usr/bin/env bash
# The first step of action.yml: layerscope from the action's own checkout, in a folder of its own, so
# that the pin of the action is the pin of the program. Sets the output `program`.
#
# Needs GATE_VERSION, GATE_PYTHON, GITHUB_ACTION_PATH, GITHUB_OUTPUT, RUNNER_TEMP.
set -euo pipefail

refuse() {
    printf '::error title=layerscope::%s\n' "$1"
    exit 2
}

case $GATE_VERSION in
checkout)
    "$GATE_PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        refuse 'The input "python" is no Python 3.11 or later; actions/setup-python installs one.'
    folder=$(mktemp -d "$RUNNER_TEMP/layerscope.XXXXXX")
    "$GATE_PYTHON" -m venv "$folder"
    pip() {
        "$folder/bin/python" -m pip --disable-pip-version-check --quiet "$@" \
            --constraint "$GITHUB_ACTION_PATH/constraints.txt"
    }
    # What builds the package is pinned too, which pip's own isolated builds would not heed.
    pip install hatchling
    # Most of what is installed is not loaded by a gate, so compiling it first would only take time.
    pip install --no-build-isolation --no-compile "$GITHUB_ACTION_PATH"
    program=$folder/bin/layerscope
    ;;
preinstalled)
    program=$(command -v layerscope) ||
        refuse 'The input "version" is "preinstalled", and there is no program layerscope.'
    ;;
*)
    refuse 'The input "version" is neither "checkout" nor "preinstalled".'
    ;;
esac

printf 'program=%s\n' "$program" >>"$GITHUB_OUTPUT"
"$program" --version
