/* SPDX-License-Identifier: BSD-3-Clause */
#include "relay_region.h"

#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BYTES = 1 << 20 };
#define HASH UINT64_C(0x1234)

static void made_region_maps_read_only(void **state)
{
	struct relay_region writer, reader;
	uint64_t *word;

	(void)state;
	assert_int_equal(relay_region_create(&writer, RELAY_ROLE_DATA, BYTES, HASH), 0);
	assert_int_equal(relay_region_map(&reader, writer.fd, RELAY_ROLE_DATA, BYTES, HASH), 0);
	word = (uint64_t *)writer.base + 1000;
	*word = 42;
	assert_int_equal(((const uint64_t *)reader.base)[1000], 42);
	assert_int_equal(
		relay_region_header(&reader)->instance, relay_region_header(&writer)->instance);
	assert_int_not_equal(relay_region_header(&reader)->instance, 0);
	relay_region_close(&reader);
	relay_region_close(&writer);
	relay_region_close(&writer);
}

/* Who holds the descriptor can neither write, nor shrink, nor unseal. */
static void descriptor_gives_no_write_access(void **state)
{
	struct relay_region r;
	char path[64];
	int again;

	(void)state;
	assert_int_equal(relay_region_create(&r, RELAY_ROLE_CONTROL, BYTES, HASH), 0);
	assert_ptr_equal(
		mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, r.fd, 0), MAP_FAILED);
	assert_int_equal(write(r.fd, "x", 1), -1);
	assert_int_equal(ftruncate(r.fd, 64), -1);
	assert_int_equal(fcntl(r.fd, F_ADD_SEALS, F_SEAL_WRITE), -1);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", r.fd);
	again = open(path, O_RDWR | O_CLOEXEC);
	if (again >= 0) {
		assert_ptr_equal(mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, again, 0),
			MAP_FAILED);
		(void)close(again);
	}
	relay_region_close(&r);
}

/* A store through the reader's mapping is a fault. */
static void reader_that_writes_dies(void **state)
{
	struct relay_region writer, reader;
	int status = 0;
	pid_t pid;

	(void)state;
	assert_int_equal(relay_region_create(&writer, RELAY_ROLE_DATA, BYTES, HASH), 0);
	assert_int_equal(relay_region_map(&reader, writer.fd, RELAY_ROLE_DATA, BYTES, HASH), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)signal(SIGSEGV, SIG_DFL);
		((volatile uint8_t *)reader.base)[4096] = 1;
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
	relay_region_close(&reader);
	relay_region_close(&writer);
}

static void other_region_refused(void **state)
{
	static const struct {
		enum relay_role role;
		size_t bytes;
		uint64_t hash;
	} rows[] = {
		{RELAY_ROLE_CONTROL, BYTES, HASH},
		{RELAY_ROLE_DATA, BYTES / 2, HASH},
		{RELAY_ROLE_DATA, (size_t)BYTES * 2, HASH},
		{RELAY_ROLE_DATA, BYTES, HASH + 1},
	};
	struct relay_region writer, reader = {.base = NULL, .fd = -1};

	(void)state;
	assert_int_equal(relay_region_create(&writer, RELAY_ROLE_DATA, BYTES, HASH), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(relay_region_map(&reader, writer.fd, rows[i].role, rows[i].bytes,
					 rows[i].hash),
			-EPROTO);
	assert_int_equal(relay_region_map(&reader, writer.fd, RELAY_ROLE_DATA, 8, HASH), -EINVAL);
	assert_null(reader.base);
	relay_region_close(&writer);
}

static void file_without_seals_refused(void **state)
{
	struct relay_region reader = {.base = NULL, .fd = -1};
	int fd = memfd_create("hostile", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	(void)state;
	assert_int_equal(ftruncate(fd, BYTES), 0);
	assert_int_equal(relay_region_map(&reader, fd, RELAY_ROLE_DATA, BYTES, HASH), -EPROTO);
	/* sealed as it should be, but without a header */
	assert_int_equal(fcntl(fd, F_ADD_SEALS,
				 F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL),
		0);
	assert_int_equal(relay_region_map(&reader, fd, RELAY_ROLE_DATA, BYTES, HASH), -EPROTO);
	(void)close(fd);
	assert_int_equal(relay_region_map(&reader, fd, RELAY_ROLE_DATA, BYTES, HASH), -EPROTO);
	assert_null(reader.base);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(made_region_maps_read_only),
		cmocka_unit_test(descriptor_gives_no_write_access),
		cmocka_unit_test(reader_that_writes_dies),
		cmocka_unit_test(other_region_refused),
		cmocka_unit_test(file_without_seals_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
