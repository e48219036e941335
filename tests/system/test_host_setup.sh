#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# scripts/host-setup.sh on a folder that stands for /: check, apply, apply again, undo.
# Stubs in PATH do what the kernel would do behind it.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.."

top=$(mktemp -d)
trap 'rm -rf -- "$top"' EXIT
root=$top/root
export SLUICE_SYSROOT=$root SLUICE_DATAPLANE=$top/bin/sluice-dataplane
export PATH=$top/bin:$PATH
status=0
step=''

fail() {
	echo "FAIL $step: $*"
	status=1
}

run() { # MODE WANTED_STATUS
	local got=0
	step=$1
	out=$(scripts/host-setup.sh "$1" my.conf 2>&1) || got=$?
	((got == $2)) || fail "status $got, not $2:"$'\n'"$out"
}

says() { # LINE
	grep -Fxq -- "$1" <<<"$out" || fail "does not say '$1' but:"$'\n'"$out"
}

holds() { # FILE VALUE
	[[ $(<"$root/$1") == "$2" ]] || fail "$1 holds '$(<"$root/$1")', not '$2'"
}

file() { # FILE VALUE
	mkdir -p "$root/$(dirname -- "$1")"
	echo "$2" >"$root/$1"
}

# --- stubs -------------------------------------------------------------------------------

