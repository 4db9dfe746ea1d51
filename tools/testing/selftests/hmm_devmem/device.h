/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SELFTESTS_HMM_DEVMEM_DEVICE_H
#define SELFTESTS_HMM_DEVMEM_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../../../lib/test_hmm_devmem_uapi.h"

#define DEVICE		"/dev/hmm_devmem"
#define PARAMETERS	"/sys/module/test_hmm_devmem/parameters"

extern size_t page_size;

int device_open(void);
/* Number of pages, or a negative errno */
long to_device(int fd, void *addr, size_t pages);
long to_system(int fd, void *addr, size_t pages);
/* 0 or a negative errno */
int device_read(int fd, const void *addr, void *buffer, size_t size);
int device_write(int fd, void *addr, const void *buffer, size_t size);
int device_add(int fd, uint64_t size);
int device_remove(int fd, unsigned int timeout_ms,
		  struct hmm_devmem_test_remove *users);
struct hmm_devmem_test_state device_state(int fd);
void let_copies_fail(unsigned int nr);
void let_faults_wait(bool wait);
/* As a debugger does; number of bytes, or -1 */
long read_memory(int pid, const void *addr, void *buffer, size_t size);

void *map_pages(size_t pages);
/* A word that is different for each page and seed */
void fill(void *addr, size_t pages, uint64_t seed);
/* The number of the first page that is not as fill() left it; -1 if all are */
long wrong_page(const void *addr, size_t pages, uint64_t seed);

#endif /* SELFTESTS_HMM_DEVMEM_DEVICE_H */
