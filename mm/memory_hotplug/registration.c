// SPDX-License-Identifier: GPL-2.0-only
/*
 * How clients come and go: notifiers, followers and named clients register here,
 * and see the RAM that is there already if they want to.
 */

#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/hugetlb.h>
#include <linux/memory.h>
#include <linux/memory_client.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/notifier.h>
#include <linux/sched.h>

#include "internal.h"

/**
 * register_memory_notifier() - be told when memory goes online or offline
 * @nb: the notifier; called in the order of its priority, highest first
 *
 * Does not wait for a block that is on its way, only for the event of it that is
 * being sent.
 *
 * Context: Process context, may sleep; also before slab is up.
 * Return: 0, or -EEXIST if @nb is registered already.
 */
int register_memory_notifier(struct notifier_block *nb)
{
	return mhp_clients_add(&mhp_clients, nb);
}
EXPORT_SYMBOL(register_memory_notifier);

/**
 * unregister_memory_notifier() - the end of register_memory_notifier()
 * @nb: the notifier
 *
 * Possible at any time. Afterwards @nb is not called any more, not even to
 * cancel what it has agreed to.
 *
 * Context: Process context, may sleep. Not from a notifier.
 */
void unregister_memory_notifier(struct notifier_block *nb)
{
	mhp_clients_del(&mhp_clients, nb);
}
EXPORT_SYMBOL(unregister_memory_notifier);

/**
 * memory_follower_register() - register a notifier that never keeps a block from
 *				going offline
 * @follower: the notifier, with @call set and its priority in @nb
 *
 * Context: As register_memory_notifier().
 * Return: 0, or -EEXIST if @follower is registered already.
 */
int memory_follower_register(struct memory_follower *follower)
{
	follower->nb.notifier_call = mhp_call_follower;
	return mhp_clients_add(&mhp_clients, &follower->nb);
}
EXPORT_SYMBOL_GPL(memory_follower_register);

/**
 * memory_follower_unregister() - the end of memory_follower_register()
 * @follower: the notifier
 *
 * Context: As unregister_memory_notifier().
 */
void memory_follower_unregister(struct memory_follower *follower)
{
	mhp_clients_del(&mhp_clients, &follower->nb);
}
EXPORT_SYMBOL_GPL(memory_follower_unregister);

static bool is_word(const char *name)
{
	if (!name || !*name)
		return false;
	for (; *name; name++) {
		if (!isgraph(*name))
			return false;
	}
	return true;
}

/*
 * A gigantic huge page is larger than what the page allocator hands out at once,
 * so that one of its pages begins each of the allocator's largest chunks. Looks
 * at pages without a reference: what it sees may have changed since.
 */
static bool has_gigantic_page(unsigned long start_pfn)
{
	const unsigned long end_pfn = start_pfn + PAGES_PER_SECTION;
	unsigned long pfn;
	struct page *page;

	for (pfn = start_pfn; pfn < end_pfn; pfn += MAX_ORDER_NR_PAGES) {
		page = pfn_to_page(pfn);
		if (PageHuge(page) &&
		    folio_order(page_folio(page)) > MAX_PAGE_ORDER)
			return true;
	}
	return false;
}

static bool is_replayed(unsigned long section_nr)
{
	const unsigned long pfn = section_nr_to_pfn(section_nr);
	const u64 start = PFN_PHYS(pfn), size = PFN_PHYS(PAGES_PER_SECTION);

	return online_section_nr(section_nr) &&
	       mhp_range_first_hole(start, size) == start + size &&
	       !has_gigantic_page(pfn);
}

static int replay_sections(struct memory_client *client, unsigned long first,
			   unsigned long end)
{
	if (first == end)
		return 0;
	return client->replay(client, section_nr_to_pfn(first),
			      section_nr_to_pfn(end - first));
}

/* mem_hotplug_lock is held for reading: sections stay as they are */
static int replay_ram(struct memory_client *client)
{
	const unsigned long last = __highest_present_section_nr;
	unsigned long nr, first = 0;
	int ret;

	for (nr = 0; nr <= last; nr++) {
		cond_resched();
		if (is_replayed(nr))
			continue;
		ret = replay_sections(client, first, nr);
		if (ret)
			return ret;
		first = nr + 1;
	}
	return replay_sections(client, first, nr);
}

/**
 * memory_client_register() - be told when memory goes online or offline
 * @client: the client
 *
 * A client with a @replay callback is told of the RAM that is online now, range by
 * range with the lowest address first, in whole sections; sections with holes or
 * with a gigantic huge page are left out. Nothing goes online or offline between
 * that and its first event. If the client is not registered, because @replay
 * returned an errno for a range or otherwise, it takes back itself what it did for
 * ranges.
 *
 * Context: Process context, may sleep. With @replay, takes mem_hotplug_lock and
 * waits for a block that is on its way.
 * Return: 0; -EINVAL if the name is not one word; -EEXIST if @client is
 * registered already; the errno of @replay.
 */
int memory_client_register(struct memory_client *client)
{
	int ret;

	if (!is_word(client->name))
		return -EINVAL;
	client->nb.notifier_call = mhp_call_named;
	client->nb.priority = client->priority;
	client->in_batch = false;
	if (!client->replay)
		return mhp_clients_add(&mhp_clients, &client->nb);

	/* No event can come between the two */
	get_online_mems();
	ret = replay_ram(client) ?: mhp_clients_add(&mhp_clients, &client->nb);
	put_online_mems();
	return ret;
}
EXPORT_SYMBOL_GPL(memory_client_register);

/**
 * memory_client_unregister() - the end of memory_client_register()
 * @client: the client
 *
 * Context: As unregister_memory_notifier().
 */
void memory_client_unregister(struct memory_client *client)
{
	mhp_clients_del(&mhp_clients, &client->nb);
}
EXPORT_SYMBOL_GPL(memory_client_unregister);

/**
 * memory_refuse() - say why a client refuses
 * @event: the event that it was asked about
 * @why: the reason, the device that it comes from and the way out, for whoever is
 *	 at the console; a printf() format of one line
 *
 * Context: In a callback of a memory client that may refuse.
 * Return: -EBUSY, for the callback to return; it may return another errno.
 */
int memory_refuse(struct memory_event *event, const char *why, ...)
{
	struct va_format vaf = { .fmt = why };
	va_list args;

	va_start(args, why);
	vaf.va = &args;
	mhp_refuse(event->refusal, MHP_REFUSED_CLIENT, -EBUSY,
		   PFN_PHYS(event->memmap_start_pfn),
		   PFN_PHYS(event->nr_memmap_pages + event->nr_pages),
		   event->client->name, "%pV", &vaf);
	va_end(args);
	return -EBUSY;
}
EXPORT_SYMBOL_GPL(memory_refuse);
