#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Usage: scripts/host-setup.sh --check|--apply PROFILE
#        scripts/host-setup.sh --undo [PROFILE]
#
# Prepares this machine for a hardware profile: hugepages, vfio-pci, IOMMU, isolated
# cores, governor, interrupts away from the workers' cores.
#   --check  one line for each matter: OK, or WRONG with what --apply would do, or what
#            is left to you (BY HAND). Changes nothing.
#   --apply  does it, as root; again, it does nothing. Previous values go to
#            /var/lib/sluice-host-setup, which is root's alone.
#   --undo   writes them back. Modules stay loaded.
# Exit status: 0 all is well; 10 but for what is left to you; 1 something is wrong, or failed; 2 it
# can't begin, as with a profile that is none.
# Nothing here survives a reboot, but what it tells you to put on the kernel's command line.
# Installed, it is sluice-host-setup. Environment: SLUICE_DATAPLANE, the program that reads the
# profile (the one installed beside this, or build/release/sluice-dataplane); SLUICE_SYSROOT, a
# folder that stands for / (tests).
set -euo pipefail

usage() {
	sed -n '4,/^set/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
}

mode=${1-}
case $mode in
--check | --apply | --undo)
	if (($# > 2)) || { (($# < 2)) && [[ $mode != --undo ]]; }; then
		usage >&2
		exit 2
	fi
	;;
-h | --help)
	usage
	exit
	;;
*)
	usage >&2
	exit 2
	;;
esac
profile=${2-} # of no matter to --undo, which has all in its record
root=${SLUICE_SYSROOT-}
state=$root/var/lib/sluice-host-setup
sys=$root/sys
proc=$root/proc
wrong=0 left=0
readonly LEFT_BY_HAND=10 # no status of a command that fails, which would end this script

ok() { echo "OK      $*"; }
done_() { echo "DONE    $*"; }
by_hand() { # WHAT
	echo "BY HAND $*"
	left=1
}
failed() {
	echo "FAILED  $*"
	wrong=1
}

# In --check, says what --apply would do, and returns 1.
applying() { # MATTER WOULD
	[[ $mode == --apply ]] && return 0
	echo "WRONG   $1: --apply would $2"
	wrong=1
	return 1
}

if [[ $mode != --check && -z $root && $EUID -ne 0 ]]; then
	echo "host-setup: $mode needs root" >&2
	exit 2
fi

# --- what was there before ---------------------------------------------------------------

# What --undo writes back comes from here: nobody else may have put it there.
if [[ -L $state || (-e $state && ! -O $state) ]]; then
	echo "host-setup: $state is a link, or not ours: look who made it, and remove it" >&2
	exit 2
fi

# A line KIND<tab>NAME<tab>VALUE, the first of its kind and name being the oldest.
remember() { # KIND NAME VALUE
	[[ -d $state ]] || install -d -m 700 "$state"
	touch "$state/values"
	KIND=$1 NAME=$2 awk -F'\t' '$1 == ENVIRON["KIND"] && $2 == ENVIRON["NAME"] { found = 1 }
		END { exit !found }' "$state/values" ||
		printf '%s\t%s\t%s\n' "$1" "$2" "$3" >>"$state/values"
}

remembered() { # KIND NAME
	[[ -f $state/values ]] &&
		KIND=$1 NAME=$2 awk -F'\t' '$1 == ENVIRON["KIND"] && $2 == ENVIRON["NAME"] { found = 1 }
			END { exit !found }' "$state/values"
}

# Names are kept without the root, so that the record says what it means.
put() { # FILE VALUE
	{ echo "$2" >"$1"; } 2>/dev/null
}

put_remembered() { # FILE VALUE
	local before
	before=$(<"$1")
	put "$1" "$2" || return 1
	remember file "${1#"$root"}" "$before"
}

settle() {
	! command -v udevadm >/dev/null || udevadm settle --timeout=10 || true
}

