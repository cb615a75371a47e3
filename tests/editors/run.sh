#!/usr/bin/env bash
# Drives the loop in those other editors that are installed: tests/editors/run.sh
# GLOSS_BIN names another executable than target/debug/gloss, which is built when it is missing.
set -euo pipefail
cd "$(dirname "$0")/../.."

if [ -z "${GLOSS_BIN:-}" ]; then
    cargo build --quiet -p gloss
    GLOSS_BIN=${CARGO_TARGET_DIR:-target}/debug/gloss
fi
export GLOSS_BIN

skip() { echo "SKIPPED: $1; it needs $2."; }
has_eglot() {
    command -v emacsclient > /dev/null && emacs --batch --eval '(package-initialize)' --eval "(require 'eglot)" > /dev/null 2>&1
}

if ! command -v tmux > /dev/null; then
    skip "Helix and Emacs" tmux
    exit
fi
if command -v hx > /dev/null; then
    echo "# Helix"
    tests/editors/helix.sh
else
    skip "Helix (tests/editors/helix.sh)" "hx on PATH"
fi
if command -v emacs > /dev/null && has_eglot; then
    echo "# Emacs"
    tests/editors/emacs.sh
else
    skip "Emacs (tests/editors/emacs.sh)" "emacs with eglot, and emacsclient, on PATH"
fi
