#!/usr/bin/env bash
# Drives the loop in a real Neovim, which it installs into .cache when there is none: tests/neovim/run.sh
# Where tmux is, or can be installed (root on Debian), it does so on a real screen as well.
# GLOSS_BIN names another executable than target/debug/gloss, which is built when it is missing.
set -euo pipefail
cd "$(dirname "$0")/../.."

if [ -z "${GLOSS_BIN:-}" ]; then
    cargo build --quiet -p gloss
    GLOSS_BIN=${CARGO_TARGET_DIR:-target}/debug/gloss
fi
nvim=$(tests/install/neovim.sh)

# Nothing of the user's own configuration, state or cache takes part.
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
export GLOSS_ENCODER=none GLOSS_BIN HOME=$home XDG_CONFIG_HOME=$home/config XDG_DATA_HOME=$home/data XDG_STATE_HOME=$home/state XDG_CACHE_HOME=$home/cache
mkdir -p "$XDG_STATE_HOME/nvim"
for script in loop spans symbols why; do
    "$nvim" --clean --headless -l "tests/neovim/$script.lua" < /dev/null
done

if ! command -v tmux > /dev/null && [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
    apt-get install -y -qq --no-install-recommends tmux > /dev/null < /dev/null ||
        { apt-get update -qq && apt-get install -y -qq --no-install-recommends tmux > /dev/null; } < /dev/null || true
fi
if command -v tmux > /dev/null; then
    printf '\n# On a real screen\n'
    tests/neovim/screen.sh "$nvim"
else
    echo "SKIPPED: Neovim on a real screen (tests/neovim/screen.sh); it needs tmux."
fi
