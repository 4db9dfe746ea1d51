// SPDX-License-Identifier: GPL-2.0-only
/*
 * Handles of event queues, completion queues, queue pairs and memory regions of both
 * adapters, and who refers to whom. A handle is never used twice: what has been freed
 * is noticed.
 */

#include <linux/preempt.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "hca.h"

#define HANDLE_TAG	0x7e10000000000000ULL
#define HANDLE_INDEX	GENMASK_ULL(15, 0)
#define HANDLE_SERIAL	GENMASK_ULL(47, 16)

DEFINE_SPINLOCK(hea_lock);

/* Protected by hea_lock */
static struct hea_object **objects;
static unsigned int last_index;
static u32 serial;
static unsigned int nr_objects[NR_HEA_TYPES];
static struct list_head lists[NR_HEA_TYPES];

/* Freed objects, whose memory the engine frees */
static LLIST_HEAD(discarded);

/* Of eHCA: what H_QUERY_HCA says; 0: as many as there are handles */
static const unsigned int max_objects[NR_HEA_TYPES] = {
	[HCA_QP] = HCA_MAX_QPS, [HCA_CQ] = HCA_MAX_CQS, [HCA_EQ] = HCA_MAX_EQS,
};

static const char * const type_names[] = {
	[HEA_QP] = "QP", [HEA_CQ] = "CQ", [HEA_EQ] = "EQ", [HEA_MR] = "MR",
	[HCA_QP] = "hca_QP", [HCA_CQ] = "hca_CQ", [HCA_EQ] = "hca_EQ",
	[HCA_MR] = "hca_MR",
};

/**
 * hea_may_sleep() - whether a call may allocate
 * @what: what it is for
 *
 * The model needs memory for what the firmware has room for of its own. Drivers
 * allocate in process context only (ehea_main.c, ehea_qmr.c).
 *
 * Return: false if the call was made in atomic context.
 */
bool hea_may_sleep(const char *what)
{
	if (!irqs_disabled() && !in_interrupt() &&
	    (!IS_ENABLED(CONFIG_PREEMPT_COUNT) || preemptible()))
		return true;
	hea_oracle(ORACLE_CONTEXT, "%s in atomic context", what);
	return false;
}

/**
 * hea_block_ok() - whether an address is one of a control block
 * @phys: the address
 *
 * Blocks have a page of the adapter's each (asm/hvcall.h, H_CB_ALIGNMENT): of eHEA it is
 * assumed, as drivers take a whole page for each (ehea_main.c, ehea_sense_port_attr()).
 *
 * Return: false if not, which is noted.
 */
bool hea_block_ok(u64 phys)
{
	if (!(phys % HEA_PAGE_SIZE) && hea_online_page(phys))
		return true;
	hea_oracle(ORACLE_BAD_ARGUMENT, "control block at %llx", phys);
	return false;
}

/**
 * hea_object_alloc() - memory for an object
 * @type: its type
 * @size: in bytes; it begins with the struct hea_object
 *
 * Context: Process context.
 * Return: the object, all zero but for its type; NULL without memory.
 */
struct hea_object *hea_object_alloc(enum hea_type type, size_t size)
{
	struct hea_object *object = kzalloc(size, GFP_KERNEL);

	if (object)
		object->type = type;
	return object;
}

/**
 * hea_object_add() - give an object a handle
 * @object: the object
 *
 * Context: hea_lock held.
 * Return: false if there are too many.
 */
bool hea_object_add(struct hea_object *object)
{
	const unsigned int max = max_objects[object->type];
	unsigned int i, index;

	lockdep_assert_held(&hea_lock);
	if (max && nr_objects[object->type] >= max)
		return false;
	for (i = 0; i < HEA_MAX_OBJECTS; i++) {
		/* Not 0; and as late as possible one that was in use lately */
		index = 1 + (last_index + i) % (HEA_MAX_OBJECTS - 1);
		if (objects[index])
			continue;
		objects[index] = object;
		serial++;
		object->handle = HANDLE_TAG |
				 FIELD_PREP(HANDLE_SERIAL, (u64)serial) | index;
		last_index = index;
		nr_objects[object->type]++;
		list_add(&object->list, &lists[object->type]);
		return true;
	}
	return false;
}