# --- lists of cores ----------------------------------------------------------------------

# "0-2,5" to one number a line.
expand() { # LIST
	local part
	for part in ${1//,/ }; do
		[[ $part =~ ^[0-9]+(-[0-9]+)?$ ]] || continue
		seq "${part%-*}" "${part#*-}"
	done
}

# Numbers of the first list that are, or are not, in the second; one a line.
both() { grep -Fxf <(expand "$2") <(expand "$1") || true; }
without() { grep -vFxf <(expand "$2") <(expand "$1") || true; }
commas() { paste -sd, -; }

# --- PCI devices -------------------------------------------------------------------------

driver_of() { # PCI
	local link=$sys/bus/pci/devices/$1/driver
	[[ ! -L $link ]] || basename "$(readlink "$link")"
}

bind() { # PCI DRIVER
	local device=$sys/bus/pci/devices/$1
	[[ -z $(driver_of "$1") ]] || put "$device/driver/unbind" "$1" || return 1
	put "$device/driver_override" "$2" && put "$sys/bus/pci/drivers_probe" "$1" || return 1
	settle
	[[ $(driver_of "$1") == "$2" ]]
}

# --- undo --------------------------------------------------------------------------------

undo_one() { # KIND NAME VALUE
	case $1 in
	file)
		if [[ ! -e $root$2 ]]; then
			failed "$2: is gone"
		elif put "$root$2" "$3"; then
			done_ "$2: $3 again"
		else
			failed "$2: the kernel refuses $3"
		fi
		;;
	copy)
		cp -p -- "$state/$3" "$root$2"
		[[ -n $root ]] || ! command -v systemctl >/dev/null || systemctl try-restart "$3" || true
		done_ "$2: as it was"
		;;
	pci)
		if [[ -n $3 ]] && bind "$2" "$3"; then
			done_ "$2: bound to $3 again"
		elif [[ -z $3 ]] && put "$sys/bus/pci/devices/$2/driver/unbind" "$2"; then
			done_ "$2: without driver again"
		else
			failed "$2: is not bound to '$3' again"
		fi
		# an empty override leaves the choice to the kernel, as it was
		put "$sys/bus/pci/devices/$2/driver_override" "" || true
		;;
	esac
}

if [[ $mode == --undo ]]; then
	if [[ ! -f $state/values ]]; then
		echo "host-setup: nothing was applied, so there is nothing to undo"
		exit
	fi
	while IFS=$'\t' read -r kind name value; do
		undo_one "$kind" "$name" "$value"
	done < <(tac "$state/values")
	((wrong)) || rm -rf -- "$state"
	exit "$wrong"
fi

# --- the profile -------------------------------------------------------------------------

beside=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/sluice-dataplane
[[ -x $beside ]] || beside=build/release/sluice-dataplane
dataplane=${SLUICE_DATAPLANE:-$beside}
if ! facts=$("$dataplane" --porcelain "$profile"); then
	echo "host-setup: $dataplane does not accept $profile" >&2
	exit 2
fi
fact() { sed -n "s/^$1=//p" <<<"$facts"; }

workers=$(fact worker_cores)
main_core=$(fact main_core)
if [[ ! $workers =~ ^[0-9]+(,[0-9]+)*$ || ! $main_core =~ ^[0-9]+$ ]]; then
	echo "host-setup: $dataplane --porcelain $profile names no cores" >&2
	exit 2
fi

# --- the matters -------------------------------------------------------------------------

want() { # FILE VALUE MATTER
	local now
	if [[ ! -e $1 ]]; then
		ok "$3: not on this machine"
		return
	fi
	now=$(<"$1")
	if [[ $now == "$2" ]]; then
		ok "$3: $2"
	elif applying "$3 is $now" "write $2"; then
		if put_remembered "$1" "$2" && [[ $(<"$1") == "$2" ]]; then
			done_ "$3: $2, was $now"
		else
			failed "$3: the kernel refuses $2"
		fi
	fi
}

