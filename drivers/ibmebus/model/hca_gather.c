// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lists of descriptors: pieces of memory that are one message.
 */

#include "hca.h"

/* How long the message can be */
u64 hca_list_len(const struct hca_list *list)
{
	unsigned int i;
	u64 len = 0;

	for (i = 0; i < list->nr; i++)
		len += be32_to_cpu(list->sge[i].len);
	return len;
}

/* One of @to and @from; beyond the end of the list there is no permission */
static bool copy(const struct hca_list *list, u32 offset, u8 *to, const u8 *from,
		 u32 len)
{
	struct hca_access access = {
		.pd = list->pd,
		.right = from ? MR_LOCAL_WRITE : 0,
	};
	unsigned int i;
	u32 sge_len;
	bool ok;

	for (i = 0; i < list->nr && len; i++) {
		sge_len = be32_to_cpu(list->sge[i].len);
		if (offset >= sge_len) {
			offset -= sge_len;
			continue;
		}
		access.key = be32_to_cpu(list->sge[i].key);
		access.io = be64_to_cpu(list->sge[i].io) + offset;
		access.len = min(len, sge_len - offset);
		ok = from ? hca_mr_write(&access, from) : hca_mr_read(&access, to);
		if (!ok)
			return false;
		if (from)
			from += access.len;
		else
			to += access.len;
		len -= access.len;
		offset = 0;
	}
	return !len;
}

/**
 * hca_gather() - read a part of a message
 * @list: where it is
 * @offset: of the part in the message
 * @to: buffer
 * @len: bytes
 *
 * Context: hea_lock held.
 * Return: false if a region does not allow it.
 */
bool hca_gather(const struct hca_list *list, u32 offset, u8 *to, u32 len)
{
	return copy(list, offset, to, NULL, len);
}

/**
 * hca_scatter() - write a part of a message
 * @list: where it goes
 * @offset: of the part in the message
 * @from: buffer
 * @len: bytes
 *
 * Context: hea_lock held.
 * Return: false if a region does not allow it.
 */
bool hca_scatter(const struct hca_list *list, u32 offset, const u8 *from, u32 len)
{
	return copy(list, offset, NULL, from, len);
}
