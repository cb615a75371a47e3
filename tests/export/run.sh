#!/usr/bin/env bash
# Whether Python makes of an export what Gloss predicts, of 100 rows, in both layouts: tests/export/run.sh
#
# GLOSS_PEERS names a Python that has torch, transformers, sentence-transformers, safetensors and numpy; then those open the folders.
# `GLOSS_PEERS=install` has pip bring them into .cache/peers: 5 minutes and 6 GB, most of it for graphics cards. Without it, a pass in
# numpy (compare.py) stands for them, which needs no more than numpy, safetensors and tokenizers, brought into .cache/numpy.
# The encoder is the one that GLOSS_ENCODER names, else the default one, fetched once.
set -euo pipefail
cd "$(dirname "$0")/../.."

say() { printf 'export: %s\n' "$*"; }
command -v python3 > /dev/null || { say "skipped: python3 is not installed"; exit 0; }

brought() { # NAME PACKAGE...: a virtual environment of that name, and its Python's path
    local dir=.cache/$1; shift
    if ! [ -e "$dir/whole" ]; then
        rm -rf "$dir"
        python3 -m venv "$dir" >&2 || { say "python3 cannot make a virtual environment; on Debian, install python3-venv" >&2; exit 1; }
        "$dir/bin/python" -m pip install --quiet --disable-pip-version-check "$@" >&2
        touch "$dir/whole"
    fi
    printf '%s\n' "$dir/bin/python"
}
case ${GLOSS_PEERS:-} in
    "") python=$(brought numpy numpy safetensors tokenizers) ;;
    install) python=$(brought peers torch transformers sentence-transformers safetensors numpy) ;;
    *) python=$GLOSS_PEERS ;;
esac

gloss=$(realpath "${CARGO_TARGET_DIR:-target}/debug/gloss")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
head -n 100 fixtures/support-tickets/tickets.jsonl > "$work/rows.jsonl"
for layout in mean cls; do
    cp -r fixtures/support-tickets "$work/$layout"
    cp -r fixtures/support-tickets "$work/$layout-again"
    [ "$layout" = mean ] || printf '\n[model]\npooling = "cls"\n' >> "$work/$layout/gloss.toml"
    "$gloss" export "$work/exports/$layout" "$work/$layout" --classifier probe < /dev/null
    "$gloss" predict --train "$work/$layout" --classifier probe "$work/rows.jsonl" > "$work/$layout.jsonl"
    "$gloss" import "$work/exports/$layout" "$work/$layout-again" < /dev/null
    "$gloss" predict --train "$work/$layout-again" "$work/rows.jsonl" > "$work/$layout-again.jsonl"
done
"$python" tests/export/compare.py "$work"
