#!/usr/bin/env bash
# Emacs with eglot on a real screen, set up by README's lines: suggestions, a label by a code action, and what a save teaches.
#
#   GLOSS_BIN=target/debug/gloss tests/editors/emacs.sh [EMACS]
#
# EMACS is its executable, `emacs` on PATH unless given; emacsclient has to be there too. Needs tmux.
set -euo pipefail
cd "$(dirname "$0")/../.."
emacs=$(realpath "$(command -v "${1:-emacs}")")
gloss=${GLOSS_BIN:?names the executable of gloss}
columns=420 # hardly a row is cut
. tests/editors/terminal.sh

evaluate() { emacsclient -s "$work/emacs" --eval "(with-current-buffer \"tickets.jsonl\" $1)" 2> /dev/null; }
notes() { # line and text of every diagnostic
    evaluate '(mapconcat
        (lambda (note) (format "%d %s" (line-number-at-pos (flymake-diagnostic-beg note)) (flymake-diagnostic-text note)))
        (sort (flymake-diagnostics) (lambda (a b) (< (flymake-diagnostic-beg a) (flymake-diagnostic-beg b)))) "@")' |
        tr -d '"' | tr '@' '\n'
}
note() { notes | grep -qE "$1"; }

mkdir -p "$work/home/.emacs.d"
readme '`init.el`' > "$work/home/.emacs.d/init.el"
copy support-tickets
# That Emacs compiles itself in a new home is no matter of ours, and takes a processor for minutes.
setup="(setq native-comp-deferred-compilation nil native-comp-jit-compilation nil server-name \"$work/emacs\")"
open 40 support-tickets "'$emacs' -nw --eval '$setup' -f server-start tickets.jsonl"

await "a suggestion" note '^82 .*`bug` \([0-9]+%\)'
await "a suspect" note '^83 .*Labelled `bug`; a model trained without this row says'
keys M-g g 82 Enter
await "what the model says of the row" shows '^`bug` [0-9]+%'
if [ "$(evaluate emacs-major-version)" -ge 29 ]; then
    await "hints" shows '"label": null\} bug [0-9]+%'
fi
keys M-x eglot-code-actions Enter
await "the code actions" shows 'default Label as `bug` \([0-9]+%\)'
keys Enter
await "line 82 to have a label" shows '"Old PIN doesn.t unlock the app any longer", "label": "bug"\}'
gone() { ! note '^82 ' && note '^93 '; }
await "its suggestion to go" gone

before=$(notes)
learned() { note '^93 ' && [ "$(notes)" != "$before" ]; }
keys C-x C-s
await "diagnostics of the new model" learned
printf 'suggestions of line 93 before the save, and after it:\n'
grep '^93 ' <<< "$before"
notes | grep '^93 '
keys C-x C-c
await "Emacs to end" ended
echo PASS
