/* SPDX-License-Identifier: GPL-2.0-only */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM memory_hotplug

#if !defined(_TRACE_MEMORY_HOTPLUG_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_MEMORY_HOTPLUG_H

#include <linux/memory_refusal.h>
#include <linux/tracepoint.h>

TRACE_EVENT(mhp_step,

	TP_PROTO(const char *table, const char *state, bool up, bool undo,
		 u64 start, u64 size, u64 duration_ns, int result),

	TP_ARGS(table, state, up, undo, start, size, duration_ns, result),

	TP_STRUCT__entry(
		__string(table, table)
		__string(state, state)
		__field(bool, up)
		__field(bool, undo)
		__field(u64, start)
		__field(u64, size)
		__field(u64, duration_ns)
		__field(int, result)
	),

	TP_fast_assign(
		__assign_str(table);
		__assign_str(state);
		__entry->up = up;
		__entry->undo = undo;
		__entry->start = start;
		__entry->size = size;
		__entry->duration_ns = duration_ns;
		__entry->result = result;
	),

	TP_printk("%s %s %s%s start=0x%llx size=0x%llx duration_ns=%llu result=%d",
		  __get_str(table), __get_str(state),
		  __entry->up ? "up" : "down", __entry->undo ? " undo" : "",
		  __entry->start, __entry->size, __entry->duration_ns,
		  __entry->result)
);

TRACE_EVENT(mhp_refusal,

	TP_PROTO(const struct mhp_refusal *refusal),

	TP_ARGS(refusal),

	TP_STRUCT__entry(
		__string(request, refusal->request)
		__string(kind, mhp_refusal_kind_name(refusal->kind))
		__string(page, mhp_page_kind_name(refusal->page))
		__string(by, refusal->by)
		__string(why, refusal->why)
		__field(int, error)
		__field(u64, start)
		__field(u64, size)
	),

	TP_fast_assign(
		__assign_str(request);
		__assign_str(kind);
		__assign_str(page);
		__assign_str(by);
		__assign_str(why);
		__entry->error = refusal->error;
		__entry->start = refusal->start;
		__entry->size = refusal->size;
	),

	TP_printk("request=%s error=%d reason=%s start=0x%llx size=0x%llx by=%s page=%s why=%s",
		  __get_str(request), __entry->error, __get_str(kind),
		  __entry->start, __entry->size, __get_str(by), __get_str(page),
		  __get_str(why))
);

#endif /* _TRACE_MEMORY_HOTPLUG_H */

#include <trace/define_trace.h>
