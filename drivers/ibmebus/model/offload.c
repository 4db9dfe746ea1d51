// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the adapter does to a frame on its way out: checksums, VLAN tag, segments of a
 * large TCP packet. IPv4 alone. Offsets are those of the frame without the tag.
 */

#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <linux/unaligned.h>
#include <net/checksum.h>

#include "model.h"

#define SEND_ANY_CHECKSUM	(SEND_L3_CHECKSUM | SEND_L4_CHECKSUM)

static bool wants(const struct hea_send_wqe *wqe, u16 what)
{
	return be16_to_cpu(wqe->control) & what;
}

static struct iphdr *ip_of(const struct hea_send_wqe *wqe, const struct hea_frame *frame)
{
	return (struct iphdr *)(frame->data + wqe->l3_first);
}

static unsigned int l4_offset(const struct hea_send_wqe *wqe)
{
	return wqe->l3_last + 1;
}

static struct tcphdr *tcp_of(const struct hea_send_wqe *wqe, const struct hea_frame *frame)
{
	return (struct tcphdr *)(frame->data + l4_offset(wqe));
}

static unsigned int all_headers(const struct hea_send_wqe *wqe,
				const struct hea_frame *frame)
{
	return l4_offset(wqe) + tcp_of(wqe, frame)->doff * 4;
}

/* The length that the IP header tells, behind its own */
static unsigned int l4_len(const struct hea_send_wqe *wqe,
			   const struct hea_frame *frame)
{
	return ntohs(ip_of(wqe, frame)->tot_len) -
	       (l4_offset(wqe) - wqe->l3_first);
}

static bool l3_ok(const struct hea_send_wqe *wqe, const struct hea_frame *frame)
{
	const struct iphdr *ip = ip_of(wqe, frame);

	return wqe->l3_first >= ETH_HLEN && l4_offset(wqe) <= frame->len &&
	       wqe->l3_last + 1 >= wqe->l3_first + sizeof(*ip) &&
	       ip->version == 4 && ip->ihl * 4 == l4_offset(wqe) - wqe->l3_first;
}

static bool l4_ok(const struct hea_send_wqe *wqe, const struct hea_frame *frame)
{
	return wqe->l4_checksum >= l4_offset(wqe) &&
	       wqe->l4_checksum + sizeof(__sum16) <= frame->len &&
	       l4_len(wqe, frame) <= frame->len - l4_offset(wqe);
}

static bool tso_ok(const struct hea_send_wqe *wqe, const struct hea_frame *frame)
{
	const unsigned int mss = be16_to_cpu(wqe->mss);

	return ip_of(wqe, frame)->protocol == IPPROTO_TCP &&
	       l4_offset(wqe) + sizeof(struct tcphdr) <= frame->len &&
	       tcp_of(wqe, frame)->doff * 4 >= sizeof(struct tcphdr) &&
	       all_headers(wqe, frame) < frame->len && mss &&
	       all_headers(wqe, frame) + mss <= HEA_MAX_FRAME;
}

/**
 * hea_offload_ok() - whether what is to be done can be done
 * @wqe: what is to be done
 * @frame: what to
 *
 * What the fields mean: ehea_main.c, write_swqe2_immediate() and xmit_common(). That
 * the adapter looks at the headers itself, and sends nothing if they are not there, is
 * assumed: what it would send is garbage. A frame without a CRC of the adapter's would
 * have to bring its own: the model does not know that.
 *
 * Return: false if the entry makes no sense.
 */
bool hea_offload_ok(const struct hea_send_wqe *wqe, const struct hea_frame *frame)
{
	if (!wants(wqe, SEND_APPEND_CRC))
		return false;
	if (!wants(wqe, SEND_TSO) && frame->len > HEA_MAX_FRAME)
		return false;
	if (wants(wqe, SEND_ANY_CHECKSUM | SEND_TSO) && !l3_ok(wqe, frame))
		return false;
	if (wants(wqe, SEND_TSO))
		return tso_ok(wqe, frame);
	return !wants(wqe, SEND_L4_CHECKSUM) || l4_ok(wqe, frame);
}

