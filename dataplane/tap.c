/* SPDX-License-Identifier: BSD-3-Clause */
#include "tap.h"

#include "tap_setup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

enum { ETHERNET_BYTES = 14, VLAN_BYTES = 4 };

struct tap {
	int fd, ifindex;
	uint32_t frame_max;
};

static int fail(FILE *out, const char *name, int err, const char *cure)
{
	errno = -err;
	(void)fprintf(out, "%s: can't make the TAP interface: %m: %s\n", name, cure);
	return err;
}

static const char *cure_of(int err)
{
	if (err == -EPERM)
		return "start as root, or with CAP_NET_ADMIN";
	if (err == -EBUSY)
		return "another process uses it: stop that one, or name another TAP in the profile";
	if (err == -EINVAL)
		return "an interface of this name is no TAP: name another one in the profile";
	return "see whether the kernel log says more";
}

static int open_device(const char *name, FILE *out)
{
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	if (errno == ENOENT || errno == ENODEV || errno == ENXIO)
		return fail(out, name, -errno,
			"/dev/net/tun is missing: load the module tun, or pass it to the container");
	if (errno == EACCES || errno == EPERM)
		return fail(out, name, -errno, "may not open /dev/net/tun: start as root");
	return fail(out, name, -errno, "see whether /dev/net/tun works");
}

static int attach(int fd, const char *name, short flags)
{
	struct ifreq request = {.ifr_flags = (short)(IFF_TAP | IFF_NO_PI | flags)};

	memcpy(request.ifr_name, name, strlen(name) + 1);
	return ioctl(fd, TUNSETIFF, &request) == 0 ? 0 : -errno;
}

/* A persistent interface goes when the last one who has it no longer wants it to stay. */
static int remove_left_over(const char *name, FILE *out)
{
	int fd = open_device(name, out), err;

	if (fd < 0)
		return fd;
	err = attach(fd, name, 0);
	if (err == 0 && ioctl(fd, TUNSETPERSIST, 0) != 0)
		err = -errno;
	(void)close(fd);
	return err == 0 ? 0 : fail(out, name, err, cure_of(err));
}

static bool name_valid(const char *name)
{
	return name[0] != '\0' && strlen(name) < IFNAMSIZ && strpbrk(name, "/%: \t\n") == NULL;
}

static int create(struct tap *tap, const char *name, FILE *out)
{
	int err = 0;

	if (!name_valid(name))
		return fail(out, name, -EINVAL, "give it a name of 1 to 15 letters and digits");
	if (if_nametoindex(name) != 0)
		err = remove_left_over(name, out);
	if (err != 0)
		return err;
	tap->fd = open_device(name, out);
	if (tap->fd < 0)
		return tap->fd;
	/* EXCL: it is new, or an error */
	err = attach(tap->fd, name, (short)IFF_TUN_EXCL);
	if (err != 0)
		return fail(out, name, err, cure_of(err));
	tap->ifindex = (int)if_nametoindex(name);
	return tap->ifindex != 0 ? 0 : fail(out, name, -errno, "start again");
}

int tap_open(const struct tap_config *config, FILE *out, struct tap **made)
{
	struct tap *tap = malloc(sizeof(*tap));
	int err;

	if (tap == NULL)
		return fail(out, config->name, -ENOMEM, "free memory");
	*tap = (struct tap){
		.fd = -1, .frame_max = (uint32_t)config->mtu + ETHERNET_BYTES + VLAN_BYTES};
	err = create(tap, config->name, out);
	if (err == 0)
		err = tap_setup_run(config, tap->ifindex, out);
	if (err != 0) {
		tap_close(tap);
		return err;
	}
	*made = tap;
	return 0;
}

void tap_close(struct tap *tap)
{
	if (tap == NULL)
		return;
	if (tap->fd >= 0)
		(void)close(tap->fd);
	free(tap);
}

int tap_fd(const struct tap *tap)
{
	return tap->fd;
}

int tap_ifindex(const struct tap *tap)
{
	return tap->ifindex;
}

uint32_t tap_frame_max(const struct tap *tap)
{
	return tap->frame_max;
}

int tap_carrier(struct tap *tap, bool on)
{
	int carrier = on;

	return ioctl(tap->fd, TUNSETCARRIER, &carrier) == 0 ? 0 : -errno;
}

ssize_t tap_read(struct tap *tap, void *frame, size_t room)
{
	uint8_t more; /* the device cuts frames to fit, without a word */
	struct iovec iov[2] = {{frame, room}, {&more, sizeof(more)}};
	ssize_t len = readv(tap->fd, iov, 2);

	if (len < 0)
		return -errno;
	return (size_t)len > room || (size_t)len > tap->frame_max ? -EMSGSIZE : len;
}

int tap_write(struct tap *tap, const void *frame, size_t len)
{
	ssize_t written;

	if (len < ETHERNET_BYTES)
		return -EINVAL;
	if (len > tap->frame_max)
		return -EMSGSIZE;
	written = write(tap->fd, frame, len);
	if (written < 0)
		return -errno;
	return (size_t)written == len ? 0 : -EIO;
}
