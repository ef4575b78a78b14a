#!/usr/bin/env bash
# The second step of action.yml: one run of the gate, all of its files, and the outputs.
#
# Ends with 0 whenever the gate could be run; its own exit status is the output `status`, for later
# steps have to run first. Needs GATE_* as action.yml sets them, GITHUB_OUTPUT and RUNNER_TEMP.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

refuse() {
    printf '::error title=layerscope::%s\n' "$1"
    printf 'status=2\npassed=false\n' >>"$GITHUB_OUTPUT"
    exit 0
}

# add OPTION VALUE: the option with its value, unless that is empty.
add() {
    [[ -z $2 ]] || arguments+=("$1=$2")
}

# flag OPTION NAME VALUE: the option if the input of that name is true.
flag() {
    case $3 in
    true) arguments+=("$1") ;;
    false) ;;
    *) refuse "The input \"$2\" is neither \"true\" nor \"false\"." ;;
    esac
}

# The lines of $1 that hold something, without the blanks around them, one by one to the command.
each_line() {
    local text=$1 line
    shift
    while IFS=$' \t\r' read -r line; do
        [[ -z $line ]] || "$@" "$line"
    done <<<"$text"
}

image() { images+=("$1"); }

folder=$(mktemp -d "$RUNNER_TEMP/layerscope-gate.XXXXXX")
images=()
arguments=()
each_line "$GATE_IMAGES" image
each_line "$GATE_BASELINE" add --baseline
add --report "$GATE_REPORT"
add --config "$GATE_CONFIG"
add --history "$GATE_HISTORY"
add --dockerfile "$GATE_DOCKERFILE"
add --fail-on "$GATE_FAIL_ON"
flag --require-baseline require-baseline "$GATE_REQUIRE_BASELINE"
flag --exit-zero exit-zero "$GATE_EXIT_ZERO"
arguments+=(
    "--save=json=$folder/verdict.json"
    "--save=markdown=$folder/comment.md"
    "--save=summary=$folder/summary.md"
    "--save=github=$folder/annotations.txt"
    "--save=sarif=$folder/gate.sarif"
    "--save=junit=$folder/junit.xml"
    "--format=text" "--color=never"
)
report=$GATE_REPORT
if ((${#images[@]})); then
    report=$folder/report.json
    arguments+=("--save=report=$report" -- "${images[@]}")
fi

# What the program prints holds names from images. A line that begins with `::` is a command to the
# runner, so none is obeyed until a word comes that nobody can foresee.
fence=$(od -An -N20 -tx1 /dev/urandom | tr -d ' \n')
printf '::stop-commands::%s\n' "$fence"
status=0
"$GATE_PROGRAM" gate "${arguments[@]}" 2>&1 || status=$?
printf '\n::%s::\n' "$fence"
if [[ -f $folder/annotations.txt ]]; then
    cat "$folder/annotations.txt"
fi

# output NAME FILE: the path of the file if the run made it. Paths are ours and hold no line ends.
output() {
    [[ ! -f $2 ]] || printf '%s=%s\n' "$1" "$2"
}
{
    printf 'status=%s\n' "$status"
    "$GATE_PYTHON" "$here/outputs.py" "$folder/verdict.json" "$report"
    output verdict "$folder/verdict.json"
    output comment "$folder/comment.md"
    output summary "$folder/summary.md"
    output sarif "$folder/gate.sarif"
    output junit "$folder/junit.xml"
} >>"$GITHUB_OUTPUT"
