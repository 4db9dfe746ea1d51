// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory blocks that come and go: refused while somebody in the kernel may use all RAM,
 * followed otherwise. The words are for the operator at the HMC, to whom they get by
 * the refusal of the block.
 */

#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/memory.h>
#include <linux/memory_refusal.h>
#include <linux/minmax.h>
#include <linux/pfn.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "max_mr.h"

#define REMOVE_ADAPTER	"remove the adapter from the partition at the HMC"
#define STOP_USERS	". Stop these users, or " REMOVE_ADAPTER ", then repeat"
#define NOT_FREED	" still holds memory of former users. Repeat; or " \
			REMOVE_ADAPTER ", then repeat"

/* Leave room for the users; most names and location codes are about half as long */
#define NAME_SHOWN	16
#define LOCATION_MAX	40
#define DRC_MAX		28

static struct ehca_memory *to_memory(struct memory_client *client)
{
	return container_of(client, struct ehca_memory, client);
}

static size_t print_place(const struct ehca_place *place, char *buf, size_t size)
{
	const bool has_drc = place->drc && (!place->location ||
					    strcmp(place->drc, place->location));
	size_t len = scnprintf(buf, size, "adapter %.*s", NAME_SHOWN,
			       ehca_place_name(place));

	if (place->location)
		len += scnprintf(buf + len, size - len, " at %.*s",
				 LOCATION_MAX, place->location);
	if (has_drc)
		len += scnprintf(buf + len, size - len, " (DRC %.*s)", DRC_MAX,
				 place->drc);
	return len;
}

static size_t print_ports(const struct ehca_place *place, char *buf, size_t size)
{
	unsigned int port;
	size_t len;

	if (!place->nr_ports)
		return 0;
	len = scnprintf(buf, size, place->nr_ports == 1 ? ", port 1" :
							  ", ports 1");
	for (port = 2; port <= place->nr_ports; port++)
		len += scnprintf(buf + len, size - len,
				 port == place->nr_ports ? " and %u" : ", %u",
				 port);
	return len;
}

/* How many users have this one's name; 0 if another with it comes before */
static unsigned int count_name(const struct ehca_memory *memory,
			       const struct ehca_region *which)
{
	const struct ehca_region *region;
	unsigned int nr = 0;

	list_for_each_entry(region, &memory->users, list) {
		if (strcmp(region->user, which->user))
			continue;
		if (!nr && region != which)
			return 0;
		nr++;
	}
	return nr;
}

static size_t print_name(const struct ehca_region *region, unsigned int count,
			 bool first, char *buf, size_t size)
{
	const char *comma = first ? "" : ", ";

	if (count == 1)
		return snprintf(buf, size, "%s%s", comma, region->user);
	return snprintf(buf, size, "%s%s (%u)", comma, region->user, count);
}

/* Whole names, but for the first; of those without room the number */
static size_t print_users(const struct ehca_memory *memory, char *buf,
			  size_t size)
{
	static const char more[] = " and 9999 more";
	const struct ehca_region *region;
	unsigned int count, others = 0;
	size_t len = 0, one;

	list_for_each_entry(region, &memory->users, list) {
		count = count_name(memory, region);
		if (!count)
			continue;
		one = print_name(region, count, !len, buf + len, size - len);
		if (len && (others || len + one + sizeof(more) > size))
			others += count;
		else
			len += min(one, size - sizeof(more));
	}
	buf[len] = '\0';
	if (others)
		len += scnprintf(buf + len, size - len, " and %u more", others);
	return len;
}

/**
 * ehca_veto_text() - why a memory block is refused, and the way out
 * @memory: the adapter's; refuses one
 * @buf: is filled in
 * @size: bytes of @buf, %MHP_REFUSAL_WHY_LEN
 *
 * Context: &ehca_memory.lock held.
 */
void ehca_veto_text(const struct ehca_memory *memory, char *buf, size_t size)
{
	const struct ehca_place *place = &memory->place;
	size_t len = print_place(place, buf, size);

	lockdep_assert_held(&memory->lock);
	if (list_empty(&memory->users)) {
		strscpy(buf + len, NOT_FREED, size - len);
		return;
	}
	len += print_ports(place, buf + len, size - len);
	len += scnprintf(buf + len, size - len, ": used by ");
	len += print_users(memory, buf + len, size - len - strlen(STOP_USERS));
	strscpy(buf + len, STOP_USERS, size - len);
}

static bool is_vetoed(const struct ehca_memory *memory)
{
	return memory->held || !list_empty(&memory->users);
}

static int refuse(const struct ehca_memory *memory, struct memory_event *event)
{
	char why[MHP_REFUSAL_WHY_LEN];

	ehca_veto_text(memory, why, sizeof(why));
	return memory_refuse(event, "%s", why);
}

static int query_offline(struct memory_client *client,
			 struct memory_event *event)
{
	struct ehca_memory *memory = to_memory(client);
	int ret = 0;

	mutex_lock(&memory->lock);
	if (is_vetoed(memory))
		ret = refuse(memory, event);
	mutex_unlock(&memory->lock);
	return ret;
}

