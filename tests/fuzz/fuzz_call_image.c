/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as the image of a call: what can be read can be written, reads the same again, and
 * leaves nothing in the table where it can't. */
#include "fuzz.h"

#include "call_image.h"

#include <errno.h>
#include <stdlib.h>

enum { LIMIT = 1 << 20 };

static const struct call_image_clock now = {5000000, UINT64_C(1700000000250000)};

static struct call *read_image(struct call_table *table, struct slice image)
{
	struct call *call = NULL;
	int status = call_image_read(image, &now, table, 7, &call);

	FUZZ_CHECK(status == 0 || status == -EBADMSG || status == -EPROTONOSUPPORT);
	FUZZ_CHECK((status == 0) == (call != NULL));
	FUZZ_CHECK(call_table_count(table) == (status == 0 ? 1 : 0));
	return call;
}

static void forget(struct call_table *table, struct call *call)
{
	call_table_remove(table, call);
	call_free(call);
}

static void check_again(struct call_table *table, const struct buffer *image)
{
	struct buffer again = {.limit = LIMIT};
	struct call *call = read_image(table, buffer_all(image));

	FUZZ_CHECK(call != NULL);
	FUZZ_CHECK(call_image_write(call, &now, &again) == 0);
	FUZZ_CHECK(slice_equal(buffer_all(image), buffer_all(&again)));
	forget(table, call);
	buffer_fini(&again);
}

/* NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buffer image = {.limit = LIMIT};
	struct call_table *table;
	struct call *call;

	FUZZ_CHECK(call_table_create(&table) == 0);
	call = read_image(table, (struct slice){(const char *)data, size});
	if (call != NULL) {
		FUZZ_CHECK(call_image_write(call, &now, &image) == 0);
		forget(table, call);
		check_again(table, &image);
	}
	call_table_destroy(table);
	buffer_fini(&image);
	return 0;
}
