# Real screens for the programs under test, by tmux with a server of its own. To be sourced, from the repository root:
#
#   . tests/editors/terminal.sh        $gloss is the executable that programs find on PATH; $columns the width; $encoder, if it is
#                                      set, an encoder's folder
#
# Nothing of the user's own configuration, state or cache takes part: $work is a temporary folder that stands for them, with
# home/ and config/ in it, and goes at the end. Defines:
#
#   fail MESSAGE            ends with it
#   readme TITLE            the lines that README.md gives below the line of its Editors in which TITLE stands
#   copy NAME               a fresh copy of fixtures/NAME, in $work
#   open ROWS NAME COMMAND  a terminal, in place of the one before, that runs the command in $work/NAME
#   keys KEY...             presses them; names as of `tmux send-keys`
#   screen [OPTION...]      what is on it now; options of `tmux capture-pane`
#   await WHAT COMMAND...   until the command holds; after a minute it fails and shows the screen
#   shows PATTERN           does the screen? (extended regular expression)
#   rests PATTERN           does it, and have two looks in a row seen the same?
#   ended                   has the program ended, and all that it started on this terminal?
#   hints                   line and text of every suggestion on the screen: `93 bug 67%`

columns=${columns:-128}
work=$(mktemp -d)
opened=0
tmux=(tmux -S "$work/tmux-$opened" -f /dev/null)
trap '"${tmux[@]}" kill-server 2> /dev/null || true; rm -rf "$work"' EXIT
mkdir -p "$work"/{bin,home,config,state/nvim}
ln -s "$(realpath "$gloss")" "$work/bin/gloss"

fail() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }

readme() {
    awk -v title="$1" '
        /^## / { editors = $0 == "## Editors" }
        editors && index($0, title) { found = 1; next }
        found && /^    / { print substr($0, 5); begun = 1 }
        found && /^$/ && begun { print }
        found && /^[^ ]/ { exit }
        END { exit !begun }' README.md || fail "README.md says nothing below '$1'"
}

copy() {
    rm -rf "${work:?}/$1"
    cp -r "fixtures/$1" "$work/$1"
}

open() {
    "${tmux[@]}" kill-server 2> /dev/null || true
    # A server at another place: the one before may take a while to be gone.
    tmux=(tmux -S "$work/tmux-$((++opened))" -f /dev/null)
    "${tmux[@]}" set -g default-terminal tmux-256color \; set -ga terminal-overrides ',*:Tc' \; set -g status off \; \
        set -g remain-on-exit on \; set -s escape-time 0 \; new-session -d -x "$columns" -y "$1" -c "$work/$2" \
        env PATH="$work/bin:$PATH" HOME="$work/home" XDG_CONFIG_HOME="$work/config" XDG_DATA_HOME="$work/home" \
        XDG_STATE_HOME="$work/state" XDG_CACHE_HOME="$work/cache" GLOSS_ENCODER="${encoder:-none}" COLORTERM=truecolor LANG=C.UTF-8 PS1='$ ' bash --norc -c "$3"
}

keys() { "${tmux[@]}" send-keys "$@"; }
screen() { "${tmux[@]}" capture-pane -p "$@"; }
shows() { screen | grep -qE -- "$1"; }
rests() { shows "$1" && [ "$(screen -e)" = "$(sleep 0.3 && screen -e)" ]; }
ended() { [ "$("${tmux[@]}" display-message -p '#{pane_dead}')" = 1 ]; }
hints() { screen | sed -nE 's/^[^0-9]*([0-9]+) .*\} ?([a-z]+ [0-9]+%).*/\1 \2/p'; }

# A screen tells nobody that it was drawn; looking again is the only way to wait for it.
await() {
    local what=$1 end=$((SECONDS + 60))
    shift
    until "$@"; do
        if [ "$SECONDS" -ge "$end" ]; then
            screen | sed 's/ *$//' >&2
            fail "waited a minute in vain for $what; the screen is above"
        fi
        sleep 0.05
    done
}
