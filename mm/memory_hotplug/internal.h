/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of this folder share. Words, and what they always mean here:
 *
 * range:	[start, start + size) in bytes, as drivers and users name memory.
 * block:	a memory block, the unit that goes online and offline.
 * section:	PAGES_PER_SECTION pages, the unit of the memmap.
 * memmap:	the struct pages of a range.
 * altmap:	tells that the memmap lies in the hot range itself.
 * span:	[start, start + nr) of page frames, holes included.
 * present:	pages that exist, as in struct zone.
 * provider:	who added the memory.
 * client:	who is told of it, by the notifier chain.
 * @pfn, @start_pfn, @nr_pages: page frames; @start, @size: bytes.
 *
 * A file may call only those listed above it:
 *
 *	refusal_log
 *	refusal, walk
 *	lock, client_list, range, section, contiguity
 *	clients, memmap, undo
 *	registration, span, node
 *	zone_policy, memmap_on_memory
 *	mapper, obstacle, progress
 *	section_ops
 *	mapping, release, isolate, evacuate
 *	owner, debug
 *	batch, context
 *	room, check
 *	../memory_hotplug.c: the tables of states and the entry points
 *	add
 *	by_hand, offline_and_remove: what is made of those
 */
#ifndef _MM_MEMORY_HOTPLUG_INTERNAL_H
#define _MM_MEMORY_HOTPLUG_INTERNAL_H

#include <linux/hugetlb.h>
#include <linux/memory.h>
#include <linux/memory_client.h>
#include <linux/memory_hotplug.h>
#include <linux/memory_refusal.h>
#include <linux/memory_section_ops.h>
#include <linux/memory_transition.h>
#include <linux/memremap.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/rwsem.h>

/**
 * struct mhp_transition - one walk through a table of states
 * @table: the table
 * @state: the state that holds now
 * @start: first byte of the memory, for messages and traces
 * @size: its size in bytes
 * @refusal: why the walk failed, if it did
 * @fail: where it shall fail, see mhp_fail_arm(); NULL for nowhere
 * @shown: where to show @state while the walk is under way; may be NULL
 */
struct mhp_transition {
	const struct mhp_table *table;
	unsigned int state;
	u64 start;
	u64 size;
	struct mhp_refusal refusal;
	atomic_t *fail;
	u8 *shown;
};

/**
 * struct mhp_step - how one state is reached from the state below, and left
 * @name: the state's name, true once it is reached
 * @try_up: reach it; returns 0 or an errno, and then has changed nothing
 * @up: reach it, when that cannot fail
 * @try_down: leave it; returns 0 or an errno, and then has changed nothing
 * @down: leave it, when that cannot fail
 * @undo_up: take back @try_up or @up, when that differs from @down
 * @undo_down: take back @try_down or @down, when that differs from @up
 *
 * At most one of @try_up and @up is set, and at most one of @try_down and
 * @down. A step with neither has nothing to do in that direction.
 */
struct mhp_step {
	const char *name;
	int (*try_up)(struct mhp_transition *t);
	void (*up)(struct mhp_transition *t);
	int (*try_down)(struct mhp_transition *t);
	void (*down)(struct mhp_transition *t);
	void (*undo_up)(struct mhp_transition *t);
	void (*undo_down)(struct mhp_transition *t);
};

/**
 * struct mhp_table - an ordered list of states
 * @name: what goes through these states
 * @nr_states: length of @steps
 * @steps: one step for each state; the first is where everything starts
 */
struct mhp_table {
	const char *name;
	unsigned int nr_states;
	const struct mhp_step *steps;
};

/**
 * struct mhp_range_op - the context of a range that is added or removed
 * @t: the walk
 * @nid: its NUMA node; until it is claimed what the caller asked for, which is
 *	 a memory group with MHP_NID_IS_MGID
 * @flags: what add_memory() was asked for
 * @group: its memory group, or NULL
 * @owner: who provides it
 * @ops: the provider's operations, or NULL
 * @data: what the provider gets back
 * @res: the resource that covers it while it is being added
 * @res_name: name to claim the resource by; NULL when the caller has claimed
 * @node_added: the walk brought the node online
 * @nodes: nodes that lose memory when the range is removed
 * @boot: some of what is removed was there at boot
 * @cannot_stay: whoever removes it will not keep it, whatever we say
 */
