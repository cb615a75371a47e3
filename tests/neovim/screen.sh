#!/usr/bin/env bash
# Neovim on a real screen, set up by README's lines: after a save the hints that are seen are those of the new model.
#
#   GLOSS_BIN=target/debug/gloss tests/neovim/screen.sh [NEOVIM]
#
# (loop.lua cannot see this: without a screen Neovim draws no hints, and holding them is not showing them.) Needs tmux.
set -euo pipefail
cd "$(dirname "$0")/../.."
nvim=${1:-$(tests/install/neovim.sh)}
gloss=${GLOSS_BIN:?names the executable of gloss}
columns=700 # no row is cut
. tests/editors/terminal.sh

holds() { # what Neovim has been told of the rows in sight
    "$nvim" --server "$work/neovim" --remote-expr "luaeval('table.concat(vim.tbl_map(function(hint)
        local line = hint.inlay_hint.position.line + 1
        local seen = line >= vim.fn.line([[w0]]) and line <= vim.fn.line([[w\$]])
        return seen and line .. [[ ]] .. hint.inlay_hint.label .. string.char(10) or [[]]
    end, vim.lsp.inlay_hint.get({ bufnr = 0 })))')" | sed '/^$/d'
}
agree() { [ -n "$(holds)" ] && [ "$(hints)" = "$(holds)" ]; }
labelled() { ! grep -q '^82 ' <<< "$(holds)" && agree; }
learned() {
    [ -n "$(hints)" ] || fail "the hints went away before the new ones were there"
    [ "$(holds)" != "$before" ]
}

readme '`init.lua`' > "$work/init.lua"
copy support-tickets
open 40 support-tickets "'$nvim' --clean -n -u '$work/init.lua' --listen '$work/neovim' \
    +'set number nowrap' +'normal! 80Gzt' tickets.jsonl"
await "hints" shows '\} [a-z]+ [0-9]+%'
await "the hints on the screen to be those that Neovim holds" agree

keys 82G ga
await "line 82 to have a label" shows ' 82 .*"label": "[a-z]+"\}'
await "its hint to go" labelled
before=$(holds)
[ "$(grep -c . <<< "$before")" -gt 4 ] || fail "too few hints in sight: $before"

keys :w Enter
await "hints of the new model" learned
await "the hints on the screen to be those of the new model" agree
printf 'hints before the save, and after it:\n'
paste <(echo "$before") <(hints) | column -t -s "$(printf '\t')"
keys :qa Enter
await "Neovim to end" ended
changed=$(diff fixtures/support-tickets/tickets.jsonl "$work/support-tickets/tickets.jsonl" | grep -c '^>') || true
[ "$changed" = 1 ] || fail "$changed rows of the file were changed, not one"
echo PASS
