#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Usage: tests/system/test_demo.sh
#
# The demonstration passes with a few calls and says what it must; and it leaves nothing running and
# nothing changed, whether it ends by itself or by a signal, before and while media flows. Exits 77,
# with the reason, where it cannot run.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.."

pages=/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages
skip() {
	echo "skipped: $1"
	exit 77
}

fail() {
	echo "FAIL: $1"
	cat "$dir"/out
	exit 1
}

[[ $EUID -eq 0 ]] || skip "needs root, for hugepages"
(($(nproc) >= 2)) || skip "needs two processors"
[[ -w $pages ]] || skip "needs hugepages of 2 MB"
dir=$(mktemp -d /tmp/test_demo.XXXXXX)
trap 'rm -rf "$dir"' EXIT

# What belongs to a run carries its folder's name.
left_by() { # WHEN
	local found
	found=$(grep -alF "/tmp/sluice-demo.$mark" /proc/[0-9]*/cmdline 2>/dev/null || true)
	[[ -z $found ]] || fail "left running after $1: $found"
	[[ -z $(compgen -G "/tmp/sluice-demo.$mark*") ]] || fail "left files after $1"
	[[ -z $(compgen -G "/var/run/dpdk/sluice-demo.$mark*") ]] || fail "left DPDK's after $1"
	[[ $(<"$pages") == "$before" ]] || fail "left $(<"$pages") hugepages, not $before, after $1"
}

before=$(<"$pages")
mark=$RANDOM$$-
export SLUICE_DEMO_MARK=$mark

scripts/demo.sh --calls 50 --seconds 2 --json "$dir/json" >"$dir/out" 2>&1 || fail "exit status $?"
for word in 'set-up rate' packets lost corrupt latency cycles/packet cores 'demo: PASS'; do
	grep -q "^$word" "$dir/out" || fail "does not say '$word'"
done
python3 -c 'import json, sys
r = json.load(open(sys.argv[1]))
assert r["passed"] and r["calls"]["placed"] == 50 and r["cycles_per_packet"]["protect"] > 0' \
	"$dir/json" || fail "its JSON"
left_by "a run"
echo "ok: 50 calls"

# Signals it within two milliseconds of when it says WHEN, and sees what it leaves. It is in a group
# of its own, as at a terminal; INT is not ignored there, as it is behind '&'.
signal_at() { # WHEN SIGNAL
	local status=0
	python3 - "$1" "$2" "$dir/out" <<-'PYTHON' || status=$?
		import os, random, signal, subprocess, sys, time
		when, name, path = sys.argv[1:]
		def alone():
		    signal.signal(signal.SIGINT, signal.SIG_DFL)
		    os.setpgid(0, 0)
		demo = subprocess.Popen(
		    ["scripts/demo.sh", "--calls", "50", "--seconds", "60"],
		    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, preexec_fn=alone)
		with open(path, "w") as out:
		    for line in demo.stdout:
		        out.write(line)
		        if when in line:
		            break
		ready = time.perf_counter() + random.uniform(0, 0.002)
		while time.perf_counter() < ready:
		    pass
		send = os.killpg if name == "INT" else os.kill
		send(demo.pid, signal.Signals[f"SIG{name}"])
		try:
		    sys.exit(demo.wait(30))
		except subprocess.TimeoutExpired:
		    os.killpg(demo.pid, signal.SIGKILL)
		    sys.exit(f"goes on after SIG{name} at '{when}'")
	PYTHON
	((status == 130 || status == 143)) || fail "exit status $status after SIG$2"
	left_by "SIG$2 at '$1'"
}

signal_at 'demo: placing' TERM
# often, as it is just then starting what it is to stop
for _ in {1..10}; do
	signal_at 'demo: placing' INT
done
signal_at ' s  sent ' TERM
signal_at ' s  sent ' INT
echo "ok: signals"

! scripts/demo.sh --calls 0 2>"$dir/out" || fail "takes no calls for some"
! scripts/demo.sh --calls 5x 2>"$dir/out" || fail "takes 5x for a number"
! scripts/demo.sh --json /nowhere/file 2>"$dir/out" || fail "takes a file that cannot be"
[[ $(<"$dir/out") == 'demo: --json: /nowhere/file cannot be written' ]] || fail "says more than that"
left_by "wrong usage"
echo "ok: wrong usage"
