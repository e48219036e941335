#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Usage: tests/system/test_build_lock.sh
#
# While somebody builds in build/release, scripts that would build there wait, say so, and end by a
# signal all the same; then they go on. Exits 77, with the reason, where it cannot run.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.."

if [[ $EUID -ne 0 ]]; then
	echo "skipped: needs root, as the demo does"
	exit 77
fi
dir=$(mktemp -d /tmp/test_build_lock.XXXXXX)
script=''
clean() {
	[[ -z $script ]] || kill "$script" 2>/dev/null || true
	[[ -z $script ]] || wait "$script" || true
	rm -rf "$dir"
}
trap clean EXIT

fail() {
	echo "FAIL: $1"
	cat "$dir/out"
	exit 1
}

start() { # SCRIPT ARGUMENT...
	local name=$1
	shift
	: >"$dir/out"
	"scripts/$name" "$@" {lock}>&- >"$dir/out" 2>&1 &
	script=$!
}

until_says() { # WORDS
	for _ in {1..300}; do
		! grep -q -- "$1" "$dir/out" || return 0
		kill -0 "$script" 2>/dev/null || break
		sleep 0.1
	done
	fail "does not say '$1'"
}

stop() {
	local status=0
	kill "$script"
	wait "$script" || status=$?
	script=''
	((status == 143)) || fail "exit status $status after SIGTERM"
}

exec {lock}>build/release.lock
flock "$lock"
for each in 'test.sh --quick' 'bench.sh crypto' 'demo.sh --calls 1'; do
	read -ra words <<<"$each"
	start "${words[@]}"
	until_says ': waits for another build in build/release'
	sleep 1
	! grep -Eq 'ninja|building' "$dir/out" || fail "builds all the same"
	stop
	echo "ok: ${words[0]} waits"
done

start demo.sh --calls 1
until_says ': waits for another build in build/release'
flock -u "$lock"
until_says 'demo: a CA'
flock -n "$lock" || fail "has the lock after its build"
stop
echo "ok: demo.sh goes on"
