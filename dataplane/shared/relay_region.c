/* SPDX-License-Identifier: BSD-3-Clause */
#include "relay_region.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010 /* Linux 5.1 */
#endif

enum { PAGE = 4096 };
enum { SEALS = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL };

static int write_header(void *base, enum relay_role role, size_t bytes, uint64_t layout_hash)
{
	struct relay_region_header *h = base;

	if (getrandom(&h->instance, sizeof(h->instance), 0) != sizeof(h->instance))
		return -errno;
	h->abi_version = RELAY_ABI_VERSION;
	h->role = role;
	h->bytes = bytes;
	h->layout_hash = layout_hash;
	h->magic = RELAY_REGION_MAGIC;
	return 0;
}

/* The writable mapping must come before the seals: they forbid any later one. */
static int fill_memfd(int fd, enum relay_role role, size_t bytes, uint64_t layout_hash, void **base)
{
	int err;

	if (ftruncate(fd, (off_t)bytes) != 0)
		return -errno;
	*base = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (*base == MAP_FAILED)
		return -errno;
	err = write_header(*base, role, bytes, layout_hash);
	if (err == 0 && fcntl(fd, F_ADD_SEALS, SEALS) != 0)
		err = -errno;
	/* keys lie here: not for core dumps */
	if (err == 0 && madvise(*base, bytes, MADV_DONTDUMP) != 0)
		err = -errno;
	if (err != 0)
		(void)munmap(*base, bytes);
	return err;
}

static int create(struct relay_region *r, enum relay_role role, size_t bytes, uint64_t layout_hash,
	unsigned flags)
{
	void *base = NULL;
	int fd, err;

	if (bytes < sizeof(struct relay_region_header))
		return -EINVAL;
	fd = memfd_create(role == RELAY_ROLE_DATA ? "sluice-data" : "sluice-control",
		MFD_CLOEXEC | MFD_ALLOW_SEALING | flags);
	if (fd < 0)
		return -errno;
	err = fill_memfd(fd, role, bytes, layout_hash, &base);
	if (err != 0) {
		(void)close(fd);
		return err;
	}
	*r = (struct relay_region){.base = base, .bytes = bytes, .fd = fd};
	return 0;
}

int relay_region_create(
	struct relay_region *r, enum relay_role role, size_t bytes, uint64_t layout_hash)
{
	return create(r, role, bytes, layout_hash, 0);
}

int relay_region_create_huge(
	struct relay_region *r, enum relay_role role, size_t bytes, uint64_t layout_hash)
{
	if (bytes % RELAY_REGION_HUGEPAGE != 0)
		return -EINVAL;
	return create(r, role, bytes, layout_hash, MFD_HUGETLB | MFD_HUGE_2MB);
}

/* Without the seals a peer could shrink the file under our mapping, and a read would be SIGBUS. */
static int check_fd(int fd, size_t bytes)
{
	struct stat st;
	int seals = fcntl(fd, F_GET_SEALS);

	if (seals < 0 || (seals & SEALS) != SEALS)
		return -EPROTO;
	if (fstat(fd, &st) != 0)
		return -errno;
	return (uint64_t)st.st_size == bytes ? 0 : -EPROTO;
}

int relay_region_map(
	struct relay_region *r, int fd, enum relay_role role, size_t bytes, uint64_t layout_hash)
{
	const struct relay_region_header *h;
	int err = bytes < sizeof(*h) ? -EINVAL : check_fd(fd, bytes);
	void *base;

	if (err != 0)
		return err;
	base = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);
	if (base == MAP_FAILED)
		return -errno;
	h = base;
	if (h->magic != RELAY_REGION_MAGIC || h->abi_version != RELAY_ABI_VERSION ||
		h->role != (uint32_t)role || h->bytes != bytes || h->layout_hash != layout_hash) {
		(void)munmap(base, bytes);
		return -EPROTO;
	}
	(void)madvise(base, bytes, MADV_DONTDUMP);
	*r = (struct relay_region){.base = base, .bytes = bytes, .fd = -1};
	return 0;
}

void relay_region_touch(const void *from, size_t bytes)
{
	const _Atomic uint8_t *p = from;

	if (bytes == 0)
		return;
	/* atomic: the compiler must not leave it out */
	for (size_t off = 0; off < bytes; off += PAGE)
		(void)atomic_load_explicit(&p[off], memory_order_relaxed);
	(void)atomic_load_explicit(&p[bytes - 1], memory_order_relaxed);
}

void relay_region_close(struct relay_region *r)
{
	if (r->base == NULL)
		return;
	(void)munmap(r->base, r->bytes);
	if (r->fd >= 0)
		(void)close(r->fd);
	*r = (struct relay_region){.base = NULL, .fd = -1};
}
