#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Usage: scripts/test.sh [--quick]
#
# Builds Sluice and runs its tests, once for each configuration, each in its own
# folder under build/, and ends with a table:
#   gcc-release    as it ships (build/release)
#   gcc-asan       address and undefined-behaviour sanitizers
#   clang-release  the second compiler, and the fuzz targets
#   clang-asan     sanitizers again, which find other things under clang
#   clang-tsan     the thread sanitizer, for the stress tests alone
# --quick runs gcc-release alone.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/build-lock.sh
source scripts/build-lock.sh

configs=(gcc-release gcc-asan clang-release clang-asan clang-tsan)
for argument; do
	case $argument in
	--quick) configs=(gcc-release) ;;
	-h | --help)
		sed -n '4,/^set/s/^# \{0,1\}//p' scripts/test.sh
		exit
		;;
	*)
		echo "test.sh: unknown argument '$argument'; see --help" >&2
		exit 2
		;;
	esac
done

scripts/deps.sh

# a report by the undefined-behaviour sanitizer must fail the test, not just print
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1

folder() { # CONFIG
	case $1 in
	gcc-release) echo build/release ;;
	*) echo "build/$1" ;;
	esac
}

build() { # CONFIG
	local type=Release sanitize='' fuzz=OFF
	case $1 in
	*-asan) type=RelWithDebInfo sanitize=address,undefined ;;
	*-tsan) type=RelWithDebInfo sanitize=thread ;;
	clang-*) fuzz=ON ;;
	esac
	local cache
	cache=$(folder "$1")/CMakeCache.txt
	# CC names the compiler only for a new folder
	if [[ -f $cache ]] && ! grep -Eq "^CMAKE_C_COMPILER:.*/(cc|${1%%-*})\$" "$cache"; then
		echo "test.sh: ${cache%/*} was made with another compiler; remove it" >&2
		return 1
	fi
	local status=0
	# not over the tests, one of which runs a demo that builds
	build_lock test.sh "$(folder "$1")" || return
	CC=${1%%-*} cmake --log-level=WARNING -S . -B "$(folder "$1")" -G Ninja \
		-DCMAKE_BUILD_TYPE=$type -DSLUICE_SANITIZE="$sanitize" -DSLUICE_FUZZ=$fuzz \
		-DSLUICE_WERROR=ON && ninja --quiet -C "$(folder "$1")" || status=$?
	build_unlock
	return "$status"
}

run() { # CONFIG
	local only=()
	[[ $1 == *-tsan ]] && only=(-L stress)
	# a test that sets no time limit of its own gets 300 s; whole outputs, so that
	# the report below has each skip's reason
	ctest --test-dir "$(folder "$1")" --output-on-failure -j2 --timeout 300 \
		--no-tests=error "${only[@]}" --output-junit "$PWD/$(folder "$1")/report.xml" \
		--test-output-size-passed 100000 --test-output-size-failed 100000
}

failed=0
reports=()
for config in "${configs[@]}"; do
	echo "== $config"
	rm -f "$(folder "$config")/report.xml" # an old one must not pass for this run's
	reports+=("$config=$(folder "$config")/report.xml")
	if ! build "$config" || ! run "$config"; then
		failed=1
	fi
done

echo
python3 - "${reports[@]}" <<'PYTHON' || failed=1
import re
import sys
import xml.etree.ElementTree as ET

def output(case):
    return case.findtext("system-out") or ""

def reason(case):
    """What the test said of its skip: its last line that speaks of it, or its last."""
    lines = [l.strip() for l in output(case).splitlines() if l.strip()]
    said = [l for l in lines if "skip" in l.lower()] or lines
    return said[-1] if said else "no reason given"

def skipped(case):
    """A test that could not start is also 'skipped' in the report: to us it failed."""
    mark = case.find("skipped")
    chosen = mark is not None and mark.get("message", "").startswith("SKIP_")
    return chosen or case.get("status") == "disabled"

rows, skips, total = [], [], [0, 0, 0]
for config, path in (arg.split("=", 1) for arg in sys.argv[1:]):
    try:
        cases = ET.parse(path).findall("testcase")
    except (OSError, ET.ParseError):
        rows.append(f"{config:<16}  no tests: it does not build")
        total[1] += 1
        continue
    counts = [0, 0, 0]
    for case in cases:
        name = f"{config} {case.get('name')}"
        if skipped(case):
            counts[2] += 1
            skips.append(f"{name}: {reason(case)}")
        elif case.get("status") == "run":
            counts[0] += 1
            # cmocka's skip() leaves the program passing, as pytest's does its file
            inner = set(re.findall(r"^\[  SKIPPED \] (\S+?)(?:: (.+))?$", output(case), re.M))
            skips += [f"{name}: {each} alone: {why or 'within a passing program'}"
                      for each, why in sorted(inner)]
        else:
            counts[1] += 1
    rows.append(f"{config:<16}{len(cases):>7}{counts[0]:>8}{counts[1]:>8}{counts[2]:>9}")
    total = [a + b for a, b in zip(total, counts)]

print(f"{'configuration':<16}{'tests':>7}{'passed':>8}{'failed':>8}{'skipped':>9}")
print(*rows, sep="\n")
print()
print("skipped:" if skips else "skipped: none")
for skip in skips:
    print(f"  {skip}")
print(f"{total[0]} passed, {total[1]} failed, {total[2]} skipped, "
      f"{len(skips) - total[2]} skipped within one that passed")
sys.exit(total[1] > 0)
PYTHON
if ((failed)); then
	echo "test: FAIL ($SECONDS s)"
	exit 1
fi
echo "test: PASS ($SECONDS s)"
