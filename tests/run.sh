#!/usr/bin/env bash
# Installs what the tests need and passes them all: tests/run.sh
#
# Needs cargo, a C compiler (SQLite is compiled) and, for the run in a real Neovim, either Neovim 0.10 or later on PATH or
# Debian's apt (tests/install/neovim.sh puts one into .cache, not into the system). Screens need tmux, which root on Debian gets by
# itself. VS Code (tests/vscode) needs node 20 and npm, and root on Debian gets the rest. What needs an editor that is not installed, or data of ../shared where that folder is missing, says so and is skipped.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\n== %s\n' "$*"; }

for tool in cargo cc; do
    command -v "$tool" > /dev/null || { echo "tests/run.sh: $tool is missing; install Rust (with cargo) and a C compiler first." >&2; exit 1; }
done

# One build that serves every test, and a small one: nothing is built twice but the crate with the encoders, once with candle.
export CARGO_INCREMENTAL=0 CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-auto}

say "Build"
cargo build --locked --workspace < /dev/null

say "Rust: units, properties, and end to end over stdio"
cargo test --locked --workspace < /dev/null

say "Rust: the two back ends of the encoder against each other"
# Only what has candle in it: the crates above it are built once, without.
cargo test --locked -p gloss-learn --features candle --lib back < /dev/null

say "A real Neovim"
tests/neovim/run.sh

say "Other editors, those that are installed"
tests/editors/run.sh

say "A real VS Code"
tests/vscode/run.sh

say "Exports, opened in Python"
tests/export/run.sh

say "All tests passed"