struct mhp_range_op {
	struct mhp_transition t;
	int nid;
	mhp_t flags;
	struct memory_group *group;
	struct mhp_owner owner;
	const struct mem_section_ops *ops;
	void *data;
	struct resource *res;
	const char *res_name;
	bool node_added;
	nodemask_t nodes;
	bool boot;
	bool cannot_stay;
};

/**
 * struct mhp_announcement - what the clients are told of a block
 * @notify: in the way of the notifiers
 * @event: in the way of the named clients
 */
struct mhp_announcement {
	struct memory_notify notify;
	struct memory_event event;
};

/**
 * struct mhp_block_op - the context of a block that goes online or offline
 * @t: the walk
 * @mem: the block
 * @zone: the zone that it joins or leaves
 * @start_pfn: its first page frame
 * @nr_pages: all of its pages
 * @nr_memmap: how many of them, at its beginning, hold its own memmap
 * @about: what the clients are told
 */
struct mhp_block_op {
	struct mhp_transition t;
	struct memory_block *mem;
	struct zone *zone;
	unsigned long start_pfn;
	unsigned long nr_pages;
	unsigned long nr_memmap;
	struct mhp_announcement about;
};

static inline struct mhp_range_op *to_range_op(struct mhp_transition *t)
{
	return container_of(t, struct mhp_range_op, t);
}

static inline struct mhp_block_op *to_block_op(struct mhp_transition *t)
{
	return container_of(t, struct mhp_block_op, t);
}

/* The pages that the allocator gets: all but those of the block's own memmap */
static inline unsigned long mhp_usable_pfn(const struct mhp_block_op *op)
{
	return op->start_pfn + op->nr_memmap;
}

static inline unsigned long mhp_usable_pages(const struct mhp_block_op *op)
{
	return op->nr_pages - op->nr_memmap;
}

/* How many pages from @pfn on lie in the same section and before @end_pfn */
static inline unsigned long section_chunk(unsigned long pfn,
					  unsigned long end_pfn)
{
	return min(end_pfn, SECTION_ALIGN_UP(pfn + 1)) - pfn;
}

/* walk.c */
int mhp_walk(struct mhp_transition *t, unsigned int target);
bool mhp_step_may_fail(const struct mhp_step *step, bool up);
__printf(4, 5)
int mhp_refuse_walk(struct mhp_transition *t, enum mhp_refusal_kind kind,
		    int error, const char *why, ...);

/* refusal_log.c */
void mhp_refusal_log_note(const struct mhp_refusal *refusal);

/* refusal.c */
void mhp_keep_to_one_line(char *text);

/* lock.c */
void mhp_assert_locked(void);
void mhp_assert_requested(void);
bool mhp_try_get_online_mems(void);

/* client_list.c */
/**
 * struct mhp_client_list - who is told of memory that comes and goes
 * @lock: protects the list; held for reading while an event is sent
 * @first: the list, by priority, highest first
 * @newcomers: who has registered since the running transition began
 * @in_transition: a transition is running
 */
struct mhp_client_list {
	struct rw_semaphore lock;
	struct notifier_block __rcu *first;
	struct notifier_block __rcu *newcomers;
	bool in_transition;
};

#define MHP_CLIENT_LIST(name) \
	{ .lock = __RWSEM_INITIALIZER((name).lock) }

extern struct mhp_client_list mhp_clients;

struct notifier_block *mhp_clients_first(const struct mhp_client_list *list);
struct notifier_block *mhp_clients_next(const struct notifier_block *nb);
void mhp_clients_admit(struct mhp_client_list *list);
int mhp_clients_add(struct mhp_client_list *list, struct notifier_block *nb);
void mhp_clients_del(struct mhp_client_list *list, struct notifier_block *nb);
void mhp_clients_enter(struct mhp_client_list *list);
void mhp_clients_leave(struct mhp_client_list *list);

/* clients.c */
int mhp_call_named(struct notifier_block *nb, unsigned long event, void *data);
int mhp_call_follower(struct notifier_block *nb, unsigned long event,
		      void *data);
