#!/usr/bin/env bash
# Whether Python makes of an export what Gloss predicts, of 105 rows: tests/export/run.sh
#
# Of a probe in both layouts; of one by ridge regression, which many rows bring, in the layout that can hold it. With GLOSS_TUNED=1 of
# fine-tuned classifiers, too, in both: 5 minutes more.
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
# What other scripts make of words, and a text longer than is read of them.
cat tests/export/scripts.jsonl >> "$work/rows.jsonl"
printf '{"text": "%s"}\n' "$(printf 'refund %.0s' {1..400})$(printf '退款 %.0s' {1..400})" >> "$work/rows.jsonl"
compare() { # NAME STEP: a data set that learns, and one that starts from its export
    "$gloss" export "$work/exports/$1" "$work/$1" --classifier "$2" < /dev/null
    "$gloss" predict --train "$work/$1" --classifier "$2" "$work/rows.jsonl" > "$work/$1.jsonl"
    "$gloss" import "$work/exports/$1" "$work/$1-again" < /dev/null
    "$gloss" predict --train "$work/$1-again" "$work/rows.jsonl" > "$work/$1-again.jsonl"
}
names=(mean cls ridge)
[ -z "${GLOSS_TUNED:-}" ] || names+=(mean-tuned cls-tuned)
for name in "${names[@]}"; do
    cp -r fixtures/support-tickets "$work/$name"
    cp -r fixtures/support-tickets "$work/$name-again"
    case $name in cls*) printf '\n[model]\npooling = "cls"\n' >> "$work/$name/gloss.toml" ;; esac
    case $name in
        ridge) for _ in 1 2 3; do cat fixtures/support-tickets/tickets.jsonl >> "$work/$name/tickets.jsonl"; done ;;
        # It learns twice: no clock may end it.
        *-tuned) printf '\n[train]\nstrategy = "last-layers"\nbudget = "1h"\n' >> "$work/$name/gloss.toml" ;;
    esac
    case $name in
        *-tuned) compare "$name" fine-tuned ;;
        *) compare "$name" probe ;;
    esac
done
"$python" tests/export/compare.py "$work" "${names[@]}"
