// SPDX-License-Identifier: GPL-2.0-only
/* Memory regions, as the RDMA core knows them */

#include <linux/err.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <rdma/ib_umem.h>
#include <rdma/restrack.h>

#include "ehca.h"
#include "user_pages.h"

/* What a region may allow; other flags only give more freedom, if any */
#define ACCESS_RIGHTS	(IB_ACCESS_LOCAL_WRITE | IB_ACCESS_REMOTE_WRITE | \
			 IB_ACCESS_REMOTE_READ)
#define ACCESS_KNOWN	(ACCESS_RIGHTS | IB_ACCESS_OPTIONAL | IB_ACCESS_HUGETLB)

/**
 * struct ehca_mr - a memory region
 * @ib: the RDMA core's
 * @region: behind it
 */
struct ehca_mr {
	struct ib_mr ib;
	struct ehca_region *region;
};

static struct ehca_mr *to_ehca_mr(struct ib_mr *mr)
{
	return container_of(mr, struct ehca_mr, ib);
}

static int check_access(int access)
{
	if (access & ~ACCESS_KNOWN)
		return -EOPNOTSUPP;
	/* InfiniBand's rule: who may let others write may write */
	if ((access & IB_ACCESS_REMOTE_WRITE) &&
	    !(access & IB_ACCESS_LOCAL_WRITE))
		return -EINVAL;
	return 0;
}

static u32 access_bits(int access)
{
	u32 bits = 0;

	if (access & IB_ACCESS_LOCAL_WRITE)
		bits |= EBUS_MR_LOCAL_WRITE;
	if (access & IB_ACCESS_REMOTE_WRITE)
		bits |= EBUS_MR_REMOTE_WRITE;
	if (access & IB_ACCESS_REMOTE_READ)
		bits |= EBUS_MR_REMOTE_READ;
	return bits;
}

static struct ib_mr *finish(struct ehca_mr *mr, struct ehca_region *region)
{
	if (IS_ERR(region)) {
		kfree(mr);
		return ERR_CAST(region);
	}
	mr->region = region;
	mr->ib.lkey = region->mr.lkey;
	mr->ib.rkey = region->mr.rkey;
	return &mr->ib;
}

/**
 * ehca_get_dma_mr() - give a user in the kernel all RAM
 * @pd: his protection domain, by which he is known
 * @access: IB_ACCESS_*
 *
 * Memory cannot be added to the partition or removed from it until ehca_dereg_mr().
 *
 * Context: As ehca_max_mr_get().
 * Return: the region, or an ERR_PTR(): -EOPNOTSUPP or -EINVAL for access that there is
 * not; an errno of ehca_max_mr_get().
 */
struct ib_mr *ehca_get_dma_mr(struct ib_pd *pd, int access)
{
	struct ehca_memory *memory = &to_ehca(pd->device)->memory;
	const char *user = pd->res.kern_name ?: "a user without a name";
	const int ret = check_access(access);
	struct ehca_mr *mr;

	if (ret)
		return ERR_PTR(ret);
	mr = kzalloc(sizeof(*mr), GFP_KERNEL);
	if (!mr)
		return ERR_PTR(-ENOMEM);
	return finish(mr, ehca_max_mr_get(memory, user, access_bits(access),
					  to_ehca_pd(pd)->number));
}

/* The pages stay pinned as long as the region is there */
static struct ehca_region *register_umem(struct ib_pd *pd, struct ib_umem *umem,
					 u64 iova, int access)
{
	struct ehca_memory *memory = &to_ehca(pd->device)->memory;
	struct ebus_mr_shape shape = {
		.io = iova,
		.length = umem->length,
		.offset = ib_umem_offset(umem),
	};
	struct ehca_region *region;
	struct ebus_extent *extents;

	extents = ehca_user_extents(&umem->sgt_append.sgt, &shape.nr_extents);
	if (IS_ERR(extents)) {
		ib_umem_release(umem);
		return ERR_CAST(extents);
	}
	shape.extents = extents;
	region = ehca_region_make(memory, access_bits(access),
				  to_ehca_pd(pd)->number, &shape, umem);
	kvfree(extents);
	return region;
}

/**
 * ehca_reg_user_mr() - make a region of memory of a user's in user space
 * @pd: his protection domain
 * @start: address of the memory
 * @length: bytes
 * @iova: address of the adapter's under which he will name it
 * @access: IB_ACCESS_*
 * @udata: his
 *
 * Context: Process context of the user, may sleep.
 * Return: the region, or an ERR_PTR(): -EOPNOTSUPP for access that there is not;
 * -EINVAL for that, too, and for lengths and addresses that the adapter does not have;
 * an errno of ib_umem_get() or of the firmware's.
 */
struct ib_mr *ehca_reg_user_mr(struct ib_pd *pd, u64 start, u64 length, u64 iova,
			       int access, struct ib_udata *udata)
{
	const int ret = check_access(access);
	struct ib_umem *umem;
	struct ehca_mr *mr;

	if (ret)
		return ERR_PTR(ret);
	if (!length || iova + length < iova)
		return ERR_PTR(-EINVAL);
	mr = kzalloc(sizeof(*mr), GFP_KERNEL);
	if (!mr)
		return ERR_PTR(-ENOMEM);
	umem = ib_umem_get(pd->device, start, length, access);
	if (IS_ERR(umem)) {
		kfree(mr);
		return ERR_CAST(umem);
	}
	return finish(mr, register_umem(pd, umem, iova, access));
}

/**
 * ehca_dereg_mr() - the end of ehca_get_dma_mr() or ehca_reg_user_mr()
 * @mr: the region
 * @udata: of a user in user space, or NULL
 *
 * If the firmware does not free it, the driver keeps what it needs, and goes on trying.
 *
 * Context: Process context, may sleep.
 * Return: 0. The RDMA core has no use for an error where a process has exited, or a
 * user in the kernel has gone.
 */
int ehca_dereg_mr(struct ib_mr *mr, struct ib_udata *udata)
{
	struct ehca_memory *memory = &to_ehca(mr->device)->memory;
	struct ehca_region *region = to_ehca_mr(mr)->region;

	if (region->pins)
		ehca_region_end(memory, region);
	else
		ehca_max_mr_put(memory, region);
	kfree(to_ehca_mr(mr));
	return 0;
}
