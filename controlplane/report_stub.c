#include "report.h"
bool report_call(const struct report_source *from, const struct call *call,
	const struct ng_request *which, struct ng_arena *arena, struct ng_value *reply)
{
	(void)from;
	(void)call;
	(void)which;
	(void)arena;
	(void)reply;
	return true;
}
void report_list(const struct call_table *table, const struct report_filter *filter,
	struct ng_arena *arena, struct ng_value *reply)
{
	(void)table;
	(void)filter;
	(void)arena;
	(void)reply;
}
void report_statistics(const struct report_statistics *s, const struct report_now *now,
	struct ng_arena *arena, struct ng_value *reply)
{
	(void)s;
	(void)now;
	(void)arena;
	(void)reply;
}
void report_metrics(
	const struct report_statistics *s, const struct report_now *now, struct buffer *out)
{
	(void)s;
	(void)now;
	(void)out;
}