static void l3_checksum(const struct hea_send_wqe *wqe, struct hea_frame *frame)
{
	struct iphdr *ip = ip_of(wqe, frame);

	ip->check = 0;
	ip->check = ip_fast_csum(ip, ip->ihl);
}

/* Whatever was in its place, which may be the sum of the pseudo header, is ignored */
static void l4_checksum(const struct hea_send_wqe *wqe, struct hea_frame *frame)
{
	const struct iphdr *ip = ip_of(wqe, frame);
	const unsigned int len = l4_len(wqe, frame);
	__sum16 sum;

	put_unaligned((__force u16)0, (u16 *)(frame->data + wqe->l4_checksum));
	sum = csum_tcpudp_magic(ip->saddr, ip->daddr, len, ip->protocol,
				csum_partial(frame->data + l4_offset(wqe), len, 0));
	if (!sum && ip->protocol == IPPROTO_UDP)
		sum = CSUM_MANGLED_0;
	put_unaligned((__force u16)sum, (u16 *)(frame->data + wqe->l4_checksum));
}

/* Those that are asked for; all of a segment's */
void hea_offload_checksums(const struct hea_send_wqe *wqe, struct hea_frame *frame)
{
	if (wants(wqe, SEND_L3_CHECKSUM | SEND_TSO))
		l3_checksum(wqe, frame);
	if (wants(wqe, SEND_L4_CHECKSUM | SEND_TSO))
		l4_checksum(wqe, frame);
}

/* There is room for a tag behind the frame */
void hea_offload_vlan(const struct hea_send_wqe *wqe, struct hea_frame *frame)
{
	u8 *tag = frame->data + 2 * ETH_ALEN;

	if (!wants(wqe, SEND_INSERT_VLAN))
		return;
	memmove(tag + VLAN_HLEN, tag, frame->len - 2 * ETH_ALEN);
	put_unaligned_be16(ETH_P_8021Q, tag);
	put_unaligned_be16(be16_to_cpu(wqe->vlan), tag + 2);
	frame->len += VLAN_HLEN;
}

/* To Ethernet's minimum: assumed, drivers do not do it */
void hea_offload_pad(struct hea_frame *frame)
{
	if (frame->len >= ETH_ZLEN)
		return;
	memset(frame->data + frame->len, 0, ETH_ZLEN - frame->len);
	frame->len = ETH_ZLEN;
}

/* The headers of a segment that is @number in a row, @done bytes into the payload */
static void fix_headers(const struct hea_send_wqe *wqe, struct hea_frame *segment,
			unsigned int number, unsigned int done, bool last)
{
	struct tcphdr *tcp = tcp_of(wqe, segment);
	struct iphdr *ip = ip_of(wqe, segment);

	ip->tot_len = htons(segment->len - wqe->l3_first);
	ip->id = htons(ntohs(ip->id) + number);
	tcp->seq = htonl(ntohl(tcp->seq) + done);
	if (number)
		tcp->cwr = 0;
	if (!last) {
		tcp->fin = 0;
		tcp->psh = 0;
	}
}

/**
 * hea_offload_segment() - make the next segment of a large packet
 * @wqe: how to
 * @all: the packet
 * @done: what was returned for the segment before, 0 at first
 * @segment: where to put it
 *
 * Return: up to where the packet has been taken; at last the length of it.
 */
unsigned int hea_offload_segment(const struct hea_send_wqe *wqe,
				 const struct hea_frame *all, unsigned int done,
				 struct hea_frame *segment)
{
	const unsigned int headers = all_headers(wqe, all);
	const unsigned int mss = be16_to_cpu(wqe->mss);
	unsigned int from = max(done, headers), len = min(mss, all->len - from);

	memcpy(segment->data, all->data, headers);
	memcpy(segment->data + headers, all->data + from, len);
	segment->len = headers + len;
	fix_headers(wqe, segment, (from - headers) / mss, from - headers,
		    from + len == all->len);
	return from + len;
}
