#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Benchmarks: builds what is measured, optimised, and runs it on one core.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/build-lock.sh
source scripts/build-lock.sh

usage() {
	cat <<-EOF
		usage: scripts/bench.sh crypto [--seconds N] [--json FILE] [--filter TEXT]
		       scripts/bench.sh relay [--seconds N] [--json FILE] [--filter TEXT]
		       scripts/bench.sh signaling [--seconds N] [--json FILE] [--filter TEXT]

		crypto: SRTP protect and unprotect, million packets a second and cycles a packet of one
		core, for suites x payload {20, 160, 500, 1200} x streams {1, 1000, 10000, 100000}; in
		the same run the raw libipsec-mb figure for the same bytes and keys, and libsrtp2's as
		installed; then the memory of a context. 256 rows, about four minutes.

		relay: sluice-dataplane on one core, sluice-trafficgen on another, over vhost-user: the
		highest rate without loss for RTP to RTP, RTP to SRTP and SRTP to SRTP x payload
		{160, 1200} x calls {100, 10000, 100000}, beside 1 / (crypto + I/O) of the same run;
		cycles by stage, latency at 80 % of the rate, goodput at twice of it. Needs root, two
		cores and hugepages. 30 rows, about twenty minutes.

		signaling: calls a second that sluice-controlplane places on one core, over 1 and over
		64 TLS connections with client certificates, at maximum and at 5,000 a second, with
		latencies; beside it rtpengine-daemon, if installed, over UDP. Needs root, two cores
		and hugepages. 8 rows, a minute.

		  --seconds N    measured time of a row or trial
		  --json FILE    write the rows there, too
		  --filter TEXT  only rows whose name holds TEXT, as in /160/10000; to relay and
		                 signaling TEXT is a regular expression

		crypto takes the last processor that this shell may use; SLUICE_BENCH_CPU=N another.
		Figures of a shared or busy machine are noise: compare the share, not the Mpps.
	EOF
}

what=${1-}
case $what in
crypto | relay | signaling) shift ;;
-h | --help)
	usage
	exit 0
	;;
*)
	usage >&2
	exit 2
	;;
esac

scripts/deps.sh >&2
case $what in
crypto) targets=(bench_crypto) ;;
relay) targets=(bench_crypto sluice-dataplane sluice-trafficgen plane-driver) ;;
signaling) targets=(sluice-dataplane sluice-controlplane sluice-trafficgen plane-driver) ;;
esac
# Messages of the build are shown when it fails; stdout is the benchmark's.
log=$(mktemp)
trap 'rm -f "$log"' EXIT
build_lock bench build/release
if ! { CC=gcc cmake -S . -B build/release -G Ninja -DCMAKE_BUILD_TYPE=Release &&
	ninja -C build/release "${targets[@]}"; } >"$log" 2>&1; then
	cat "$log" >&2
	exit 1
fi
build_unlock

if [[ $what != crypto ]]; then
	exec /usr/bin/python3 -B "tests/perf/bench_$what.py" "$@"
fi
allowed=$(taskset -cp $$ | sed 's/.*: *//')
cpu=${SLUICE_BENCH_CPU:-${allowed##*[,-]}}
exec taskset -c "$cpu" build/release/tests/bench_crypto "$@"
