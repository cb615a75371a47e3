#!/usr/bin/env bash
# Puts a Neovim of at least 0.10 into DIR, beside the system, and prints the path of its executable.
#
#   tests/install/neovim.sh [DIR]          DIR: .cache/neovim of this repository unless given
#   NEOVIM_SUITE=sid tests/install/...     another Debian suite than trixie
#
# Debian 12 ships 0.7, which has no inlay hints and no vim.lsp.start. The package of a newer suite wants a newer libc,
# so the system is left alone: apt resolves against an empty list of installed packages, which makes it fetch libc and
# all else that is needed too; the packages are unpacked into DIR, and the executable is told to use the loader and the
# libraries found there. Programs that Neovim starts go on using the system's.
#
# Does nothing when DIR already holds a Neovim that runs, or when the system's is new enough.
set -euo pipefail

repository=$(cd "$(dirname "$0")/../.." && pwd)
dir=$(realpath -m "${1:-$repository/.cache/neovim}")
suite=${NEOVIM_SUITE:-trixie}

say() { printf 'neovim.sh: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

recent() { # does this executable run, and is it 0.10 or later?
    local version
    version=$("$1" --version 2>/dev/null | sed -n '1s/^NVIM v//p') || return 1
    [ -n "$version" ] && [ "$(printf '0.10\n%s\n' "$version" | sort -V | head -n 1)" = 0.10 ]
}

nvim=$dir/usr/bin/nvim
if recent "$nvim"; then echo "$nvim"; exit; fi
if system=$(command -v nvim) && recent "$system"; then echo "$system"; exit; fi

by_hand="Install Neovim 0.10 or later yourself and put it on PATH."
command -v apt-get > /dev/null && command -v dpkg-deb > /dev/null || fail "this needs apt and dpkg. $by_hand"
[ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || fail "the keys of Debian's archive are missing (package debian-archive-keyring). $by_hand"

if ! command -v patchelf > /dev/null; then
    [ "$(id -u)" = 0 ] || fail "patchelf is missing. Run 'apt-get install patchelf' as root, then this again. Or: $by_hand"
    say "installing patchelf"
    apt-get install -y -qq --no-install-recommends patchelf > /dev/null < /dev/null ||
        { apt-get update -qq && apt-get install -y -qq --no-install-recommends patchelf > /dev/null; } < /dev/null
fi

# The archive that this machine already uses, whichever mirror that is. Security and third-party archives have other paths.
mirror=$(apt-get indextargets --format '$(REPO_URI)' | grep -E '/debian/?$' | sort -u | head -n 1) || true
[ -n "$mirror" ] || fail "found no Debian archive in apt's sources. $by_hand"

say "fetching neovim of $suite into $dir"
mark=$dir/.unpacked-by-neovim.sh
if [ -n "$(ls -A "$dir" 2>/dev/null)" ]; then
    [ -e "$mark" ] || fail "$dir is not empty and was not made by this script. Name an empty folder."
    rm -rf "$dir"
fi
mkdir -p "$dir"/apt/{state/lists/partial,cache/archives/partial}
: > "$mark"
: > "$dir/apt/state/status"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" > "$dir/apt/sources.list"
options=(
    -o Dir::Etc::SourceList="$dir/apt/sources.list" -o Dir::Etc::SourceParts=/dev/null -o Dir::Etc::PreferencesParts=/dev/null
    -o Dir::State="$dir/apt/state" -o Dir::State::status="$dir/apt/state/status" -o Dir::Cache="$dir/apt/cache"
    -o APT::Install-Recommends=false -o APT::Sandbox::User="$(id -un)" -o Acquire::Languages=none -o Debug::NoLocking=true
)
apt-get "${options[@]}" -qq update < /dev/null
apt-get "${options[@]}" -qq -y --download-only install neovim > "$dir/apt/log" < /dev/null || fail "apt could not fetch neovim: $(tail -n 3 "$dir/apt/log")"
for package in "$dir"/apt/cache/archives/*.deb; do dpkg-deb -x "$package" "$dir"; done
rm -rf "$dir/apt"

# Neovim starts itself again through /proc/self/exe for its screen, so calling the loader with the executable as its
# argument would not do: the path of the loader must stand in the file.
# (The links /lib and /lib64 belong to a package that is not fetched: look by name.)
loader=$(find "$dir/usr" -name "$(basename "$(patchelf --print-interpreter "$nvim")")" -print -quit)
libraries=$(dirname "$(find "$dir/usr" -name libc.so.6 -print -quit)")
patchelf --set-interpreter "$loader" --force-rpath --set-rpath "$libraries" "$nvim"

recent "$nvim" || fail "what was unpacked into $dir does not run: $("$nvim" --version 2>&1 | head -n 2)"
say "$("$nvim" --version | head -n 1)"
echo "$nvim"
