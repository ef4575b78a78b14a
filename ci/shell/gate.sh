#!/bin/sh
# The gate for any CI that runs a shell and keeps files: copy it into your repository.
#
#     sh gate.sh FOLDER ARGUMENT...
#
# FOLDER takes the files for reports and artifacts. The ARGUMENTs are those of `layerscope gate`:
# images, --baseline FILE, --dockerfile FILE and so on. $LAYERSCOPE may name the program.
# Exit status: 0 passed, 1 the gate failed, 2 wrong usage or configuration, 3 an unreadable input.
set -eu

if [ "$#" -lt 2 ]; then
    printf 'usage: gate.sh FOLDER IMAGE...|ARGUMENT...\n' >&2
    exit 2
fi
folder=$1
shift
mkdir -p "$folder"

# The options go first: the arguments may hold a `--`, and then images whatever their names are.
exec "${LAYERSCOPE:-layerscope}" gate --force \
    --save "json=$folder/verdict.json" \
    --save "markdown=$folder/comment.md" \
    --save "junit=$folder/junit.xml" \
    --save "sarif=$folder/gate.sarif" \
    --save "gitlab=$folder/codequality.json" \
    --save "openmetrics=$folder/metrics.txt" \
    --save "csv=$folder/checks.csv" \
    "$@"
