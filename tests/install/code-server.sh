#!/usr/bin/env bash
# Puts VS Code 1.100.3, as code-server 4.100.3, and a driver for it into DIR and prints DIR: tests/install/code-server.sh [DIR]
# DIR: .cache/vscode of this repository unless given.
#
# 4.100.3 is the newest code-server for Node 20. Its install scripts want what is not everywhere: a download of ripgrep, and npx. So they are
# left out, Debian's ripgrep is linked in, and the modules that it needs to start and to write logs are compiled here.
# Needs node 20 and npm; as root on Debian it installs chromium, ripgrep, python3, make and g++ when they are missing.
#
# Does nothing when DIR already holds one that runs.
set -euo pipefail

repository=$(cd "$(dirname "$0")/../.." && pwd)
dir=$(realpath -m "${1:-$repository/.cache/vscode}")
version=4.100.3

say() { printf 'code-server.sh: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

command -v npm > /dev/null || fail "node 20 and npm are missing."
declare -A package_of=([chromium]=chromium [rg]=ripgrep [python3]=python3 [make]=make [g++]=g++ [curl]=curl)
missing=()
for tool in "${!package_of[@]}"; do command -v "$tool" > /dev/null || missing+=("${package_of[$tool]}"); done
if [ ${#missing[@]} -gt 0 ]; then
    [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null || fail "missing: ${missing[*]}. Install them first."
    say "installing ${missing[*]}"
    { apt-get install -y -qq --no-install-recommends "${missing[@]}" > /dev/null ||
        { apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}" > /dev/null; }; } < /dev/null
fi

mark=$dir/.installed-by-code-server.sh
if [ "$(cat "$mark" 2> /dev/null)" = "$version" ] && "$dir/node_modules/.bin/code-server" --version > /dev/null 2>&1; then
    echo "$dir"
    exit
fi
[ -z "$(ls -A "$dir" 2> /dev/null)" ] || [ -e "$mark" ] || fail "$dir is not empty and was not made by this script. Name an empty folder."
say "fetching code-server $version into $dir"
rm -rf "$dir"
mkdir -p "$dir"
: > "$mark"
cd "$dir"
# node-gyp finds Node's headers where Node's package put them, and else fetches them.
if [ -e /usr/include/node/node.h ]; then export npm_config_nodedir=${npm_config_nodedir:-/usr}; fi
export npm_config_audit=false npm_config_fund=false npm_config_unsafe_perm=true npm_config_loglevel=error
echo '{ "private": true }' > package.json
{
    npm install --ignore-scripts "code-server@$version" playwright-core@1
    npm rebuild argon2
    cd node_modules/code-server/lib/vscode
    npm install --omit=dev --ignore-scripts
    npm rebuild @vscode/spdlog native-watchdog @parcel/watcher
    mkdir -p node_modules/@vscode/ripgrep/bin
    ln -sf "$(command -v rg)" node_modules/@vscode/ripgrep/bin/rg
    (cd extensions && npm install --omit=dev --ignore-scripts)
} > "$dir/log" 2>&1 < /dev/null || fail "npm could not install it: $(tail -n 5 "$dir/log")"

"$dir/node_modules/.bin/code-server" --version > /dev/null || fail "what was installed into $dir does not run."
echo "$version" > "$mark"
echo "$dir"
