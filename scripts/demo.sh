#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Usage: scripts/demo.sh [--calls N] [--seconds N] [--json FILE]
#
# Sluice at work, on one machine and without any hardware: installs what it needs, builds, starts
# both planes on the loopback profile with a throw-away CA, and places N calls (1000) over mutual
# TLS, half of them RTP to SRTP, half SRTP to SRTP under another suite. Their media flows for some
# seconds (10), every packet is decrypted and compared, and each call's statistics are too. Ends
# with a table. Needs root, two processors, and 448 MB of memory as hugepages (12000 calls: 576).
#
# Exit status: 0 if every check held, 1 if not. Nothing is left running or changed, but for the
# packages and build/.
# shellcheck disable=SC2317 # functions that a step or a trap calls
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/build-lock.sh
source scripts/build-lock.sh

calls=1000 seconds=10 json=''

die() { # WHY
	echo "demo: $1" >&2
	exit 1
}

is_number() { # TEXT MIN MAX
	[[ $1 =~ ^[1-9][0-9]{0,5}$ ]] && (($1 >= $2 && $1 <= $3))
}

while (($#)); do
	case $1 in
	--calls | --seconds | --json)
		(($# > 1)) || die "$1 wants a value; see --help"
		case $1 in
		--calls) calls=$2 ;;
		--seconds) seconds=$2 ;;
		--json) json=$2 ;;
		esac
		shift 2
		;;
	-h | --help)
		sed -n '4,/^# shellcheck/{/^# shellcheck/d; s/^# \{0,1\}//p}' scripts/demo.sh
		exit
		;;
	*) die "unknown argument '$1'; see --help" ;;
	esac
done
is_number "$calls" 1 12000 || die "--calls: a number from 1 to 12000, as ports of an address allow"
is_number "$seconds" 1 3600 || die "--seconds: a number from 1 to 3600"
if [[ -n $json ]]; then
	{ : >>"$json"; } 2>/dev/null || die "--json: $json cannot be written"
fi
[[ $EUID -eq 0 ]] || die "needs root, for packages and hugepages"

# The worker polls on one processor; all else is on the others.
mapfile -t cpus < <(python3 -c 'import os; print(*sorted(os.sched_getaffinity(0)), sep="\n")' \
	2>/dev/null || seq 0 $(($(nproc) - 1)))
