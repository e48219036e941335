# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
#
# To be sourced. Two builds in one folder at a time would write over each other's files; so who
# builds there has its lock, a file beside it.

# Waits until nobody else builds in FOLDER, and says so, as NAME. What is started in between must end
# before the unlock, or it keeps the lock.
build_lock() { # NAME FOLDER
	mkdir -p "$2" || return
	exec {build_lock_fd}>"$2.lock" || return
	if ! flock -n "$build_lock_fd"; then
		echo "$1: waits for another build in $2" >&2
		# in short turns, between which a signal is heard
		until flock -w 1 "$build_lock_fd"; do :; done
	fi
}

build_unlock() {
	exec {build_lock_fd}>&-
}
