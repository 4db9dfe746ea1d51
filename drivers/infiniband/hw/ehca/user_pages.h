/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory of a user's in user space, as memory regions name it */
#ifndef _EHCA_USER_PAGES_H
#define _EHCA_USER_PAGES_H

#include <linux/ebus/mr.h>

struct sg_table;

struct ebus_extent *ehca_user_extents(const struct sg_table *table,
				      unsigned int *nr);

#endif /* _EHCA_USER_PAGES_H */
