#!/usr/bin/env bash
# Training an encoder, and embedding, against PyTorch, on the same batches, alternately: tests/benches/encoder.sh ENCODER_FOLDER PYTHON
#
# PYTHON has torch, transformers and tokenizers. Batches and PyTorch's side come from ../shared/peers. Prints a line a run: all six
# layers on 16 texts of 128 tokens (nothing to pad), all layers on ragged batches of 32, the last two layers on those; texts sorted by
# length are embedded. First, what PyTorch's products of matrices reach on this machine. Ratios of neighbouring lines mean something on a
# noisy machine, single times do not; let nothing else run.
set -euo pipefail
cd "$(dirname "$0")/../.."
encoder=$(realpath "$1") python=$2 root=$PWD
cargo build --release -p gloss-learn --example speed
peers=$(realpath ../shared/peers)
export ENCODER_DIR=$encoder PEERS_DATA=$(realpath ../shared/data) NT=2 RAYON_NUM_THREADS=2

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$python" "$peers/make_batches.py" > /dev/null
"$python" "$peers/torch_speed.py" peak 2> /dev/null | grep '^[0-9]'
for round in 1 2 3; do
    # batches, blocks from the last, first block
    while read -r batches blocks first; do
        printf '%s %s, %s blocks, gloss: ' "$round" "$batches" "$blocks"
        "$root/target/release/examples/speed" "$encoder" "$batches.json" "$blocks" 20
        printf '%s %s, %s blocks, torch: ' "$round" "$batches" "$blocks"
        "$python" "$peers/torch_speed.py" train "$batches.json" "$first" frozen 0.1 20 sdpa fused 2> /dev/null | grep '^TRAIN'
    done <<< $'tr_len128b16 6 0\ntr_banking77 6 0\ntr_banking77 2 4'
    for batches in emb_banking77 emb_agnews; do
        printf '%s %s, embedded, gloss: ' "$round" "$batches"
        "$root/target/release/examples/speed" "$encoder" "$batches.json" 0 3
        printf '%s %s, embedded, torch: ' "$round" "$batches"
        "$python" "$peers/torch_speed.py" embed "$batches.json" 2> /dev/null | grep '^EMBED'
    done
done