static struct ehca_ram *current_ram(const struct ehca_memory *memory)
{
	return rcu_dereference_protected(memory->ram,
					 lockdep_is_held(&memory->lock));
}

/*
 * The block with its own memmap, which nobody lets the adapter use: the region keeps its
 * large pages that way.
 */
static struct ehca_ram *changed_ram(struct ehca_memory *memory,
				    const struct memory_event *event,
				    bool online)
{
	const unsigned long nr = event->nr_memmap_pages + event->nr_pages;
	const struct ehca_ram *ram = current_ram(memory);

	return online ? ehca_ram_add(ram, event->memmap_start_pfn, nr,
				     memory->max_mr_size) :
			ehca_ram_remove(ram, event->memmap_start_pfn, nr,
					memory->max_mr_size);
}

/* Pages that come can be mapped as soon as they are used, pages that go until then. */
static int begin(struct ehca_memory *memory, struct memory_event *event,
		 bool online)
{
	struct ehca_ram *ram = changed_ram(memory, event, online);

	lockdep_assert_held(&memory->lock);
	if (IS_ERR(ram)) {
		memory_refuse(event, "no memory for the map of adapter %s",
			      ehca_place_name(&memory->place));
		return PTR_ERR(ram);
	}
	memory->other = ram;
	if (online)
		memory->other = rcu_replace_pointer(memory->ram, ram, true);
	WRITE_ONCE(memory->changing, true);
	return 0;
}

static int going(struct memory_client *client, struct memory_event *event,
		 bool online)
{
	struct ehca_memory *memory = to_memory(client);
	int ret;

	ehca_try_reclaim(memory);
	mutex_lock(&memory->lock);
	ret = is_vetoed(memory) ? refuse(memory, event) :
				  begin(memory, event, online);
	mutex_unlock(&memory->lock);
	return ret;
}

static int going_online(struct memory_client *client,
			struct memory_event *event)
{
	return going(client, event, true);
}

static int going_offline(struct memory_client *client,
			 struct memory_event *event)
{
	return going(client, event, false);
}

/* With the map as it is, or with the other one */
static void end(struct memory_client *client, bool other)
{
	struct ehca_memory *memory = to_memory(client);
	struct ehca_ram *drop;

	mutex_lock(&memory->lock);
	drop = memory->other;
	if (other && drop)
		drop = rcu_replace_pointer(memory->ram, drop, true);
	memory->other = NULL;
	WRITE_ONCE(memory->changing, false);
	mutex_unlock(&memory->lock);
	wake_up_all(&memory->changed);
	ehca_ram_retire(drop);
}

/**
 * ehca_warn_surplus() - tell that there is more RAM than the adapter can register
 * @memory: the adapter's
 * @what: names of the memory blocks that are too much
 */
void ehca_warn_surplus(const struct ehca_memory *memory, const char *what)
{
	pr_warn("%s: with %s there is more than the %llu MiB that the adapter can register: users in the kernel will be refused until that is removed\n",
		ehca_place_name(&memory->place), what,
		memory->max_mr_size >> 20);
}

static void check_surplus_block(struct ehca_memory *memory,
				const struct memory_event *event)
{
	char name[32];
	u64 bytes;

	mutex_lock(&memory->lock);
	bytes = ehca_ram_bytes(current_ram(memory));
	mutex_unlock(&memory->lock);
	if (bytes <= memory->max_mr_size)
		return;
	snprintf(name, sizeof(name), "memory%lu",
		 event->memmap_start_pfn / PHYS_PFN(memory_block_size_bytes()));
	ehca_warn_surplus(memory, name);
}

static void online(struct memory_client *client, struct memory_event *event)
{
	end(client, false);
	check_surplus_block(to_memory(client), event);
}

static void cancel_online(struct memory_client *client,
			  struct memory_event *event)
{
	end(client, true);
}

static void offline(struct memory_client *client, struct memory_event *event)
{
	end(client, true);
}

static void cancel_offline(struct memory_client *client,
			   struct memory_event *event)
{
	end(client, false);
}

/* Before there are users, or readers of the map */
static int replay(struct memory_client *client, unsigned long start_pfn,
		  unsigned long nr_pages)
{
	struct ehca_memory *memory = to_memory(client);
	struct ehca_ram *ram;
	int ret;

	mutex_lock(&memory->lock);
	ram = ehca_ram_add(current_ram(memory), start_pfn, nr_pages,
			   memory->max_mr_size);
	ret = PTR_ERR_OR_ZERO(ram);
	if (!ret)
		ehca_ram_free(rcu_replace_pointer(memory->ram, ram, true));
	mutex_unlock(&memory->lock);
	return ret;
}

/**
 * ehca_veto_init() - set the callbacks for memory hotplug
 * @memory: the adapter's
 */
void ehca_veto_init(struct ehca_memory *memory)
{
	struct memory_client *client = &memory->client;

	client->going_online = going_online;
	client->online = online;
	client->cancel_online = cancel_online;
	client->going_offline = going_offline;
	client->offline = offline;
	client->cancel_offline = cancel_offline;
	client->query_offline = query_offline;
	client->replay = replay;
}
