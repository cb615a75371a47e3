#!/usr/bin/env bash
# Tests the VS Code extension in a real VS Code (code-server in Chromium), which it installs into .cache when it is missing: tests/vscode/run.sh [SUITE...]
#
# Builds and packages the extension, installs the .vsix into a fresh profile, runs the suite of host/ in the extension host and those of screen/
# on the screen; SUITE names some of them, as run.mjs does. GLOSS_BIN names another executable than target/debug/gloss, which is built when it is
# missing. With PICTURES=FOLDER pictures of the screen are written there; that is how those in vscode-extension/pictures are made. Needs cargo,
# node 20, npm, and what tests/install/code-server.sh says.
set -euo pipefail
cd "$(dirname "$0")/../.."

if ! command -v npm > /dev/null; then
    echo "SKIPPED: VS Code (tests/vscode/run.sh); it needs node 20 and npm."
    exit
fi
if [ -z "${GLOSS_BIN:-}" ]; then
    cargo build --quiet -p gloss
    GLOSS_BIN=${CARGO_TARGET_DIR:-target}/debug/gloss
fi
GLOSS_BIN=$(realpath "$GLOSS_BIN")
# Writes a small encoder to train.
cargo build --quiet -p gloss-e2e --example encoder
WRITE_ENCODER=$(realpath "${CARGO_TARGET_DIR:-target}/debug/examples/encoder")
installed=$(tests/install/code-server.sh)
export GLOSS_BIN WRITE_ENCODER installed

cd vscode-extension
[ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --silent --no-audit --no-fund < /dev/null
log=$(mktemp)
trap 'rm -f "$log"' EXIT
npm run package > "$log" 2>&1 < /dev/null || { cat "$log"; exit 1; }
cd ../tests/vscode
node run.mjs "$@" < /dev/null
