#!/usr/bin/env bash
# How fast labelling is in VS Code, in keys and seconds, and how soon a key is on the screen in a file of 20 MB: tests/benches/vscode/run.sh [keys] [large]
# Uses what tests/vscode/run.sh installs and packages; GLOSS_BIN names another executable than target/debug/gloss.
set -euo pipefail
cd "$(dirname "$0")/../../.."
GLOSS_BIN=$(realpath "${GLOSS_BIN:-${CARGO_TARGET_DIR:-target}/debug/gloss}")
installed=$(tests/install/code-server.sh)
export GLOSS_BIN installed
[ -e vscode-extension/gloss-universal-0.1.0.vsix ] || { echo "Run tests/vscode/run.sh first: it packages the extension." >&2; exit 1; }
exec node tests/benches/vscode/bench.mjs "$@"
