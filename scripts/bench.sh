#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Benchmarks: builds what is measured, optimised, and runs it on one core.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
	cat <<-EOF
		usage: scripts/bench.sh crypto [--seconds N] [--json FILE] [--filter TEXT]

		crypto: SRTP protect and unprotect, million packets a second and cycles a packet of one
		core, for suites x payload {20, 160, 500, 1200} x streams {1, 1000, 10000, 100000}; in
		the same run the raw libipsec-mb figure for the same bytes and keys, and libsrtp2's as
		installed; then the memory of a context. 256 rows, about four minutes.

		  --seconds N    measured time of a row (default 0.4)
		  --json FILE    write the rows there, too
		  --filter TEXT  only rows whose name holds TEXT, as in /160/10000

		The last processor that this shell may use is taken; SLUICE_BENCH_CPU=N takes another.
		Figures of a shared or busy machine are noise: compare the share, not the Mpps.
	EOF
}

case "${1-}" in
crypto) shift ;;
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
# Messages of the build are shown when it fails; stdout is the benchmark's.
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { CC=gcc cmake -S . -B build/release -G Ninja -DCMAKE_BUILD_TYPE=Release &&
	ninja -C build/release bench_crypto; } >"$log" 2>&1; then
	cat "$log" >&2
	exit 1
fi

allowed=$(taskset -cp $$ | sed 's/.*: *//')
cpu=${SLUICE_BENCH_CPU:-${allowed##*[,-]}}
exec taskset -c "$cpu" build/release/tests/bench_crypto "$@"
