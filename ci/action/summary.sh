#!/usr/bin/env bash
# The third step of action.yml: the verdict on the page of the run.
#
# Needs GATE_SUMMARY (a file, or empty where there is no verdict), GATE_STATUS, GITHUB_STEP_SUMMARY.
set -euo pipefail

if [[ -n $GATE_SUMMARY ]]; then
    cat "$GATE_SUMMARY"
else
    printf '**layerscope** has no verdict: the gate ended with exit status %s. The log says why.\n' \
        "$GATE_STATUS"
fi >>"$GITHUB_STEP_SUMMARY"
# Whatever the next step appends begins a paragraph of its own.
printf '\n' >>"$GITHUB_STEP_SUMMARY"