int mhp_clients_ask(struct mhp_client_list *list, enum memory_block_state what,
		    enum memory_block_state undo,
		    struct mhp_announcement *about);
void mhp_clients_undo(struct mhp_client_list *list,
		      enum memory_block_state undo,
		      struct mhp_announcement *about);
void mhp_clients_tell(struct mhp_client_list *list,
		      enum memory_block_state what,
		      struct mhp_announcement *about);
int mhp_clients_query(struct mhp_client_list *list,
		      struct mhp_announcement *about);
void mhp_clients_unknown(struct mhp_client_list *list,
			 void (*func)(const char *name, void *arg), void *arg);
void mhp_clients_begin_batch(struct mhp_client_list *list,
			     const struct memory_batch *batch);
void mhp_clients_end_batch(struct mhp_client_list *list,
			   const struct memory_batch *batch);

/* range.c */
int mhp_range_check(u64 start, u64 size, struct mhp_refusal *refusal);
int mhp_range_check_mappable(struct mhp_transition *t);
int mhp_range_check_request(struct mhp_range_op *op);
int mhp_range_claim(struct mhp_transition *t);
void mhp_range_unclaim(struct mhp_transition *t);
int mhp_range_list(struct mhp_transition *t);
u64 mhp_range_first_hole(u64 start, u64 size);

/* section.c */
bool mhp_pages_aligned(unsigned long pfn, unsigned long nr_pages);

/* contiguity.c */
void mhp_contiguity_clear(struct zone *zone);
void mhp_contiguity_add(struct zone *zone, unsigned long nr_pages);
void mhp_contiguity_sub(struct zone *zone, unsigned long nr_pages);
void mhp_contiguity_update(struct zone *zone);
void mhp_contiguity_lose_holes(unsigned long start_pfn, unsigned long nr_pages);

/* span.c */
/**
 * struct mhp_span - page frames from the first to the last of a zone or node
 * @start: first page frame; 0 if empty
 * @nr: number of page frames, holes included
 */
struct mhp_span {
	unsigned long start;
	unsigned long nr;
};

typedef bool (*mhp_pfn_used_fn)(unsigned long pfn, unsigned long *granule,
				const void *arg);
struct mhp_span mhp_span_grow(struct mhp_span span, unsigned long start,
			      unsigned long nr);
struct mhp_span mhp_span_shrink(struct mhp_span span, unsigned long start,
				unsigned long nr, mhp_pfn_used_fn used,
				const void *arg);
void mhp_zone_join(struct mhp_transition *t);
void mhp_zone_leave(struct mhp_transition *t);
void mhp_account_present(struct mhp_block_op *op, long nr_pages);

/* node.c */
int mhp_node_resolve(struct mhp_range_op *op);
int mhp_node_prepare(struct mhp_transition *t);
void mhp_node_undo(struct mhp_transition *t);
void mhp_node_retire(struct mhp_transition *t);
void mhp_node_predict_online(struct mhp_block_op *op);
void mhp_node_predict_offline(struct mhp_block_op *op);
void mhp_node_gain_memory(struct mhp_block_op *op);
void mhp_node_lose_memory(struct mhp_block_op *op);
int mhp_zone_prepare(struct mhp_transition *t);

/* zone_policy.c */
struct zone *mhp_balanced_zone(int nid, unsigned long start_pfn,
			       unsigned long nr_pages);
bool mhp_movable_fits(unsigned long kernel_pages, unsigned long movable_pages,
		      unsigned int ratio);
unsigned long mhp_kernel_pages_needed(unsigned long movable_pages,
				      unsigned long kernel_pages,
				      unsigned int ratio);

/* memmap_on_memory.c */
unsigned long mhp_memmap_pages(unsigned long block_pages, size_t page_struct,
			       unsigned long pageblock_pages, bool force);
struct vmem_altmap *mhp_altmap_create(u64 start, bool inaccessible);
void mhp_altmap_free(u64 start);
bool mhp_range_has_altmaps(u64 start, u64 size);
int mhp_memmap_init(struct mhp_transition *t);
void mhp_memmap_deinit(struct mhp_transition *t);

/**
 * struct mhp_chunk_work - what is done with a range, a chunk at a time
 * @try: do it; after an error nothing is done
 * @undo: take back what @try did
 */