# 2 MiB pages on one node, or of the machine if it has none. More than wanted stay.
hugepages_in() { # FOLDER PAGES WHERE
	local file=$1/nr_hugepages now got
	if [[ ! -e $file ]]; then
		by_hand "hugepages$3: the kernel has none of 2 MiB; write hugepages = \"off\" in the profile"
		return
	fi
	now=$(<"$file")
	if ((now >= $2)); then
		ok "hugepages$3: $now of 2 MiB, $2 needed"
	elif applying "hugepages$3: $now of 2 MiB" "make them $2"; then
		put_remembered "$file" "$2" || true
		got=$(<"$file")
		if ((got >= $2)); then
			done_ "hugepages$3: $got, were $now"
		else
			failed "hugepages$3: $got of $2: memory is in pieces; add hugepages=$2 to the kernel's command line"
		fi
	fi
}

hugepages() {
	local mb pages node nodes=("$sys"/devices/system/node/node[0-9]*)
	mb=$(fact hugepages_mb)
	pages=$(((mb + 1) / 2))
	if ((pages == 0)); then
		ok "hugepages: the profile uses none"
		return
	fi
	if ((${#nodes[@]} < 2)); then
		hugepages_in "$sys/kernel/mm/hugepages/hugepages-2048kB" "$pages" ""
	else
		# a NIC may be on any node that has a worker
		for node in "${nodes[@]}"; do
			[[ -z $(both "$(<"$node/cpulist")" "$workers,$main_core") ]] ||
				hugepages_in "$node/hugepages/hugepages-2048kB" "$pages" " on ${node##*/}"
		done
	fi
	if [[ $(fact needs_hugetlbfs) != 1 ]]; then
		ok "hugetlbfs: the profile uses none"
	elif grep -Eq '^[^ ]+ [^ ]+ hugetlbfs ' "$proc/mounts"; then
		ok "hugetlbfs: mounted"
	elif applying "hugetlbfs is not mounted" "mount it on /dev/hugepages"; then
		mkdir -p "$root/dev/hugepages"
		if mount -t hugetlbfs hugetlbfs "$root/dev/hugepages"; then
			done_ "hugetlbfs: mounted"
		else
			failed "hugetlbfs: cannot be mounted"
		fi
	fi
}

module() { # NAME SIGN
	if [[ -e $2 ]]; then
		ok "module $1: there"
	elif applying "module $1 is not loaded" "load it"; then
		if modprobe "$1"; then
			done_ "module $1: loaded"
		else
			failed "module $1: cannot be loaded; this kernel may lack it"
		fi
	fi
}

# Groups alone prove nothing: vfio makes them without an IOMMU, too, of type unknown.
has_iommu() {
	local unit
	for unit in "$sys"/class/iommu/*; do
		[[ ! -e $unit ]] || return 0
	done
	grep -qsvx unknown "$sys"/kernel/iommu_groups/*/type
}

iommu() {
	if has_iommu; then
		ok "IOMMU: there"
	elif [[ $(fact allow_noiommu) == 1 ]]; then
		want "$sys/module/vfio/parameters/enable_unsafe_noiommu_mode" Y "no IOMMU, which the profile allows: vfio's unsafe mode"
	elif grep -q AuthenticAMD "$proc/cpuinfo" 2>/dev/null; then
		by_hand "IOMMU: none. Turn on AMD-Vi in the firmware, and add iommu=pt to the kernel's command line; or write allow_noiommu = true; in the profile"
	else
		by_hand "IOMMU: none. Turn on VT-d in the firmware, and add intel_iommu=on iommu=pt to the kernel's command line; or write allow_noiommu = true; in the profile"
	fi
}

# Interfaces of a device through which the machine is reached.
carries_default() { # PCI
	local net
	for net in "$sys/bus/pci/devices/$1/net/"*; do
		[[ -e $net ]] || continue
		awk -v name="${net##*/}" '$1 == name && $2 == "00000000" { found = 1 } END { exit !found }' \
			"$proc/net/route" 2>/dev/null && return 0
	done
	return 1
}

vfio_device() { # PCI
	local device=$sys/bus/pci/devices/$1 driver
	if [[ ! -e $device ]]; then
		by_hand "$1: no such device: put one of lspci -D into the profile"
		return
	fi
	driver=$(driver_of "$1")
	if [[ $(cat "$device/vendor" 2>/dev/null) == 0x15b3 ]]; then
		by_hand "$1: is a Mellanox, which stays with its driver: write binding = \"kernel\" in the profile"
	elif [[ $driver == vfio-pci ]]; then
		ok "$1: bound to vfio-pci"
	elif carries_default "$1"; then
		by_hand "$1: carries the default route: this machine would be cut off; choose another, or move the route"
	elif applying "$1 is bound to ${driver:-nothing}" "bind it to vfio-pci"; then
		remember pci "$1" "$driver"
		if bind "$1" vfio-pci; then
			done_ "$1: bound to vfio-pci, was ${driver:-nothing}"
		else
			failed "$1: cannot be bound to vfio-pci"
		fi
	fi
}

kernel_device() { # PCI
	local driver
	if [[ ! -e $sys/bus/pci/devices/$1 ]]; then
		by_hand "$1: no such device: put one of lspci -D into the profile"
		return
	fi
	driver=$(driver_of "$1")
	case $driver in
	'' | vfio-pci) by_hand "$1: has no kernel driver, which the profile wants it to keep: modprobe mlx5_core mlx5_ib" ;;
	*) ok "$1: stays with $driver" ;;
	esac
}

devices() {
	local pci how vfio=0
	grep -Eq '^pci=[^ ]+ vfio$' <<<"$facts" && vfio=1
	if ((vfio)); then
		module vfio-pci "$sys/bus/pci/drivers/vfio-pci"
		iommu
	fi
	while read -r pci how; do
		case $how in
		vfio) vfio_device "$pci" ;;
		kernel) kernel_device "$pci" ;;
		esac
	done < <(fact pci)
}

