#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Usage: scripts/lint.sh
#
# Everything that can be said about the tree without running it. Each step ends in
# a line PASS or FAIL; all run, and the last line says what failed.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

if (($#)); then
	sed -n '4,/^set/s/^# \{0,1\}//p' scripts/lint.sh
	[[ $1 == -h || $1 == --help ]] # anything else ends here, as an error
	exit
fi

scripts/deps.sh

jobs=$(nproc)
# Each step reads the list that git gives; without one, steps would pass having read nothing.
if ! git ls-files >/dev/null || [[ -z $(git ls-files -- '*.c') ]]; then
	echo "lint: FAIL: git lists no sources here; run it in a clone that belongs to you" >&2
	exit 1
fi

code_dirs='^(crypto|dataplane|controlplane|tests)/'

# Our files that match, NUL-terminated: tracked or new, not ignored, not deleted.
files() { # PATHSPEC...
	local file
	git ls-files -coz --exclude-standard -- "$@" | while IFS= read -r -d '' file; do
		[[ ! -f $file ]] || printf '%s\0' "$file"
	done
}

code() { # PATHSPEC...
	files "$@" | grep -Ez "$code_dirs" || true
}

format() {
	files '*.c' '*.h' | xargs -0 -r clang-format --dry-run -Werror
}

tidy() {
	# with the fuzz targets, so that each file is read with the flags it is built with
	CC=clang cmake --log-level=WARNING -S . -B build/tidy -G Ninja -DCMAKE_BUILD_TYPE=Debug \
		-DCMAKE_EXPORT_COMPILE_COMMANDS=ON -DSLUICE_FUZZ=ON >/dev/null
	# one process a file, its findings printed in one go; a clean file prints only counts
	# shellcheck disable=SC2016 # $1 is for the inner shell
	code '*.c' | xargs -0 -r -n 1 -P "$jobs" bash -c '
		out=$(clang-tidy -p build/tidy --quiet "$1" 2>&1) || { printf "%s\n" "$out"; exit 1; }' tidy
}

cpp_check() {
	code '*.c' | xargs -0 -r cppcheck --quiet -j "$jobs" --std=c11 --inline-suppr \
		--enable=warning,performance,portability --error-exitcode=1 -I . -I tests/support
}

shell() {
	files '*.sh' .ci/run | xargs -0 -r shellcheck
}

sizes() {
	local file lines most bad=0
	while IFS= read -r -d '' file; do
		[[ $file != tests/vectors/* ]] || continue
		lines=$(wc -l <"$file")
		most=600
		[[ $file != *.h ]] || most=150
		if ((lines > most)); then
			echo "$file: $lines lines, at most $most"
			bad=1
		elif ((lines > 400)); then
			echo "warning: $file: $lines lines, better under 400"
		fi
	done < <(code '*.c' '*.h')
	return "$bad"
}

failed=()
step() { # NAME COMMAND...
	local name=$1 start=$SECONDS status=0
	shift
	# as 'if' or '||' would turn off errexit within the step
	set +e
	(
		set -e
		"$@"
	)
	status=$?
	set -e
	if ((status == 0)); then
		echo "PASS $name ($((SECONDS - start)) s)"
	else
		echo "FAIL $name ($((SECONDS - start)) s)"
		failed+=("$name")
	fi
}

step format format
step headers scripts/check-headers.sh
step names scripts/check-names.sh
step layers scripts/check-layers.sh
step sizes sizes
step shellcheck shell
step cppcheck cpp_check
step clang-tidy tidy

if ((${#failed[@]})); then
	echo "lint: FAIL: ${failed[*]} ($SECONDS s)"
	exit 1
fi
echo "lint: PASS ($SECONDS s)"
