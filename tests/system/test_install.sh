#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Usage: tests/system/test_install.sh CMAKE BUILD
#
# What `cmake --install` puts into a folder: all that is promised, units that systemd accepts and
# that name programs which are there, programs and profiles that run from there.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.."

cmake=$1 build=$2
dir=$(mktemp -d /tmp/test_install.XXXXXX)
trap 'rm -rf -- "$dir"' EXIT
status=0

fail() {
	echo "FAIL $*"
	status=1
}

left_out() { # WHAT PROGRAM
	echo "[  SKIPPED ] $1: there is no $2"
}

promised='bin/sluice-trafficgen
lib/systemd/system/sluice-controlplane.service
lib/systemd/system/sluice-dataplane.service
lib/systemd/system/sluice-host-setup.service
lib/sysusers.d/sluice.conf
lib/tmpfiles.d/sluice.conf
sbin/sluice-controlplane
sbin/sluice-dataplane
sbin/sluice-host-setup
share/doc/sluice/LICENSE
share/doc/sluice/README.md
share/doc/sluice/crypto/README.md
share/doc/sluice/hwconf/README.md
share/doc/sluice/tests/traffic/README.md'
for file in hwconf/*; do
	promised+=$'\n'share/sluice/$file
done
for file in scripts/examples/*; do
	promised+=$'\n'share/doc/sluice/$file
done

there() { # FOLDER
	(cd "$1" && find . -type f -printf '%P\n' | LC_ALL=C sort)
}

# --- as a package is made ----------------------------------------------------------------

DESTDIR=$dir/package "$cmake" --install "$build" --prefix /usr >"$dir/log"
diff <(LC_ALL=C sort <<<"$promised") <(there "$dir/package/usr") || fail "these are not the files"
[[ $(ls "$dir/package") == usr ]] || fail "there is something beside /usr"
for unit in dataplane controlplane host-setup; do
	grep -q "^ExecStart=/usr/sbin/sluice-$unit\b" \
		"$dir/package/usr/lib/systemd/system/sluice-$unit.service" || fail "$unit: ExecStart"
done
if grep -r "$dir" "$dir/package/usr/lib"; then
	fail "a unit knows where it was made"
fi
while IFS=: read -r page link; do
	[[ -e ${page%/*}/$link ]] || fail "${page#"$dir/package"} leads to $link, which is not there"
done < <(grep -roP '\]\(\K[^):#]+(?=\))' --include='*.md' "$dir/package/usr/share/doc/sluice")
echo "ok: files"

# Either plane goes on while the other is gone, and comes back by itself.
for plane in dataplane controlplane; do
	unit=$dir/package/usr/lib/systemd/system/sluice-$plane.service
	! grep -Eq '^(Requires|Requisite|BindsTo|PartOf|Upholds|Conflicts|StopPropagatedFrom)=' "$unit" ||
		fail "$plane ends with another unit"
	for line in Restart=always StartLimitIntervalSec=0 LimitCORE=0 NoNewPrivileges=yes; do
		grep -qx "$line" "$unit" || fail "$plane: no $line"
	done
done
grep -qx SuccessExitStatus=10 "$dir/package/usr/lib/systemd/system/sluice-host-setup.service" ||
	fail "host-setup: a failure is no success"
echo "ok: units stand alone"

if [[ $EUID -eq 0 ]] && command -v systemd-sysusers >/dev/null; then
	mkdir "$dir/package/etc"
	systemd-sysusers --root="$dir/package" >"$dir/log" 2>&1 || fail "sysusers: $(<"$dir/log")"
	systemd-tmpfiles --root="$dir/package" --create >"$dir/log" 2>&1 ||
		fail "tmpfiles: $(<"$dir/log")"
	id=$(sed -n 's/^sluice:[^:]*:\([0-9]*\):.*/\1/p' "$dir/package/etc/passwd")
	for row in "etc/sluice 755 0" "run/sluice 755 0" "var/lib/sluice 700 $id"; do
		read -r path mode owner <<<"$row"
		[[ $(stat -c '%a %u' "$dir/package/$path") == "$mode $owner" ]] || fail "$row"
	done
	echo "ok: user and folders"
else
	left_out user_and_folders "root, or no systemd-sysusers"
fi

# --- as it is run ------------------------------------------------------------------------

"$cmake" --install "$build" --prefix "$dir/run" >"$dir/log"
for plane in dataplane controlplane; do
	said=$("$dir/run/sbin/sluice-$plane" --version)
	[[ $said == "sluice-$plane "[0-9]* ]] || fail "sluice-$plane --version: $said"
done
"$dir/run/bin/sluice-trafficgen" --help >"$dir/log" || fail "sluice-trafficgen --help"
echo "ok: programs"

# A machine may have fewer cores than a profile of a large one; there is nothing else to say.
for profile in "$dir"/run/share/sluice/hwconf/*.conf; do
	"$dir/run/sbin/sluice-dataplane" --check "$profile" >"$dir/log" 2>&1 ||
		! grep -v ' does not exist on this machine: ' "$dir/log" || fail "${profile##*/}"
done
"$dir/run/sbin/sluice-dataplane" --check "$dir/run/share/sluice/hwconf/af_packet.conf" \
	>"$dir/log" 2>&1 || fail "af_packet.conf: $(<"$dir/log")"
echo "ok: profiles"

# It asks the program that lies beside it, wherever one stands.
got=0
(cd / && env -u SLUICE_DATAPLANE "$dir/run/sbin/sluice-host-setup" --check \
	"$dir/run/share/sluice/hwconf/af_packet.conf") >"$dir/log" 2>&1 || got=$?
if [[ ! $got =~ ^(0|1|10)$ ]] || ! grep -Eq '^(OK|WRONG|BY HAND) ' "$dir/log"; then
	fail "sluice-host-setup: $(<"$dir/log")"
fi
echo "ok: sluice-host-setup"

if command -v systemd-analyze >/dev/null; then
	systemd-analyze verify --man=no "$dir"/run/lib/systemd/system/*.service >"$dir/log" 2>&1 ||
		fail "systemd-analyze verify"
	[[ ! -s $dir/log ]] || fail "systemd-analyze verify says: $(<"$dir/log")"
	echo "ok: systemd accepts the units"

	# As a cloud's image has it: something waits for the network before the system is initialised.
	boot=$dir/boot
	mkdir -p "$boot/sysinit.target.wants"
	cp "$dir"/run/lib/systemd/system/*.service "$boot"
	printf '%s\n' "[Unit]" DefaultDependencies=no Wants=network.target \
		'After=local-fs.target network-pre.target' Before=network.target \
		"[Service]" Type=oneshot ExecStart=/bin/true >"$boot/networking.service"
	printf '%s\n' "[Unit]" DefaultDependencies=no Wants=networking.service \
		After=networking.service Before=sysinit.target \
		"[Service]" Type=oneshot ExecStart=/bin/true >"$boot/cloud.service"
	ln -s ../cloud.service "$boot/sysinit.target.wants/"
	printf '%s\n' "[Unit]" 'Wants=sysinit.target sluice-dataplane.service' >"$boot/machine.target"
	(cd "$boot" && systemd-analyze verify --man=no ./*.service machine.target) >"$dir/log" 2>&1 ||
		fail "systemd-analyze verify, with a cloud's units"
	[[ ! -s $dir/log ]] || fail "with a cloud's units, systemd-analyze verify says: $(<"$dir/log")"
	echo "ok: no circle at boot"
else
	left_out units_verified systemd-analyze
fi
exit "$status"
