#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Usage: scripts/check-headers.sh
#
# Every C file opens with the SPDX line, and every header outside tests/ with its
# contract: a block comment in which all six labels are filled in.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

if (($#)); then
	sed -n '4,/^set/s/^# \{0,1\}//p' scripts/check-headers.sh
	[[ $1 == -h || $1 == --help ]] # anything else ends here, as an error
	exit
fi

spdx='/* SPDX-License-Identifier: BSD-3-Clause */'
labels=(Invariant Threads Ownership Units Errors Cost)
bad=0

# The block comment that starts the file once the SPDX line and blanks are past;
# nothing if code comes first.
opening_comment() {
	awk 'NR == 1 || (!inside && /^[ \t]*$/) { next }
	     !inside && !/^\/\*/ { exit }
	     { inside = 1; print }
	     /\*\// { exit }' "$1"
}

while IFS= read -r -d '' file; do
	[[ -f $file ]] || continue # tracked, but deleted here
	if [[ $(head -n 1 "$file") != "$spdx" ]]; then
		echo "$file: the first line is not: $spdx"
		bad=1
	fi
	count=$((${count-0} + 1))
	[[ $file == *.h && $file != tests/* ]] || continue
	comment=$(opening_comment "$file")
	missing=()
	for label in "${labels[@]}"; do
		grep -Eq "^[ 	]*\*[ 	]+$label:[ 	]+[^ 	*]" <<<"$comment" || missing+=("$label:")
	done
	if [[ ${#missing[@]} -gt 0 ]]; then
		echo "$file: the opening comment lacks ${missing[*]}"
		bad=1
	fi
done < <(git ls-files -coz --exclude-standard -- '*.c' '*.h')
if [[ ${count-0} -eq 0 ]]; then
	echo "check-headers: git lists no sources here; run it in a clone that belongs to you" >&2
	exit 1
fi
exit "$bad"