mkdir -p "$top/bin"
cat >"$top/bin/sluice-dataplane" <<'STUB'
#!/bin/sh
[ "$1 $2" = "--porcelain my.conf" ] || exit 1
cat "$(dirname "$0")/facts"
STUB
cat >"$top/bin/modprobe" <<'STUB'
#!/bin/sh
mkdir -p "$SLUICE_SYSROOT/sys/bus/pci/drivers/$1"
STUB
cat >"$top/bin/mount" <<'STUB'
#!/bin/sh
echo "hugetlbfs /dev/hugepages hugetlbfs rw 0 0" >>"$SLUICE_SYSROOT/proc/mounts"
STUB
# a device that was asked to be probed gets the driver that its override names
cat >"$top/bin/udevadm" <<'STUB'
#!/bin/sh
pci=$SLUICE_SYSROOT/sys/bus/pci
device=$pci/devices/$(cat "$pci/drivers_probe")
ln -sfn "../../drivers/$(cat "$device/driver_override")" "$device/driver"
STUB
chmod +x "$top"/bin/*

facts() { # LINE...
	printf '%s\n' name=my main_core=0 worker_cores=2,3 "$@" >"$top/bin/facts"
}

# --- a machine ---------------------------------------------------------------------------

nic=sys/bus/pci/devices/0000:01:00.0
file proc/mounts 'proc /proc proc rw 0 0'
file proc/cmdline 'ro quiet'
file proc/cpuinfo 'vendor_id : GenuineIntel'
file proc/net/route $'Iface\tDestination\neth0\t00000000'
for node in 0 1; do
	file "sys/devices/system/node/node$node/hugepages/hugepages-2048kB/nr_hugepages" 8
done
file sys/devices/system/node/node0/cpulist 0-3
file sys/devices/system/node/node1/cpulist 4-7
file sys/devices/system/cpu/isolated ''
file sys/devices/system/cpu/nohz_full '(null)'
for core in 2 3; do
	file "sys/devices/system/cpu/cpu$core/cpufreq/scaling_governor" powersave
done
file proc/irq/7/smp_affinity_list 0-3
file proc/irq/8/smp_affinity_list 0,1
file proc/irq/9/smp_affinity_list 3
file etc/default/irqbalance 'IRQBALANCE_BANNED_CPULIST="3"'
file etc/passwd 'root:x:0:0::/root:/bin/sh'
mkdir -p "$root/dev/net" "$root/sys/bus/pci/drivers/ice/" "$root/sys/kernel/iommu_groups/0"
echo DMA-FQ >"$root/sys/kernel/iommu_groups/0/type"
touch "$root/dev/net/tun"
file $nic/vendor 0x8086
file $nic/driver_override ''
file sys/bus/pci/drivers_probe ''
ln -s ../../drivers/ice "$root/$nic/driver"

snapshot() {
	(cd "$root" && find . -path ./var -prune -o -type f -exec sha256sum {} + -o -type l -printf '%p %l\n' | sort)
}

full=(hugepages_mb=400 needs_hugetlbfs=1 'pci=0000:01:00.0 vfio' needs_iommu=1 allow_noiommu=0 needs_tap=1 user=root control_user=)
pages=sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages

# --- check, apply, again, undo -----------------------------------------------------------

facts "${full[@]}"
before=$(snapshot)
run --check 1
says 'WRONG   hugepages on node0: 8 of 2 MiB: --apply would make them 200'
says 'WRONG   hugetlbfs is not mounted: --apply would mount it on /dev/hugepages'
says 'WRONG   module vfio-pci is not loaded: --apply would load it'
says 'OK      IOMMU: there'
says 'WRONG   0000:01:00.0 is bound to ice: --apply would bind it to vfio-pci'
says 'OK      module tun: there'
says "BY HAND isolated cores: add to the kernel's command line and reboot: isolcpus=2,3 nohz_full=2,3 rcu_nocbs=2,3"
says 'WRONG   core 2: governor is powersave: --apply would write performance'
says 'WRONG   interrupts: 2 may go to cores 2,3: --apply would move them to others'
says 'WRONG   irqbalance may use cores 2,3: --apply would ban them in /etc/default/irqbalance'
says 'OK      user root: there'
grep -q node1 <<<"$out" && fail 'node1, which has none of our cores, is spoken of'
[[ $(snapshot) == "$before" && ! -e $root/var ]] || fail 'changed something'

run --apply 10 # isolation is left
says 'DONE    0000:01:00.0: bound to vfio-pci, was ice'
says 'DONE    interrupts: 2 moved away from cores 2,3; 0 that the kernel holds there'
holds $pages 200
holds sys/devices/system/cpu/cpu3/cpufreq/scaling_governor performance
holds proc/irq/7/smp_affinity_list 0,1
holds proc/irq/8/smp_affinity_list 0,1
holds proc/irq/9/smp_affinity_list 0
holds etc/default/irqbalance 'IRQBALANCE_BANNED_CPULIST=2,3'
[[ $(readlink "$root/$nic/driver") == ../../drivers/vfio-pci ]] || fail 'not bound to vfio-pci'

applied=$(snapshot)
record=$(<"$root/var/lib/sluice-host-setup/values")
run --apply 10
grep -q '^DONE' <<<"$out" && fail "did something again:"$'\n'"$out"
[[ $(snapshot) == "$applied" ]] || fail 'changed something again'
[[ $(<"$root/var/lib/sluice-host-setup/values") == "$record" ]] || fail 'forgot the first values'

# the kernel's command line is changed and the machine rebooted: all is well
file sys/devices/system/cpu/isolated 2-3
file sys/devices/system/cpu/nohz_full 2-3
file proc/cmdline 'ro quiet isolcpus=2,3 nohz_full=2,3 rcu_nocbs=2,3'
run --check 0
grep -Eq '^(WRONG|BY HAND|FAILED)' <<<"$out" && fail "status 0, but:"$'\n'"$out"

run --undo 0
holds $pages 8
holds sys/devices/system/cpu/cpu3/cpufreq/scaling_governor powersave
holds proc/irq/7/smp_affinity_list 0-3
holds proc/irq/9/smp_affinity_list 3
holds etc/default/irqbalance 'IRQBALANCE_BANNED_CPULIST="3"'
holds $nic/driver_override ''
[[ $(readlink "$root/$nic/driver") == ../../drivers/ice ]] || fail 'not bound to ice again'
[[ ! -e $root/var/lib/sluice-host-setup ]] || fail 'kept its record'
run --undo 0
says 'host-setup: nothing was applied, so there is nothing to undo'
out=$(scripts/host-setup.sh --undo 2>&1) || fail "without a profile: $out"
says 'host-setup: nothing was applied, so there is nothing to undo'

# --- what must not be done, or cannot ----------------------------------------------------

mkdir -p "$root/$nic/net/eth0"
run --apply 10
says 'BY HAND 0000:01:00.0: carries the default route: this machine would be cut off; choose another, or move the route'
[[ $(readlink "$root/$nic/driver") == ../../drivers/ice ]] || fail 'took the way to this machine'
run --undo 0
rm -r "$root/${nic:?}/net"

file $nic/vendor 0x15b3
run --check 1
says 'BY HAND 0000:01:00.0: is a Mellanox, which stays with its driver: write binding = "kernel" in the profile'
file $nic/vendor 0x8086

rm -r "$root/sys/kernel/iommu_groups/0"
run --check 1
says "BY HAND IOMMU: none. Turn on VT-d in the firmware, and add intel_iommu=on iommu=pt to the kernel's command line; or write allow_noiommu = true; in the profile"
facts hugepages_mb=0 'pci=0000:01:00.0 vfio' needs_iommu=0 allow_noiommu=1 needs_tap=0 user=nobody control_user=
file sys/module/vfio/parameters/enable_unsafe_noiommu_mode N
run --check 1
says "WRONG   no IOMMU, which the profile allows: vfio's unsafe mode is N: --apply would write Y"
says 'OK      hugepages: the profile uses none'
says 'BY HAND user nobody: unknown; make it with useradd --system nobody, or change control.run_as in the profile'

facts hugepages_mb=0 'pci=0000:01:00.0 kernel' 'pci=0000:09:00.0 kernel' needs_iommu=0 allow_noiommu=0 \
	needs_tap=0 'netdev=eth7 net_af_packet 1' 'netdev=eth1 net_af_xdp 1' user= control_user=
file sys/class/net/eth1/napi_defer_hard_irqs 0
file sys/class/net/eth1/gro_flush_timeout 200000
mkdir -p "$root/sys/class/net/eth1/queues/rx-0" "$root/sys/class/net/eth1/queues/rx-1"
run --check 1
says 'OK      0000:01:00.0: stays with ice'
says 'BY HAND 0000:09:00.0: no such device: put one of lspci -D into the profile'
says 'BY HAND interface eth7: not on this machine: put another into the profile'
says 'BY HAND interface eth1: 2 queues, of which the relay takes 1 and would miss what comes to the others: ethtool -L eth1 combined 1'
says 'WRONG   interface eth1: napi_defer_hard_irqs is 0: --apply would write 2'
says 'OK      interface eth1: gro_flush_timeout: 200000'

# a bare machine: no nodes, no cpufreq, no irqbalance; and then one that is no profile
rm -r "$root/sys/devices/system/node" "$root/sys/devices/system/cpu/cpu2" "$root/etc/default"
facts hugepages_mb=5 needs_iommu=0 allow_noiommu=0 needs_tap=0 user= control_user=
run --check 1
says 'BY HAND hugepages: the kernel has none of 2 MiB; write hugepages = "off" in the profile'
says 'OK      core 2: governor: not on this machine'
says 'OK      irqbalance: not on this machine'
# what fails is not what is left to be done by hand
mkdir -p "$root/sys/kernel/mm/hugepages/hugepages-2048kB"
file sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages 0
facts hugepages_mb=5 needs_hugetlbfs=1 needs_iommu=0 allow_noiommu=0 needs_tap=0 user= control_user=
file proc/mounts ''
printf '#!/bin/sh\nexit 32\n' >"$top/bin/mount"
run --apply 1
says 'FAILED  hugetlbfs: cannot be mounted'
echo >"$top/bin/facts"
run --check 2
rm "$top/bin/facts"
run --apply 2
((status)) || echo PASS
exit "$status"
