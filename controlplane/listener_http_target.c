/* SPDX-License-Identifier: BSD-3-Clause */
#include "listener_http.h"

/* "/ng", "/ng/TOKEN", "/ng/TOKEN/"; a token is one segment, as it stands. */
enum listener_http_target listener_http_target(const char *path, struct slice *token)
{
	static const struct {
		const char *name;
		enum listener_http_target target;
	} targets[] = {
		{"", TARGET_NG}, /* of a WebSocket alone: its sub-protocol says all */
		{"ng", TARGET_NG},
		{"ng-plain", TARGET_NG_PLAIN},
		{"ping", TARGET_PING},
		{"metrics", TARGET_METRICS},
	};
	struct slice rest = slice_of(path), first, second;

	*token = (struct slice){NULL, 0};
	if (rest.len == 0 || rest.ptr[0] != '/')
		return TARGET_UNKNOWN;
	rest = slice_from(rest, 1);
	first = slice_cut(&rest, '/');
	second = slice_cut(&rest, '/');
	if (rest.len > 0)
		return TARGET_UNKNOWN;
	if (second.len > 0)
		*token = second;
	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
		if (slice_is(first, targets[i].name))
			return targets[i].target;
	return TARGET_UNKNOWN;
}
