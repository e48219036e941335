#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Usage: scripts/deps.sh [--build] [--list]
#
# Installs the Debian packages that building, testing and checking Sluice need; --build: only those
# of building, the demo and running. Does nothing, and needs no root, when all are there. --list only
# names them.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

# What building, the demo and running need; then what tests, checks and benchmarks do.
needed=(
	build-essential    # gcc, libc headers, nm
	cmake              # the build
	ninja-build        # the build
	pkg-config         # finds the libraries below
	libssl-dev         # OpenSSL 3: key derivation, certificates
	libipsec-mb-dev    # SRTP in bursts
	libsrtp2-dev       # the portable backend, and the oracle of the tests
	libdpdk-dev        # NICs, memory, queues: the data plane
	libconfig-dev      # hardware profiles
	libjansson-dev     # JSON of the ng protocol
	libevent-dev       # event loop, TLS streams and HTTP of the control plane
	libwslay-dev       # WebSocket frames
	libsqlite3-dev     # calls kept over a restart
	libmnl-dev         # routes and neighbours from the kernel
	libcap-ng-dev      # capabilities of the control plane and of tests; the data plane needs none
	libcmocka-dev      # unit tests, which the build is set up with
	python3            # the demo's table; test.sh reads ctest's report with it
	openssl            # demo: a CA to throw away
)
for_tests=(
	git                # the checks ask it which files are ours
	dpdk               # testpmd: the benchmarks' I/O limit
	iproute2           # system tests: namespaces, routes, neighbours
	python3-pytest     # system tests
	python3-cryptography # system tests: a CA to throw away
	ethtool            # system tests: checksums on veth
	iputils-ping       # system tests: ping through the TAP
	ffmpeg             # system tests: SRTP not of ours
	gstreamer1.0-tools # system tests: SRTP not of ours, GCM too
	gstreamer1.0-plugins-base # its sine tone and A-law
	gstreamer1.0-plugins-good # its RTP and UDP
	gstreamer1.0-plugins-bad  # its SRTP
	kamailio           # system tests: the SIP proxy, with its rtpengine module
	kamailio-lwsc-modules # its way to a relay by WebSocket
	kamailio-tls-modules  # its way to phones by TLS
	sip-tester         # system tests: SIPp, phones with plain RTP
	baresip-core       # system tests: phones with SRTP
	stunnel4           # system tests: a client certificate for Kamailio
	clang              # the second compiler; libFuzzer
	libclang-rt-14-dev # clang's sanitizer and fuzzer runtimes
	clang-format       # lint: layout
	clang-tidy         # lint: analysis, naming, function size
	cppcheck           # lint: a second analyser
	shellcheck         # lint: these scripts
	systemd            # system tests: its word on our units
)
packages=("${needed[@]}" "${for_tests[@]}")

list=0
for argument; do
	case $argument in
	--build) packages=("${needed[@]}") ;;
	--list) list=1 ;;
	-h | --help)
		sed -n '4,/^set/{/^set/d; s/^# \{0,1\}//p}' scripts/deps.sh
		exit
		;;
	*)
		echo "deps.sh: unknown argument '$argument'; see --help" >&2
		exit 2
		;;
	esac
done
if ((list)); then
	printf '%s\n' "${packages[@]}"
	exit
fi

if ! command -v apt-get dpkg-query >/dev/null; then
	echo "deps.sh: no apt-get here. Install what Debian 12 calls: ${packages[*]}" >&2
	exit 1
fi

missing=()
for package in "${packages[@]}"; do
	# one 'installed' for each architecture, or nothing
	state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
	[[ $state == installed* ]] || missing+=("$package")
done
[[ ${#missing[@]} -gt 0 ]] || exit 0

if [[ $EUID -ne 0 ]]; then
	echo "deps.sh: missing packages. As root, run: apt-get update && apt-get install ${missing[*]}" >&2
	exit 1
fi

echo "deps.sh: installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
# another apt may hold the lock for a while, as on a machine just started
apt=(apt-get -q -o DPkg::Lock::Timeout=300)
# one source out of reach need not stop us: the install below says if it was needed
"${apt[@]}" update || echo "deps.sh: apt-get update failed; trying with the lists at hand" >&2

# Programs are wanted here, not services: nothing is started now (Debian asks policy-rc.d first),
# and Kamailio, alone of these a server that listens by itself, not at the next boot either. One
# that was installed before is left as it is.
policy=/usr/sbin/policy-rc.d
if [[ ! -e $policy ]]; then
	trap 'rm -f "$policy"' EXIT
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod 755 "$policy"
fi
"${apt[@]}" install -y --no-install-recommends "${missing[@]}"
if [[ " ${missing[*]} " == *" kamailio "* ]]; then
	update-rc.d kamailio disable
fi