/* The opposite of hea_object_add() */
void hea_object_remove(struct hea_object *object)
{
	lockdep_assert_held(&hea_lock);
	objects[hea_index(object)] = NULL;
	nr_objects[object->type]--;
	list_del(&object->list);
}

/* Which of all objects it is, 1 to HEA_MAX_OBJECTS - 1 */
unsigned int hea_index(const struct hea_object *object)
{
	return object->handle & HANDLE_INDEX;
}

/* The object of an index, or NULL; hea_lock held */
struct hea_object *hea_find_index(unsigned int index)
{
	lockdep_assert_held(&hea_lock);
	return index < HEA_MAX_OBJECTS ? objects[index] : NULL;
}

/**
 * hea_find() - the object of a handle
 * @handle: a handle
 * @type: what it should be
 *
 * Context: hea_lock held.
 * Return: the object; NULL if there is none of that type.
 */
struct hea_object *hea_find(u64 handle, enum hea_type type)
{
	struct hea_object *object = hea_find_index(handle & HANDLE_INDEX);

	return object && object->handle == handle && object->type == type ?
	       object : NULL;
}

/*
 * Any type, of the adapter that is called; that an unknown handle is refused is assumed
 */
static struct hea_object *find_any(const struct ebus_hcall *call, u64 handle)
{
	struct hea_object *object = hea_find_index(handle & HANDLE_INDEX);

	if (object && object->handle == handle &&
	    hea_call_type(call, HEA_KIND(object->type)) == object->type)
		return object;
	if ((handle & ~(HANDLE_INDEX | HANDLE_SERIAL)) == HANDLE_TAG &&
	    FIELD_GET(HANDLE_SERIAL, handle) <= serial)
		hea_oracle(ORACLE_FREED_OBJECT, "handle %llx has been freed",
			   handle);
	else
		hea_oracle(ORACLE_BAD_ARGUMENT, "no handle %llx", handle);
	return NULL;
}

/* How many of a type there are; hea_lock held */
unsigned int hea_count(enum hea_type type)
{
	return nr_objects[type];
}

/**
 * hea_list() - all objects of a type
 * @type: the type
 *
 * Context: hea_lock held, as long as the list is used.
 * Return: the list, in no order that matters; a caller may change the order.
 */
struct list_head *hea_list(enum hea_type type)
{
	lockdep_assert_held(&hea_lock);
	return &lists[type];
}

/* An object no longer refers to another one, which may have been freed by force */
void hea_put_user(u64 handle, enum hea_type type)
{
	struct hea_object *object = hea_find(handle, type);

	if (object)
		object->users--;
}

/* Nothing refers to the object any more. Context: Any. */
void hea_discard(struct hea_object *object)
{
	llist_add(&object->dead, &discarded);
	hea_engine_wake();
}

/* Frees what has been discarded. Context: Process context. */
void hea_free_discarded(void)
{
	struct hea_object *object, *next;

	llist_for_each_entry_safe(object, next, llist_del_all(&discarded), dead) {
		if (HEA_KIND(object->type) == HEA_MR)
			hea_mr_destroy(container_of(object, struct hea_mr, object));
		else
			hea_queue_destroy(object);
		kfree(object);
	}
}

/*
 * H_ALLOC_HEA_RESOURCE: ehea_phyp.c, ehea_h_alloc_resource_*(), H_ALL_RES_TYPE_*;
 * H_ALLOC_RESOURCE of eHCA: hcp_if.c of Linux 4.4, hipz_h_alloc_resource_*().
 */
long hea_call_alloc(struct ebus_hcall *call)
{
	switch (FIELD_GET(ALLOC_TYPE, call->arg[1])) {
	case HEA_QP:
		return hea_call_type(call, HEA_QP) == HCA_QP ? hca_qp_alloc(call) :
		       hea_qp_alloc(call);
	case HEA_CQ:
		return hea_cq_alloc(call);
	case HEA_EQ:
		return hea_eq_alloc(call);
	case HEA_MR:
		return hea_mr_alloc(call);
	}
	hea_oracle(ORACLE_BAD_ARGUMENT, "%s: type %lx", hea_call_name(call->opcode),
		   call->arg[1]);
	return H_PARAMETER;
}

