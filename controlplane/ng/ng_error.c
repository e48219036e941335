/* SPDX-License-Identifier: BSD-3-Clause */
#include "ng_error.h"

#define TEXT(id, text) [id] = (text),

static const char *const texts[NG_ERROR_COUNT] = {[NG_OK] = "", NG_ERRORS(TEXT)};

const char *ng_error_text(enum ng_error error)
{
	return (unsigned)error < NG_ERROR_COUNT ? texts[error] : "";
}