((${#cpus[@]} >= 2)) || die "needs two processors: one for the relay, one for its callers"
main_cpu=${cpus[0]} worker_cpu=${cpus[1]} caller_cpu=${cpus[2]-${cpus[0]}}

# What is to be undone, in this order, however it ends.
dir='' pages_before='' pids=()
pages=/sys/kernel/mm/hugepages/hugepages-2048kB

# A signal that comes while a process is launched waits until that one is known by its pid.
launching='' signalled=''
on_signal() { # EXIT-STATUS
	signalled=$1
	[[ -n $launching ]] || exit "$1"
}

launch() { # COMMAND...: in the background; the last of the pids is its own
	launching=yes
	"$@" &
	pids+=("$!")
	launching=''
	[[ -z $signalled ]] || exit "$signalled"
}

# Whether PID ends within so many tenths of a second. It is asked for again and again, for bash 5.2
# may forget a child if a signal interrupts 'wait', whose next 'wait' for it then never ends.
ends() { # PID TENTHS
	local i
	for ((i = 0; i < $2; i++)); do
		kill -0 "$1" 2>/dev/null || return 0
		sleep 0.1
	done
	return 1
}

stop() { # PID: waits until it has ended
	kill "$1" 2>/dev/null || return 0
	ends "$1" 100 || { kill -KILL "$1" 2>/dev/null && ends "$1" 100; } || true
}

clean() {
	local i
	trap '' INT TERM HUP
	for ((i = ${#pids[@]} - 1; i >= 0; i--)); do
		stop "${pids[i]}"
	done
	[[ -z $pages_before ]] || echo "$pages_before" >"$pages/nr_hugepages" || true
	[[ -z $dir ]] || rm -rf "$dir" "/var/run/dpdk/${dir##*/}" "/var/run/dpdk/${dir##*/}-calls"
}
trap clean EXIT
trap 'on_signal 130' INT
trap 'on_signal 143' TERM HUP

dir=$(mktemp -d "/tmp/sluice-demo.${SLUICE_DEMO_MARK-}XXXXXX")

# Shows what a step says only if it fails.
step() { # NAME COMMAND...
	local name=$1 status
	shift
	echo "demo: $name"
	set +e # as 'if' or '||' would turn it off within the step
	(
		set -e
		"$@"
	) >"$dir/step.log" 2>&1
	status=$?
	set -e
	((status == 0)) && return
	cat "$dir/step.log" >&2
	die "$name: failed"
}

build() {
	CC=gcc cmake -S . -B build/release -G Ninja -DCMAKE_BUILD_TYPE=Release &&
		ninja -C build/release sluice-dataplane sluice-controlplane sluice-trafficgen plane-driver
}

# --- keys and certificates -------------------------------------------------------------------

user=nobody # whom the control plane becomes; it alone reads its keys

issue() { # NAME PURPOSE SUBJECT-ALTERNATIVE-NAME
	cat >"$dir/pki/$1.cnf" <<-EOF
		distinguished_name = name
		[name]
		[leaf]
		basicConstraints = critical, CA:FALSE
		extendedKeyUsage = $2
		subjectAltName = $3
	EOF
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
		-config "$dir/pki/$1.cnf" -extensions leaf -subj "/CN=$1" \
		-CA "$dir/pki/ca.crt" -CAkey "$dir/pki/ca.key" \
		-keyout "$dir/pki/$1.key" -out "$dir/pki/$1.crt"
}

certify() {
	mkdir -m 711 "$dir/pki"
	printf '%s\n' 'distinguished_name = name' '[name]' '[ca]' \
		'basicConstraints = critical, CA:TRUE' 'keyUsage = critical, keyCertSign, cRLSign' \
		'subjectKeyIdentifier = hash' >"$dir/pki/ca.cnf"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
		-config "$dir/pki/ca.cnf" -extensions ca -subj "/CN=Sluice demo" \
		-keyout "$dir/pki/ca.key" -out "$dir/pki/ca.crt"
	issue relay serverAuth IP:127.0.0.1
	issue caller clientAuth DNS:caller.demo
	build/release/sluice-controlplane --new-node-key "$dir/pki/node.key"
	chmod 600 "$dir"/pki/*.key
	chmod 644 "$dir"/pki/*.crt
	chown "$user" "$dir/pki/relay.key" "$dir/pki/node.key"
	install -d -m 700 -o "$user" "$dir/state"
}

# --- configuration ---------------------------------------------------------------------------

# The profile as shipped; paths, processors and room are this run's. Long queues and a measured
# worker: a processor that is shared with others is taken away for milliseconds.
write_profile() {
	sed -e "s,/run/sluice/loopback.sock,$dir/media.sock," \
		-e "s/main_core = 0;/main_core = $main_cpu; file_prefix = \"${dir##*/}\";/" \
		-e "s/core = 1;/core = $worker_cpu;/" \
		-e 's/_descriptors = 256;/_descriptors = 4096;/' \
		-e 's,"198.18.0.1/24","198.18.0.1/24"\, "198.18.0.9/24",' \
		hwconf/loopback.conf
	cat <<-EOF
		control = { socket = "$dir/plane.sock"; user = "$user"; };
		media = { endpoints = $((4 * calls + 64)); crypto_memory_mb = $((calls / 100 + 16)); };
		stage_cycles = true;
	EOF
}

write_config() { # PORT
	cat <<-EOF
		listeners = ( {
			name = "callers";
			type = "ng-tls";
			address = "127.0.0.1";
			port = $1;
			certificate = "$dir/pki/relay.crt";
			key = "$dir/pki/relay.key";
			client_ca = "$dir/pki/ca.crt";
			client_names = ( "caller.demo" );
		} );
		interfaces = (
			{ name = "plain"; addresses = ( "198.18.0.1" ); encryption = "forbidden"; },
			{ name = "sealed"; addresses = ( "198.18.0.9" ); encryption = "required"; }
		);
		user = "$user";
		session_limit = $calls;
		state_directory = "$dir/state";
		node_key = "$dir/pki/node.key";
		dataplane_socket = "$dir/plane.sock";
	EOF
}

free_port() {
	python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# Enough for both sides of the loopback; given back at the end.
take_hugepages() {
	local need free
	need=$(build/release/sluice-dataplane --porcelain "$dir/relay.conf" |
		sed -n 's/^hugepages_mb=//p')
	need=$((need / 2 + 128))
	free=$(<"$pages"/free_hugepages)
	((free < need)) || return 0
	pages_before=$(<"$pages"/nr_hugepages)
	echo $((pages_before + need - free)) >"$pages/nr_hugepages"
	free=$(<"$pages"/free_hugepages)
	((free >= need)) || die "needs $need hugepages of 2 MB; the kernel finds memory for $free"
}

# --- processes -------------------------------------------------------------------------------

# Programs run in sessions of their own: an interrupt at the terminal is for this shell, which ends
# the calls first. A session can be a group of the scheduler's, which is preferred as a whole.
# shellcheck disable=SC2016 # for the inner shell
preferred=(setsid bash -c '{ echo -15 >/proc/self/autogroup; } 2>/dev/null; exec nice -n -15 "$@"'
	session)

start() { # NAME READY COMMAND...: in the background, until its log says READY
	local name=$1 ready=$2
	shift 2
	launch "$@" >"$dir/$name.log" 2>&1
	for _ in {1..600}; do
		! grep -qs -- "$ready" "$dir/$name.log" || return 0
		kill -0 "${pids[-1]}" 2>/dev/null || break
		sleep 0.1
	done
	cat "$dir/$name.log" >&2
	die "$name did not get ready"
}

start_planes() {
	start dataplane ' ready profile=' \
		"${preferred[@]}" build/release/sluice-dataplane "$dir/relay.conf"
	start controlplane 'event=ready' setsid taskset -c "$main_cpu,$caller_cpu" \
		build/release/sluice-controlplane --config "$dir/sluice.conf"
}

place_calls() { # PORT
	local device=net_virtio_user0,path=$dir/media.sock,queues=1
	launch "${preferred[@]}" build/release/sluice-trafficgen call \
		--calls "$calls" --seconds "$seconds" \
		--ng "tls://127.0.0.1:$1" --ca "$dir/pki/ca.crt" \
		--certificate "$dir/pki/caller.crt" --key "$dir/pki/caller.key" \
		--interface-plain plain --interface-sealed sealed \
		--legs rtp-srtp:AES_CM_128_HMAC_SHA1_80 \
		--legs srtp-srtp:AES_CM_128_HMAC_SHA1_80,AEAD_AES_256_GCM \
		--port "$device,mac=02:00:00:00:00:02,queue_size=4096" --descriptors 4096 --mbufs 16384 \
		--dst-mac 02:00:00:00:00:01 --core "$caller_cpu" --main-core "$main_cpu" \
		--file-prefix "${dir##*/}-calls" --json "$dir/calls.json" >"$dir/calls.log"
	# not in the foreground, where a signal to this shell would wait for it to end
	until ends "${pids[-1]}" 10; do :; done
	wait "${pids[-1]}" || status=$?
	unset 'pids[-1]'
}

# What the worker counted, for which the control plane must leave first.
read_counters() {
	stop "${pids[-1]}"
	unset 'pids[-1]'
	echo counters | build/release/plane-driver "$dir/plane.sock" >"$dir/counters.json"
}

step 'installing what is missing' scripts/deps.sh --build
build_lock demo build/release
step 'building (build/release)' build
build_unlock
chmod 711 "$dir"
step 'a CA, certificates, a node key' certify
port=$(free_port)
write_profile >"$dir/relay.conf"
write_config "$port" >"$dir/sluice.conf"
take_hugepages
echo "demo: starting sluice-dataplane on processor $worker_cpu, and sluice-controlplane"
start_planes
echo "demo: placing $calls calls over mutual TLS, then $seconds s of media"
status=0
place_calls "$port"
if ((status > 1)) || [[ ! -s $dir/calls.json ]]; then
	cat "$dir/calls.log" "$dir/controlplane.log" >&2
	die "no calls: exit status $status"
fi
read_counters
python3 - "$dir" "$json" "$worker_cpu" <<'PYTHON'
import json
import sys

folder, path, worker = sys.argv[1:]
with open(f"{folder}/calls.json", encoding="utf-8") as f:
    calls = json.load(f)
with open(f"{folder}/counters.json", encoding="utf-8") as f:
    counters = json.load(f)
media = calls["media"]
if media is None:
    with open(f"{folder}/calls.log", encoding="utf-8") as f:
        sys.exit(f.read() + "demo: FAIL: the calls were not all placed")

trial, latency, packets = media["trial"], media["trial"]["latency_ns"], counters["rx_packets"]
stages = ("rx", "classify", "flow", "unprotect", "route", "protect", "encap", "tx")
cycles = {s: counters[f"cycles_{s}"] / max(1, packets) for s in stages}
drops = {k[5:]: v for k, v in counters.items() if k.startswith("drop_") and v > 0}
faulty = sum(trial["faulty"].values())
us = {k: latency[k] / 1e3 for k in ("p50", "p99", "p999", "max")}
# what polls find nothing to do is not in the cycles
busy = sum(cycles.values()) * packets / trial["cycles"]["hz"] / trial["seconds"]
# A busy machine may give the generator too little time to send all that it was to. That is said,
# and no fault of what is shown.
slow = media["failed"] == ["rate"]
placed = (calls["placed"] == calls["calls"] == calls["end"]["delete"]["count"]
          and calls["setup"]["wrong"] == calls["end"]["wrong"] == 0)
passed = (placed and (slow or not media["failed"]) and not drops
          and packets == counters["tx_packets"] == trial["sent"])

print(f"""
calls           {calls['placed']:>12,}  of {calls['calls']:,}; {calls['end']['delete']['count']:,} deleted, with the packets that they sent
set-up rate     {calls['setup_per_s']:>12,.0f}  calls a second (offer p99 {calls['setup']['offer']['p99_ns'] / 1e6:.1f} ms, answer p99 {calls['setup']['answer']['p99_ns'] / 1e6:.1f} ms)
packets         {trial['sent']:>12,}  in {trial['seconds']:.1f} s, {trial['sent_pps']:,.0f} a second; {trial['verified']:,} compared byte for byte
lost            {trial['lost']:>12,}
corrupt         {faulty:>12,}
latency         {us['p50']:>12,.0f}  us p50; p99 {us['p99']:,.0f}, p99.9 {us['p999']:,.0f}, max {us['max']:,.0f}
cycles/packet   {sum(cycles.values()):>12,.0f}  {', '.join(f'{s} {c:,.0f}' for s, c in cycles.items())}
cores           {1:>12}  worker on processor {worker}, {100 * busy:.1f} % of it used
""")
if slow:
    print(f"the machine was busy: the generator sent {100 * trial['sent_pps'] / trial['asked_pps']:.0f} % of the packets it was to\n")
for name, n in drops.items():
    print(f"dropped by the relay: {n:,} {name}")
if not passed:
    with open(f"{folder}/calls.log", encoding="utf-8") as f:
        print(f.read())
if path:
    with open(path, "w", encoding="utf-8") as f:
        json.dump({"passed": passed, "calls": calls, "counters": counters, "cores": 1,
                   "cycles_per_packet": {k: round(v, 1) for k, v in cycles.items()}}, f, indent=1)
        f.write("\n")
print("demo: PASS" if passed else "demo: FAIL")
sys.exit(not passed)
PYTHON