/*
 * H_REGISTER_HEA_RPAGES: ehea_phyp.c, ehea_h_register_rpage(); H_REGISTER_RPAGES of
 * eHCA: hcp_if.c of Linux 4.4, hipz_h_register_rpage()
 */
long hea_call_register_pages(struct ebus_hcall *call)
{
	struct hea_object *object;

	lockdep_assert_held(&hea_lock);
	object = find_any(call, call->arg[2]);
	if (!object)
		return H_PARAMETER;
	if (HEA_KIND(object->type) == HEA_MR)
		return hea_mr_register(container_of(object, struct hea_mr, object),
				       call);
	return hea_queue_register(object, call);
}

/* A queue pair that is enabled is in use: assumed */
static bool is_enabled(const struct hea_object *object)
{
	switch (object->type) {
	case HEA_QP:
		return container_of(object, struct hea_qp, object)->control &
		       QP_ENABLED;
	case HCA_QP:
		return container_of(object, struct hca_qp, object)->enabled;
	default:
		return false;
	}
}

/*
 * Why an object cannot be freed. eHEA: by force all can (ehea_qmr.c,
 * ehea_destroy_{qp,cq,eq}()); that this frees what is in use, whose users then have
 * nothing to refer to, is assumed. eHCA: force is for completion queues with an error
 * (ehca_cq.c of Linux 4.4, ehca_destroy_cq()); that it changes nothing for what is in
 * use is assumed.
 */
static long is_in_use(const struct hea_object *object, bool force)
{
	const bool in_use = object->users || is_enabled(object);

	if (!(object->type & HCA))
		return in_use && !force ? H_R_STATE : H_SUCCESS;
	if (in_use)
		return H_RESOURCE;
	return object->type == HCA_CQ && !force &&
	       container_of(object, struct hea_cq, object)->error ?
	       H_R_STATE : H_SUCCESS;
}

static void forget(struct hea_object *object)
{
	if (object->type == HEA_QP)
		hea_qp_freed(container_of(object, struct hea_qp, object));
	else if (object->type == HCA_QP)
		hca_qp_freed(container_of(object, struct hca_qp, object));
	if (HEA_KIND(object->type) == HEA_MR)
		hea_put_user(container_of(object, struct hea_mr, object)->origin,
			     object->type);
	else
		hea_queue_put_users(object);
	hea_object_remove(object);
	hea_discard(object);
}

/* H_FREE_RESOURCE: of both adapters, with one number */
long hea_call_free(struct ebus_hcall *call)
{
	struct hea_object *object;
	long rc;

	lockdep_assert_held(&hea_lock);
	object = find_any(call, call->arg[1]);
	if (!object)
		return H_PARAMETER;
	rc = is_in_use(object, call->arg[2]);
	if (rc == H_SUCCESS)
		forget(object);
	return rc;
}

/* All objects, one a line */
void hea_objects_show(struct seq_file *m)
{
	unsigned int i;

	lockdep_assert_held(&hea_lock);
	for (i = 0; i < HEA_MAX_OBJECTS; i++) {
		if (objects[i])
			seq_printf(m, "%s %llx users %u\n",
				   type_names[objects[i]->type],
				   objects[i]->handle, objects[i]->users);
	}
}

int hea_resources_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lists); i++)
		INIT_LIST_HEAD(&lists[i]);
	objects = kvcalloc(HEA_MAX_OBJECTS, sizeof(*objects), GFP_KERNEL);
	return objects ? 0 : -ENOMEM;
}

/* Nobody calls any more */
void hea_resources_exit(void)
{
	unsigned int i;

	for (i = 0; i < HEA_MAX_OBJECTS; i++) {
		if (objects[i])
			hea_discard(objects[i]);
	}
	hea_free_discarded();
	kvfree(objects);
}
