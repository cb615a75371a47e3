#!/usr/bin/env bash
# Takes the pictures of the documentation from real screens: tests/pictures/make.sh [neovim] [watch]
#
# Each program runs in a tmux of its own on a copy of fixtures/support-tickets; its screen is captured once it shows what is
# waited for and has come to rest, and drawn by render.js. GLOSS_BIN names another executable than target/release/gloss.
# Needs node and npm, tmux, chromium and the DejaVu fonts; as root on Debian it installs the last three when missing.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
repository=$(cd "$here/../.." && pwd)
cd "$repository"
wanted=("$@")
[ $# -gt 0 ] || wanted=(neovim watch)

fail() { printf 'make.sh: %s\n' "$*" >&2; exit 1; }

command -v npm > /dev/null || fail "node and npm are missing"
if ! command -v tmux > /dev/null || ! command -v chromium > /dev/null; then
    [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null || fail "run as root: apt-get install tmux chromium fonts-dejavu-core"
    { apt-get update -qq; apt-get install -y -qq --no-install-recommends tmux chromium fonts-dejavu-core > /dev/null; } < /dev/null
fi
[ -d "$here/node_modules/@xterm/xterm" ] && [ -d "$here/node_modules/playwright-core" ] ||
    npm --prefix "$here" ci --silent --no-audit --no-fund < /dev/null

if [ -z "${GLOSS_BIN:-}" ]; then
    cargo build --quiet --release -p gloss
    GLOSS_BIN=${CARGO_TARGET_DIR:-target}/release/gloss
fi

columns=128
work=$(mktemp -d)
tmux=(tmux -L "gloss-pictures-$$" -f /dev/null)
finish() {
    "${tmux[@]}" kill-server 2> /dev/null || true
    rm -rf "$work"
}
trap finish EXIT
mkdir -p "$work"/{bin,home,state/nvim} server/docs/pictures
ln -s "$(realpath "$GLOSS_BIN")" "$work/bin/gloss"

# start ROWS COMMAND: a shell-less terminal of that height that runs the command in the copy of the fixture.
start() {
    local rows=$1 command=$2
    rm -rf "$work/support-tickets"
    cp -r fixtures/support-tickets "$work/support-tickets"
    "${tmux[@]}" set -g default-terminal tmux-256color \; set -ga terminal-overrides ',*:Tc' \; set -g status off \; set -g remain-on-exit on \; \
        new-session -d -x "$columns" -y "$rows" -c "$work/support-tickets" \
        env PATH="$work/bin:$PATH" HOME="$work/home" XDG_CONFIG_HOME="$work/home" XDG_DATA_HOME="$work/home" XDG_STATE_HOME="$work/state" \
        XDG_CACHE_HOME="$work/cache" COLORTERM=truecolor LANG=C.UTF-8 PS1='$ ' bash --norc -c "$command"
}

screen() { "${tmux[@]}" capture-pane -p "$@"; }

# shows PATTERN: waits until it is on the screen and two looks in a row see the same.
shows() {
    local last='' now
    for _ in $(seq 300); do
        now=$(screen)
        if [ "$now" = "$last" ] && grep -qE -- "$1" <<< "$now"; then return; fi
        last=$now
        sleep 0.2
    done
    screen >&2
    fail "waited a minute in vain for '$1' on the screen above"
}

# picture NAME: what is on the screen now, without empty rows at its end, into the documentation.
picture() {
    local rows
    rows=$(screen | sed -n '/[^ ]/=' | tail -n 1)
    screen -e -N | head -n "$rows" > "$work/$1.ansi"
    node "$here/render.js" "$columns" "$rows" "$work/$1.ansi" "server/docs/pictures/$1.png"
    "${tmux[@]}" kill-server
    echo "server/docs/pictures/$1.png"
}

for name in "${wanted[@]}"; do
    case $name in
        neovim)
            nvim=$(tests/install/neovim.sh)
            # From a row on where suggestions and two planted suspects are in sight.
            start 30 "'$nvim' --clean -n -u '$here/init.lua' +'set number wrap linebreak signcolumn=yes laststatus=0 noruler' +'normal! 80Gzt6l' tickets.jsonl"
            shows '[a-z]+ [0-9]{1,2}%'
            picture neovim
            ;;
        watch)
            start 48 "printf '\$ gloss watch\n'; gloss watch"
            shows 'tickets\.jsonl:[0-9]+'
            picture watch
            ;;
        *) fail "no picture is called '$name'; there are: neovim, watch" ;;
    esac
done
