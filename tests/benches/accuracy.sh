#!/usr/bin/env bash
# Accuracy of the lexical classifier on public data sets: tests/benches/accuracy.sh [DATA_FOLDER]
# Prints one line a data set, as `gloss eval --format json` gives it. Build first: cargo build --release -p gloss
set -euo pipefail
cd "$(dirname "$0")/../.."
data=${1:-../shared/data}
gloss=${GLOSS_BIN:-target/release/gloss}
[ -d "$data" ] || { echo "accuracy.sh: $data is missing; name the folder of the data sets." >&2; exit 1; }
for set in banking77 trec sst2 agnews waimai sib200_zho_Hans; do
    printf '%s ' "$set"
    "$gloss" eval --classifier lexical --train "$data/$set/train.jsonl" --test "$data/$set/test.jsonl" --format json | tail -n 1
done
