#!/usr/bin/env bash
# A step of AdamW over the 22.7 million parameters of all-MiniLM-L6-v2, against PyTorch's fused one, alternately:
# tests/benches/adamw.sh PYTHON
#
# PYTHON has torch. Gloss with one gradient, as PyTorch has it, and with one a worker, as in training.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=$1 parameters=22713216
cargo build --release -p gloss-learn --example adamw
for round in 1 2 3; do
    for workers in 1 "$(nproc)"; do
        printf '%s gloss: ' "$round"
        target/release/examples/adamw "$parameters" "$workers" 30
    done
    printf '%s torch: ' "$round"
    OMP_NUM_THREADS=$(nproc) "$python" tests/benches/adamw.py "$parameters" 30
done
