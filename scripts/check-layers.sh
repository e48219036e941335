#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Usage: scripts/check-layers.sh
#
# Three arrows and no more: crypto <- dataplane/shared <- {dataplane, controlplane}.
# DPDK stays in dataplane/ outside shared/; sockets, threads and logging stay out of
# crypto/; and nothing new appears at the top of the tree.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

if (($#)); then
	sed -n '4,/^set/s/^# \{0,1\}//p' scripts/check-layers.sh
	[[ $1 == -h || $1 == --help ]] # anything else ends here, as an error
	exit
fi

top=(CMakeLists.txt README.md LICENSE crypto dataplane controlplane scripts tests hwconf)
bad=0

# Prints the files of ours that an include can mean: from the root; or, if quoted,
# beside the includer or, as include folders are the build's choice, any so ending.
targets() { # FILE QUOTE NAME
	local beside
	beside=$(realpath -m --relative-to=. -- "$(dirname -- "$1")/$3")
	if [[ $2 == '"' && -f $beside ]]; then
		echo "$beside"
	elif [[ -f $3 ]]; then
		realpath --relative-to=. -- "$3"
	elif [[ $2 == '"' ]]; then
		name=/${3##*../} awk 'substr($0, length($0) - length(ENVIRON["name"]) + 1) == ENVIRON["name"]' <<<"$ours"
	fi
}

layer() { # FILE
	case $1 in
	dataplane/shared/*) echo shared ;;
	*) echo "${1%%/*}" ;;
	esac
}

check_include() { # FILE:LINE LAYER QUOTE NAME
	local target to
	case $2:$4 in
	crypto:rte_* | shared:rte_* | controlplane:rte_*)
		echo "$1: includes $4: DPDK belongs to dataplane/ outside shared/"
		bad=1
		;;
	crypto:pthread.h | crypto:threads.h | crypto:sys/socket.h | crypto:syslog.h)
		echo "$1: includes $4: no sockets, threads or logging in crypto/"
		bad=1
		;;
	esac
	while read -r target; do
		to=$(layer "$target")
		case $2:$to in
		crypto:crypto | shared:crypto | shared:shared) ;;
		dataplane:crypto | dataplane:shared | dataplane:dataplane) ;;
		controlplane:crypto | controlplane:shared | controlplane:controlplane) ;;
		*)
			echo "$1: includes $target: $2 may not depend on $to"
			bad=1
			;;
		esac
	done < <(targets "${1%%:*}" "$3" "$4")
}

ours=$(git ls-files -co --exclude-standard)
include='^[[:space:]]*#[[:space:]]*include[[:space:]]*([<"])([^>"]+)[>"]'
while IFS= read -r file; do
	[[ -f $file ]] || continue # tracked, but deleted here
	from=$(layer "$file")
	while IFS=: read -r line text; do
		[[ $text =~ $include ]] || continue
		check_include "$file:$line" "$from" "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"
	done < <(grep -nE "$include" "$file")
done < <(grep -E '^(crypto|dataplane|controlplane)/.*\.[ch]$' <<<"$ours")

while IFS= read -r entry; do
	[[ $entry == .* || ! -e $entry || " ${top[*]} " == *" $entry "* ]] && continue
	echo "$entry: not one of the entries at the top of the tree: ${top[*]}"
	bad=1
done < <(cut -d/ -f1 <<<"$ours" | sort -u)
exit "$bad"
