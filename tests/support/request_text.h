/* SPDX-License-Identifier: BSD-3-Clause */
/* request_text.h - all that a request of the ng protocol says, as one line: for comparing. */
#ifndef REQUEST_TEXT_H
#define REQUEST_TEXT_H

#include "buffer.h"
#include "ng_request.h"

/* Fields that say nothing are left out; a NUL ends it. */
void request_text_write(const struct ng_request *request, struct buffer *out);

#endif
