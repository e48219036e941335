#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Usage: scripts/check-names.sh
#
# Reads the objects of the optimised build (build/release, brought up to date first):
#  - externals begin with the stem of their file, or of the header that the file is a part
#    of (x_send.c without x_send.h, of x.h); the contract's may begin with relay_;
#  - objects on the path of a packet call nothing that allocates, waits, logs or ends
#    the process. __assert_fail may stay: it is gone where asserts are.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

if (($#)); then
	sed -n '4,/^set/s/^# \{0,1\}//p' scripts/check-names.sh
	[[ $1 == -h || $1 == --help ]] # anything else ends here, as an error
	exit
fi

hot=(
	crypto/srtp_burst_protect.c
	crypto/srtp_burst_unprotect.c
	crypto/srtp_ctx_admit.c
	crypto/backend_ipsec_mb_run.c
	dataplane/rx.c
	dataplane/classify.c
	dataplane/classify_parse.c
	dataplane/flow.c
	dataplane/unprotect.c
	dataplane/stream.c
	dataplane/route.c
	dataplane/protect.c
	dataplane/encap.c
	dataplane/tx.c
	dataplane/header.c
)
forbidden='malloc|calloc|realloc|reallocarray|free|aligned_alloc|posix_memalign|strn?dup'
forbidden+='|CRYPTO_(m|z|re)alloc|CRYPTO_free'
forbidden+='|(v?[fsd]?n?|v?as)printf|__.*printf_chk|puts|fputs|putchar|fputc|putc|fwrite|perror|v?syslog|__v?syslog_chk'
forbidden+='|pthread_.*|mtx_.*|cnd_.*|sem_.*|rte_v?log|rte_malloc.*|rte_free'
forbidden+='|abort|exit|_exit|relay_abort|read|write|send.*|recv.*|ioctl|poll|usleep|nanosleep|syscall'

build=build/release
if [[ ! -f $build/CMakeCache.txt ]]; then
	# as test.sh configures it, which then finds everything built
	CC=gcc cmake --log-level=WARNING -S . -B "$build" -G Ninja \
		-DCMAKE_BUILD_TYPE=Release -DSLUICE_WERROR=ON
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! cmake --build "$build" >"$log" 2>&1; then
	cat "$log"
	echo "$build does not build: no names to check"
	exit 1
fi

bad=0
seen=0
declare -A checked=()

check_externals() { # SOURCE OBJECT
	local stem=${1##*/} prefix symbol
	stem=${stem%.c}
	# without a header of its own it is a part of the one whose stem it continues
	while [[ ! -f ${1%/*}/$stem.h && $stem == *_* && -n $(compgen -G "${1%/*}/${stem%_*}.h") ]]; do
		stem=${stem%_*}
	done
	prefix="${stem}_"
	[[ $1 != dataplane/shared/* ]] || prefix="(${stem}|relay)_"
	while read -r symbol; do
		[[ $symbol =~ ^($stem$|$prefix) ]] && continue
		echo "$1: external '$symbol' does not begin with '${stem}_'"
		bad=1
	done < <(nm -g --defined-only --format=posix "$2" | cut -d' ' -f1)
}

check_calls() { # SOURCE OBJECT
	local symbol
	while read -r symbol; do
		echo "$1: on the path of a packet, but calls $symbol"
		bad=1
	done < <(nm -u --format=posix "$2" | cut -d' ' -f1 | grep -Ex "$forbidden")
}

while IFS= read -r object; do
	# [DIR/]CMakeFiles/TARGET.dir/FILE.c.o comes from [DIR/]FILE.c
	source=$(sed -E 's,CMakeFiles/[^/]+\.dir/,,; s,\.o$,,' <<<"${object#"$build"/}")
	[[ -f $source ]] || continue # left over from a file since removed
	case $source in crypto/* | dataplane/* | controlplane/*) ;; *) continue ;; esac
	seen=$((seen + 1))
	checked[$source]=1
	check_externals "$source" "$object"
	for file in "${hot[@]}"; do
		[[ $file != "$source" ]] || check_calls "$source" "$object"
	done
done < <(find "$build" -name '*.c.o' | sort)

for file in "${hot[@]}"; do
	if [[ -f $file && -z ${checked[$file]-} ]]; then
		echo "$file: listed as hot, but no object of it in $build"
		bad=1
	fi
done
if [[ $seen -eq 0 ]]; then
	echo "$build holds no object of ours: nothing was checked"
	bad=1
fi
exit "$bad"
