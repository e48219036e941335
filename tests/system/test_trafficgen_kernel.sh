#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Usage: tests/system/test_trafficgen_kernel.sh PATH-OF-SLUICE-TRAFFICGEN
#
# The generator over AF_PACKET on a veth pair, without hugepages, against a relay of
# plain UDP sockets in a network namespace: the kernel there must learn the generator's
# addresses from its answers to ARP and neighbour solicitation, accept its checksums,
# and send from IPv4 to IPv6 and back. Exits 77, with the reason, where it cannot run.
set -euo pipefail

generator=$(realpath -- "$1")
dir=$(mktemp -d /tmp/test_trafficgen.XXXXXX)
id=tg$$
relay=''

clean() {
	[[ -z $relay ]] || kill "$relay" 2>/dev/null || true
	[[ -z $relay ]] || wait "$relay" 2>/dev/null || true
	ip netns del "$id" 2>/dev/null || true
	ip link del "${id}a" 2>/dev/null || true
	rm -rf "$dir" "/var/run/dpdk/$id"
}
trap clean EXIT

skip() {
	echo "skipped: $1"
	exit 77
}

fail() {
	echo "FAIL: $1"
	cat "$dir"/out "$dir"/relay.log 2>/dev/null || true
	exit 1
}

[[ $EUID -eq 0 ]] || skip "needs root, for a network namespace"
command -v ip >/dev/null || skip "needs ip, of iproute2"
ip netns add "$id" 2>/dev/null || skip "the kernel makes no network namespace"
ip link add "${id}a" type veth peer name "${id}b" netns "$id" 2>/dev/null ||
	skip "the kernel makes no veth pair"

ip link set "${id}a" up
ip -n "$id" link set "${id}b" up
ip -n "$id" addr add 10.77.0.1/24 dev "${id}b"
ip -n "$id" addr add 2001:db8:77::1/64 dev "${id}b" nodad
mac=$(ip netns exec "$id" cat "/sys/class/net/${id}b/address")

# Sockets alone; checksums are made before the veth pair, whose other end is no kernel.
cat >"$dir/relay.py" <<'PYTHON'
import array, fcntl, selectors, socket, struct, sys

ETHTOOL_STXCSUM, SIOCETHTOOL = 0x17, 0x8946
control = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
value = array.array("B", struct.pack("II", ETHTOOL_STXCSUM, 0))
fcntl.ioctl(control, SIOCETHTOOL,
            struct.pack("16sP16x", sys.argv[1].encode(), value.buffer_info()[0]))
sel = selectors.DefaultSelector()
for port in range(16384, 16424):
    a = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    b = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    a.bind(("10.77.0.1", port))
    b.bind(("2001:db8:77::1", port))
    sel.register(a, selectors.EVENT_READ, (b, ("2001:db8:77::2", port)))
    sel.register(b, selectors.EVENT_READ, (a, ("10.77.0.2", port)))
print("ready", flush=True)
while True:
    for key, _ in sel.select():
        other, to = key.data
        other.sendto(key.fileobj.recv(2048), to)
PYTHON
ip netns exec "$id" python3 "$dir/relay.py" "${id}b" >"$dir/relay.log" 2>&1 &
relay=$!
for _ in {1..100}; do
	grep -q ready "$dir/relay.log" && break
	kill -0 "$relay" 2>/dev/null || skip "the relay does not start: $(tail -n 1 "$dir/relay.log")"
	sleep 0.1
done

vdev=net_af_packet0,iface=${id}a
device=(--no-huge --file-prefix "$id" --port "$vdev")
generate() { # STATUS ARGUMENT...
	local want=$1 status=0
	shift
	timeout 60 "$generator" "${device[@]}" --dst-mac "$mac" --sheet "$dir/sheet" --seconds 1 \
		--warmup 0.5 --drain 500 --rtcp 0.5 "$@" >"$dir/out" 2>&1 || status=$?
	# a busy machine may send late: that is no fault of what is tested
	if [[ $status -eq 1 && $want -eq 0 ]] &&
		[[ $(grep '^failed: ' "$dir/out") == 'failed: less was sent than the rate asked for' ]]; then
		status=0
	fi
	[[ $status -eq $want ]] || fail "exit status $status, not $want: $*"
}

echo 'calls 10 a.gen=10.77.0.2 a.relay=10.77.0.1 b.gen=2001:db8:77::2 b.relay=2001:db8:77::1
	ports=16384-16500 suite=RTP rtcp=own' | tr '\n\t' '  ' >"$dir/sheet"
generate 0
generate 0 --codec video
device=(--lcores "0@0,1@0" --no-huge --no-shconf --no-pci --file-prefix "$id" --vdev "$vdev" --)
generate 0 --direction b --verify sample:2
neighbours=$(ip -n "$id" neigh)
grep -q '^10.77.0.2 .*lladdr' <<<"$neighbours" || fail "no answer to ARP: $neighbours"
grep -q '^2001:db8:77::2 .*lladdr' <<<"$neighbours" || fail "no answer to solicitation: $neighbours"
echo "ok: IPv4 to IPv6 and back, ARP and solicitations answered"

# a relay's key differs from the sheet's: nothing verifies
sed -i 's/ suite=RTP/ a.suite=RTP b.suite=AES_CM_128_HMAC_SHA1_80 pt=0/' "$dir/sheet"
generate 1 --direction a
grep -q '^  tag ' "$dir/out" || grep -q '^  malformed ' "$dir/out" || fail "taken for SRTP"
echo "ok: what is not sealed does not verify"
echo "PASS"