struct mhp_chunk_work {
	int (*try)(struct mhp_range_op *op, u64 start, u64 size);
	void (*undo)(struct mhp_range_op *op, u64 start, u64 size);
};

/* chunks.c */
int mhp_chunks_do(struct mhp_range_op *op, const struct mhp_chunk_work *work);
void mhp_chunks_undo(struct mhp_range_op *op, const struct mhp_chunk_work *work);

/* mapping.c */
int mhp_range_map(struct mhp_transition *t);
void mhp_range_unmap(struct mhp_transition *t);

/* memmap.c */
struct page mhp_memmap_model(struct zone *zone, unsigned long pfn, bool free);
void mhp_memmap_fill(struct page *page, unsigned long nr_pages,
		     const struct page *model);
void mhp_memmap_write(struct zone *zone, unsigned long start_pfn,
		      unsigned long nr_pages, int migratetype, bool free);

/* section_ops.c */
int mhp_section_ops_check(struct mhp_range_op *op);
int mhp_section_check_backer(struct mhp_range_op *op);
int mhp_section_check_online(struct mhp_block_op *op);
int mhp_section_check_offline(struct mhp_block_op *op);
bool mhp_section_decides(const struct memory_block *mem);
bool mhp_section_lets_go(const struct memory_block *mem);
int mhp_section_let_go(struct mhp_transition *t);
void mhp_section_hold_again(struct mhp_transition *t);
void mhp_section_offlined(struct mhp_block_op *op);
int mhp_section_check_remove(const struct memory_block *mem,
			     struct mhp_refusal *refusal);

/* release.c */
bool mhp_pages_come_free(const struct memory_block *mem);
unsigned int mhp_chunk_order(unsigned long pfn, unsigned long end_pfn);
void mhp_pages_release(struct mhp_transition *t);
void mhp_pages_allow(struct mhp_transition *t);
void mhp_reserves_update(void);

/* owner.c */
void mhp_owner_set(struct mhp_owner *owner, enum mhp_provider provider,
		   const char *res_name, unsigned long caller);
int mhp_owner_check_firmware(u64 start, u64 size, struct mhp_refusal *refusal);
int mhp_owner_check_remove(struct memory_block *mem,
			   struct mhp_refusal *refusal);
int mhp_owner_check_offline(struct mhp_block_op *op);

/* undo.c */
bool mhp_undoing(void);

/* batch.c */
const struct memory_batch *mhp_batch_current(void);
bool mhp_batch_disable_lru_cache(void);

/* context.c */
struct mhp_range_op mhp_range_op(const char *request, u64 start, u64 size,
				 enum mhp_range_state state);
void mhp_block_op_init(struct mhp_block_op *op, const char *request,
		       struct memory_block *mem, struct zone *zone,
		       enum mhp_block_state state);

/* ../memory_hotplug.c */
int mhp_add(struct mhp_range_op *op);
int mhp_remove(struct mhp_range_op *op);

/* add.c */
int mhp_add_unclaimed(int nid, u64 start, u64 size, const char *res_name,
		      mhp_t flags, enum mhp_provider provider,
		      unsigned long caller);

#ifdef CONFIG_MEMORY_HOTREMOVE
/* check.c */
int mhp_check_offlinable(struct mhp_transition *t);

/* room.c */
/**
 * struct mhp_scan - a look at all pages of a block
 * @op: the block
 * @free: free pages
 * @in_use: pages that would have to be moved, without huge ones
 * @huge_used: huge pages that would have to be moved, by size
 * @huge_free: huge pages that would have to be dissolved, by size
 * @looked_at: the page frame that was looked at again last, as it may be on its way
 * @nr_looks: how often
 * @nr_looks_in_all: how often others were, too
 * @movable_ops: the operations of a driver whose page may be moved; or 0
 * @offline_pfn: a page that a driver keeps and nobody can move
 * @has_offline: there is one
 */
struct mhp_scan {
	struct mhp_block_op *op;
	unsigned long free;
	unsigned long in_use;
	unsigned long huge_used[HUGE_MAX_HSTATE];
	unsigned long huge_free[HUGE_MAX_HSTATE];
	unsigned long looked_at;
	unsigned int nr_looks;
	unsigned int nr_looks_in_all;
	unsigned long movable_ops;
	unsigned long offline_pfn;
	bool has_offline;
};

