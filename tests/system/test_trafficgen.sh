#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Usage: tests/system/test_trafficgen.sh PATH-OF-SLUICE-TRAFFICGEN
#
# The generator against testpmd in 5tswap mode, which sends each frame back with its
# addresses and ports swapped, over virtio-user and vhost-user: what a sheet's 'echo'
# calls expect. And against one in mac mode, which does not swap, so that a check must
# fail. Exits 77, with the reason, where it cannot run.
set -euo pipefail

generator=$(realpath -- "$1")
dir=$(mktemp -d /tmp/test_trafficgen.XXXXXX)
mirror=''

stop_mirror() {
	[[ -z $mirror ]] || kill "$mirror" 2>/dev/null || true
	[[ -z $mirror ]] || wait "$mirror" 2>/dev/null || true
	mirror=''
}
trap 'stop_mirror; rm -rf "$dir"' EXIT

skip() {
	echo "skipped: $1"
	exit 77
}

fail() {
	echo "FAIL: $1"
	[[ ! -f $dir/out ]] || cat "$dir/out"
	[[ ! -f $dir/mirror.log ]] || tail -n 20 "$dir/mirror.log"
	exit 1
}

[[ $EUID -eq 0 ]] || skip "needs root, for hugepages"
command -v dpdk-testpmd >/dev/null || skip "needs dpdk-testpmd"
(($(nproc) >= 2)) || skip "needs two cores"
free=$(awk '/^HugePages_Free/ { print $2 }' /proc/meminfo)
size=$(awk '/^Hugepagesize/ { print $2 }' /proc/meminfo)
((free * size >= 512 * 1024)) || skip "needs 512 MB of free hugepages, has $((free * size / 1024))"

start_mirror() { # MODE
	stop_mirror
	rm -f "$dir/vhost" "$dir/stdin"
	mkfifo "$dir/stdin"
	# it runs until its input ends
	dpdk-testpmd -l 0,1 --main-lcore 0 --no-pci --in-memory --single-file-segments \
		--no-telemetry --vdev "net_vhost0,iface=$dir/vhost,queues=1" -- --nb-cores=1 --rxq=1 \
		--txq=1 --rxd=1024 --txd=1024 --total-num-mbufs=16384 --forward-mode="$1" \
		--auto-start <"$dir/stdin" >"$dir/mirror.log" 2>&1 &
	mirror=$!
	exec 9>"$dir/stdin"
	for _ in {1..150}; do
		# the link comes up, and forwarding starts, when the generator connects
		grep -q 'Checking link statuses' "$dir/mirror.log" && return
		kill -0 "$mirror" 2>/dev/null || fail "testpmd ended"
		sleep 0.1
	done
	fail "testpmd does not start"
}

# Runs the generator; its exit status must be the first argument.
generate() { # STATUS ARGUMENT...
	local want=$1 status=0
	shift
	timeout 60 "$generator" --port "net_virtio_user0,path=$dir/vhost,queue_size=1024" --core 0 \
		--descriptors 1024 --dst-mac 02:00:00:00:00:01 --sheet "$dir/sheet" \
		--warmup 0.5 --drain 500 --json "$dir/json" "$@" >"$dir/out" 2>&1 || status=$?
	# a busy machine may send late: that is no fault of what is tested
	if [[ $status -eq 1 && $want -eq 0 ]] &&
		[[ $(grep '^failed: ' "$dir/out") == 'failed: less was sent than the rate asked for' ]]; then
		status=0
	fi
	[[ $status -eq $want ]] || fail "exit status $status, not $want: $*"
}

# Reads a value of the result: a Python expression over r.
value() {
	python3 -c 'import json, sys; r = json.load(open(sys.argv[1])); t = r["trial"]
print(eval(sys.argv[2]))' "$dir/json" "$1"
}

expect() { # EXPRESSION
	[[ $(value "$1") == True ]] || fail "not so: $1: $(grep -v histogram_ns "$dir/json")"
}

cat >"$dir/sheet" <<'SHEET'
# 90 calls of all kinds; 4,500 packets a second at the pace of G.711
calls 30 echo gen=10.0.0.2 relay=10.0.0.1 ports=16384-16500 suite=RTP
calls 30 echo gen=2001:db8::2 relay=2001:db8::1 ports=16384-16500 seq=65500 rtcp=own seed=1 \
	suite=AES_CM_128_HMAC_SHA1_80
calls 30 echo gen=10.0.0.3 relay=10.0.0.1 ports=20000-20100 seq=random roc=7 pt=96 seed=2 \
	suite=AEAD_AES_128_GCM
SHEET

start_mirror 5tswap
for codec in g711 opus video; do
	generate 0 --codec "$codec" --seconds 2 --rtcp 0.5
	expect 't["sent"] > 5000 and t["sent"] == t["received"] == t["verified"]'
	expect 't["rtcp"]["sent"] > 200 and t["rtcp"]["received"] == t["rtcp"]["sent"]'
	expect 't["streams_heard"] == 90 and r["passed"] and r["failed"] == []'
	expect 'sum(n for low, high, n in t["histogram_ns"]) == t["latency_ns"]["count"] > 5000'
	expect '0 < t["latency_ns"]["min"] <= t["latency_ns"]["p50"] <= t["latency_ns"]["max"]'
	echo "ok: $codec"
done

generate 0 --rate 20000 --payload 20 --seconds 1 --presealed 16 --verify sample:4
expect '19700 <= t["sent"] <= 20300 and t["verified"] * 3 < t["sent"] == t["received"]'
expect 't["latency_ns"]["count"] == t["verified"]'
echo "ok: presealed, sampled"

generate 0 --search loss=0 --search-max 4000 --search-min 1000 --seconds 0.3 --presealed 4
expect '1000 < r["search"]["rate_pps"] <= 4000 and r["search"]["trials"][0]["asked_pps"] == 4000'
expect 'all(x["lost"] == x["faulty"] == 0 for x in r["search"]["trials"])'
echo "ok: search"

generate 0 --vlan 5 --seconds 1
expect 't["sent"] == t["verified"] > 4000'
echo "ok: tagged"

start_mirror mac
generate 1 --seconds 1
expect 'not r["passed"] and "loss" in r["failed"] and t["received"] == 0 and t["lost"] > 4000'
expect 't["foreign"] + sum(t["faulty"].values()) > 4000'
echo "ok: a relay that sends to the wrong address fails"
stop_mirror

generate 2 --port net_nothing0
generate 2 --rate slow
generate 2 --presealed 1
echo "PASS"