netdevs() {
	local name driver queues have
	while read -r name driver queues; do
		[[ -n $name ]] || continue
		if [[ ! -e $sys/class/net/$name ]]; then
			by_hand "interface $name: not on this machine: put another into the profile"
			continue
		fi
		ok "interface $name: there"
		[[ $driver == net_af_xdp ]] || continue
		have=$(find "$sys/class/net/$name/queues/" -maxdepth 1 -name 'rx-*' 2>/dev/null | wc -l)
		if ((have == queues)); then
			ok "interface $name: $have queues"
		else
			by_hand "interface $name: $have queues, of which the relay takes $queues and would miss what comes to the others: ethtool -L $name combined $queues"
		fi
		want "$sys/class/net/$name/napi_defer_hard_irqs" 2 "interface $name: napi_defer_hard_irqs"
		want "$sys/class/net/$name/gro_flush_timeout" 200000 "interface $name: gro_flush_timeout"
	done < <(fact netdev)
}

tap() {
	[[ $(fact needs_tap) == 1 ]] || return 0
	module tun "$root/dev/net/tun"
}

isolation() {
	local missing=() open list name
	for name in isolated nohz_full; do
		list=$(cat "$sys/devices/system/cpu/$name" 2>/dev/null || true)
		open=$(without "$workers" "${list//[^0-9,-]/}" | commas)
		[[ -z $open ]] || missing+=("$([[ $name == isolated ]] && echo isolcpus || echo nohz_full)=$workers")
	done
	list=$(grep -oE '(^| )rcu_nocbs=[0-9,-]+' "$proc/cmdline" | cut -d= -f2 || true)
	[[ -z $(without "$workers" "$list") ]] || missing+=("rcu_nocbs=$workers")
	if ((${#missing[@]} == 0)); then
		ok "isolated cores: $workers"
	else
		by_hand "isolated cores: add to the kernel's command line and reboot: ${missing[*]}"
	fi
}

governor() {
	local core file
	for core in ${workers//,/ }; do
		file=$sys/devices/system/cpu/cpu$core/cpufreq/scaling_governor
		want "$file" performance "core $core: governor"
	done
}

# Interrupts that the kernel will not move, such as timers, are remembered as such.
irqs() {
	local folder file list rest moved=0 stuck=0 open=()
	for folder in "$proc"/irq/[0-9]*; do
		file=$folder/smp_affinity_list
		[[ -e $file ]] || continue
		remembered stuck "${file#"$root"}" && continue
		list=$(cat "$file" 2>/dev/null || true)
		[[ -z $(both "$list" "$workers") ]] || open+=("$file")
	done
	if ((${#open[@]} == 0)); then
		ok "interrupts: none may go to cores $workers"
		return
	fi
	applying "interrupts: ${#open[@]} may go to cores $workers" "move them to others" || return 0
	for file in "${open[@]}"; do
		rest=$(without "$(<"$file")" "$workers" | commas)
		if put_remembered "$file" "${rest:-$main_core}"; then
			moved=$((moved + 1))
		else
			remember stuck "${file#"$root"}" ""
			stuck=$((stuck + 1))
		fi
	done
	done_ "interrupts: $moved moved away from cores $workers; $stuck that the kernel holds there"
}

# It would move them back.
irqbalance() {
	local file=$root/etc/default/irqbalance banned
	if [[ ! -e $file ]]; then
		ok "irqbalance: not on this machine"
		return
	fi
	banned=$(sed -n 's/^IRQBALANCE_BANNED_CPULIST="\{0,1\}\([0-9,-]*\)"\{0,1\}$/\1/p' "$file" | tail -n 1)
	if [[ -z $(without "$workers" "$banned") ]]; then
		ok "irqbalance: keeps away from cores $workers"
	elif applying "irqbalance may use cores $workers" "ban them in /etc/default/irqbalance"; then
		mkdir -p "$state"
		[[ -e $state/irqbalance ]] || cp -p -- "$file" "$state/irqbalance"
		remember copy /etc/default/irqbalance irqbalance
		sed -i '/^IRQBALANCE_BANNED_CPULIST=/d' "$file"
		echo "IRQBALANCE_BANNED_CPULIST=$(expand "$workers,$banned" | sort -nu | commas)" >>"$file"
		[[ -n $root ]] || ! command -v systemctl >/dev/null || systemctl try-restart irqbalance || true
		done_ "irqbalance: banned from cores $workers"
	fi
}

# vfio and AF_XDP pin memory: the shell or unit that starts the relay must allow it.
limits() {
	local most
	grep -Eq '^(pci=|netdev=[^ ]+ net_af_xdp )' <<<"$facts" || return 0
	most=$(ulimit -l)
	if [[ $most == unlimited ]]; then
		ok "limits: locked memory unlimited, in this shell"
	else
		echo "NOTE    limits: locked memory is $most KiB in this shell; a unit needs LimitMEMLOCK=infinity"
	fi
}

user() { # FACT KEY
	local name
	name=$(fact "$1")
	[[ -n $name ]] || return 0
	if if [[ -n $root ]]; then grep -q "^$name:" "$root/etc/passwd"; else id -u "$name" &>/dev/null; fi; then
		ok "user $name: there"
	else
		by_hand "user $name: unknown; make it with useradd --system $name, or change $2 in the profile"
	fi
}

hugepages
devices
netdevs
tap
isolation
governor
irqs
irqbalance
limits
user user control.run_as
user control_user control.user
((wrong)) && exit 1
((left)) && exit "$LEFT_BY_HAND"
exit 0
