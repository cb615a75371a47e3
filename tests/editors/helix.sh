#!/usr/bin/env bash
# Helix on a real screen, set up by README's lines: suggestions, a label by a code action, and what a save teaches.
#
#   GLOSS_BIN=target/debug/gloss tests/editors/helix.sh [HELIX]
#
# HELIX is its executable, `hx` on PATH unless given. Needs tmux.
set -euo pipefail
cd "$(dirname "$0")/../.."
helix=$(realpath "$(command -v "${1:-hx}")")
gloss=${GLOSS_BIN:?names the executable of gloss}
columns=420 # hardly a row is cut
. tests/editors/terminal.sh

# Debian keeps the runtime beside the executable, where Helix finds it by itself.
mkdir -p "$work/config/helix/runtime/queries/jsonl"
readme '`languages.toml`' > "$work/config/helix/languages.toml"
readme '`config.toml`' > "$work/config/helix/config.toml"
readme '`runtime/queries/jsonl/highlights.scm`' > "$work/config/helix/runtime/queries/jsonl/highlights.scm"
copy support-tickets
open 40 support-tickets "'$helix' tickets.jsonl:82"

await "the row to label" shows '82 .*"label": null'
await "hints" shows '\} [a-z]+ [0-9]+%'
await "a suspect at the end of its row" shows '83 .*"label": "bug"\}  Labelled `bug`; a model trained without this row says'
before=$(hints)
[ "$(grep -c . <<< "$before")" -gt 4 ] || fail "too few hints in sight: $before"

keys Space a
await "the code actions" shows 'Label as `bug` \([0-9]+%\)'
keys Enter
await "line 82 to have a label" shows ' 82 .*"label": "bug"\}'

# Diagnostics follow by themselves; for hints Helix cannot be asked to ask again, it does so when the cursor has moved.
suspects() { screen | grep -oE 'a model trained without this row says.*'; }
contradicted=$(suspects)
relearned() { [ "$(suspects)" != "$contradicted" ]; }
others() { grep -v '^82 ' <<< "$1"; }
renewed() { [ "$(hints)" = "$(others "$(hints)")" ] && [ "$(hints)" != "$(others "$before")" ]; }

keys :w Enter
await "diagnostics of the new model" relearned
keys l h
await "hints of the new model" renewed
printf 'hints before the save, and after it:\n'
diff --side-by-side --width=60 <(echo "$before") <(hints) || true
keys :q Enter
await "Helix to end" ended
echo PASS
