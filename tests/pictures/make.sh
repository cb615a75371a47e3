#!/usr/bin/env bash
# Takes the pictures of the documentation from real screens: tests/pictures/make.sh [neovim] [neovim-saved] [spans] [why] [label] [check] [watch]
#
# Each program runs on a copy of fixtures/support-tickets, or travel-notes for `spans` and camping-gear for `check`, on a screen of its own (tests/editors/terminal.sh), which is taken once
# it shows what is waited for and has come to rest, and drawn by render.js. GLOSS_BIN names another executable than target/release/gloss,
# GLOSS_ENCODER another encoder for `watch` than the one that `gloss model where` finds.
# Needs node and npm, tmux, chromium, and fonts for Latin, Chinese and emoji; as root on Debian it installs the last three when missing.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
repository=$(cd "$here/../.." && pwd)
cd "$repository"
wanted=("$@")
[ $# -gt 0 ] || wanted=(neovim neovim-saved spans why label check watch)

fail() { printf 'make.sh: %s\n' "$*" >&2; exit 1; }
command -v npm > /dev/null || fail "node and npm are missing"
packages="tmux chromium fonts-dejavu-core fonts-wqy-zenhei fonts-noto-color-emoji"
if ! command -v tmux > /dev/null || ! command -v chromium > /dev/null || ! fc-list | grep -q zenhei; then
    [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null || fail "run as root: apt-get install $packages"
    { apt-get update -qq; apt-get install -y -qq --no-install-recommends $packages > /dev/null; } < /dev/null
fi
[ -d "$here/node_modules/@xterm/xterm" ] && [ -d "$here/node_modules/playwright-core" ] ||
    npm --prefix "$here" ci --silent --no-audit --no-fund < /dev/null

if [ -z "${GLOSS_BIN:-}" ]; then
    cargo build --quiet --release -p gloss
    GLOSS_BIN=${CARGO_TARGET_DIR:-target}/release/gloss
fi

gloss=$GLOSS_BIN
. tests/editors/terminal.sh
mkdir -p server/docs/pictures

# take NAME: what is on the screen now, without empty rows at its end, into the documentation.
take() {
    local rows
    rows=$(screen | sed -n '/[^ ]/=' | tail -n 1)
    screen -e -N | head -n "$rows" > "$work/$1.ansi"
    node "$here/render.js" "$columns" "$rows" "$work/$1.ansi" "server/docs/pictures/$1.png"
    echo "server/docs/pictures/$1.png"
}

# neovim ROWS FIXTURE FILE KEYS: the file in Neovim, after these keys of normal mode.
neovim() {
    columns=144
    nvim=$(tests/install/neovim.sh)
    copy "$2"
    open "$1" "$2" "'$nvim' --clean -n --cmd 'let loaded_matchparen = 1' -u '$here/init.lua' \
        +'set number wrap linebreak signcolumn=yes laststatus=0 noruler' +'normal! $4' $3"
}

# From a row on where suggestions, one of the queue, and planted suspects are in sight.
open_neovim() {
    neovim 28 support-tickets tickets.jsonl 78Gzt4j
    await "hints" rests '"label": null\} bug [0-9]+%'
}

for name in "${wanted[@]}"; do
    case $name in
        neovim)
            open_neovim
            await "suspects" rests '"label": "bug"\} +■ '
            take neovim
            ;;
        neovim-saved)
            open_neovim
            before=$(hints)
            keys ga
            await "a label for row 82" shows '"Old PIN doesn.t unlock the app any longer", "label": "bug"\}'
            keys :w Enter
            changed() { [ "$(hints | grep '^93 ')" != "$(grep '^93 ' <<< "$before")" ]; }
            await "hints of the new model" changed
            await "rest" rests 'written'
            take neovim-saved
            ;;
        spans)
            neovim 19 travel-notes notes.jsonl 30Gzt4j
            await "hints" rests 'Madrid place [0-9]+%'
            take spans
            ;;
        why)
            open_neovim
            keys K
            await "the words that decided" rests 'Most alike among labelled rows'
            take why
            ;;
        label)
            neovim 28 support-tickets tickets.jsonl 78Gzt4j
            await "hints" rests '"label": null\} bug [0-9]+%'
            keys 'gg/"bug"' Enter l K
            await "what is known of the label" rests 'confused'
            take label
            ;;
        check)
            columns=128
            copy camping-gear
            open 40 camping-gear "printf '\$ gloss check\n'; gloss check"
            await "what was found" rests 'warnings, [0-9]+ information'
            take check
            ;;
        watch)
            columns=108
            copy support-tickets
            encoder=${GLOSS_ENCODER:-$("$gloss" model where)} || fail "no encoder is here: run $gloss model fetch"
            open 82 support-tickets "printf '\$ gloss watch\n'; gloss watch"
            both() { [ "$(screen | grep -c 'waiting for the next save')" = 2 ] && rests 'learned +probe'; }
            await "the reports of both steps" both
            take watch
            ;;
        *) fail "no picture is called '$name'; there are: neovim, neovim-saved, spans, why, label, check, watch" ;;
    esac
done