void mhp_scan_huge(unsigned long *counts, struct folio *folio);
int mhp_scan_free_huge(struct mhp_scan *scan, struct page *page,
		       unsigned long *skip);
int mhp_check_room(struct mhp_scan *scan);

/* obstacle.c */
#define MHP_OBSTACLE_LEN	160

/**
 * struct mhp_obstacle - a page that keeps a block from going offline
 * @pfn: its first page frame
 * @nr_pages: number of page frames
 * @kind: what it is; MHP_PAGE_NONE if there is no obstacle
 * @what: the same in words, with whatever is known of its owner
 */
struct mhp_obstacle {
	unsigned long pfn;
	unsigned long nr_pages;
	enum mhp_page_kind kind;
	char what[MHP_OBSTACLE_LEN];
};

void mhp_obstacle_describe(struct mhp_obstacle *obstacle, unsigned long pfn);
void mhp_obstacle_no_target(struct mhp_obstacle *obstacle, unsigned long pfn);
void mhp_obstacle_set(struct mhp_obstacle *obstacle, unsigned long pfn,
		      enum mhp_page_kind kind);
int mhp_refuse_obstacle(struct mhp_refusal *refusal, enum mhp_refusal_kind kind,
			int error, const struct mhp_obstacle *obstacle,
			const char *what);
int mhp_extra_references(struct folio *folio);
struct folio *mhp_folio_get(struct page *page);
bool mhp_folio_is_fixed(struct folio *folio);

/* progress.c */
void mhp_progress_begin(struct mhp_block_op *op);
void mhp_progress_add(unsigned long in_use, unsigned long evacuated);
void mhp_progress_at(unsigned long pfn);
void mhp_progress_stuck(const struct mhp_obstacle *stuck);
void mhp_progress_pass(const struct mhp_obstacle *stuck);
const struct mhp_obstacle *mhp_progress_stuck_at(unsigned long pfn);
int mhp_progress_check(struct mhp_block_op *op);
void mhp_progress_wait(void);
void mhp_progress_end(void);

/* range.c */
void mhp_range_release(struct mhp_transition *t);
int mhp_range_unlist(struct mhp_transition *t);

/* use_last.c */
void mhp_use_last(unsigned long start_pfn, unsigned long nr_pages);

/* isolate.c */
/* In which temper to look for room for the pages of a block */
#define MHP_TARGET_GFP	(GFP_USER | __GFP_MOVABLE | __GFP_RETRY_MAYFAIL)

int mhp_pages_isolate(struct mhp_transition *t);
void mhp_pages_unisolate(struct mhp_transition *t);

/* evacuate.c */
nodemask_t mhp_target_nodes(int nid);
void mhp_caches_disable(struct mhp_transition *t);
void mhp_caches_enable(struct mhp_transition *t);
int mhp_pages_evacuate(struct mhp_transition *t);
void mhp_pages_withdraw(struct mhp_transition *t);
#else
/* Nothing goes offline and nothing is removed: nobody walks down here */
static inline void mhp_range_release(struct mhp_transition *t) {}
static inline int mhp_range_unlist(struct mhp_transition *t)
{
	return -EINVAL;
}

static inline int mhp_check_offlinable(struct mhp_transition *t)
{
	return -EINVAL;
}

static inline void mhp_use_last(unsigned long start_pfn, unsigned long nr_pages)
{
}

static inline void mhp_caches_disable(struct mhp_transition *t) {}
static inline void mhp_caches_enable(struct mhp_transition *t) {}
static inline int mhp_pages_isolate(struct mhp_transition *t)
{
	return -EINVAL;
}

static inline void mhp_pages_unisolate(struct mhp_transition *t) {}
static inline int mhp_pages_evacuate(struct mhp_transition *t)
{
	return -EINVAL;
}

static inline void mhp_pages_withdraw(struct mhp_transition *t) {}
#endif /* CONFIG_MEMORY_HOTREMOVE */

#endif /* _MM_MEMORY_HOTPLUG_INTERNAL_H */
