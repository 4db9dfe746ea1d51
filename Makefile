# SPDX-License-Identifier: GPL-2.0
# A thin front of harness/, which does the work. Settings are variables: make kernel DEBUG=1

PYTHON := /usr/bin/python3
HARNESS := $(PYTHON) -B -m harness

export ARCH STOCK DEBUG VARIANT XEN CONFIG KSRC OUT T K FULL ACCEL JOBS TIMEOUT_SCALE SIZES ROUNDS

.DEFAULT_GOAL := help
.PHONY: help run test test-full bench kernel shell tree check clean

help:
	@echo 'make run [ARCH=x86_64]              plug, use and unplug a DIMM in a running kernel; or ARCH=arm64, ppc64'
	@echo 'make run XEN=1                      grow and shrink a domain under Xen'
	@echo 'make test [T=part] [K=expression]   run the tests, or a part: core refusal devmem peers debug arm64 ppc64 xen check build'
	@echo 'make test-full                      also the slow ones'
	@echo 'make bench [SIZES="8 64"] [ROUNDS=7]'
	@echo '                                    what it costs, against the base; sizes in GiB'
	@echo 'make kernel [ARCH=x86_64] [DEBUG=1] [STOCK=1] [CONFIG=extra.config]'
	@echo '                                    build; the last line is the path of the image'
	@echo 'make shell                          an interactive guest to plug DIMMs into'
	@echo 'make tree [KSRC=dir] [OUT=dir]      only assemble the kernel tree, from a 6.12 tree of yours'
	@echo 'make check                          static checks'
	@echo 'make clean                          remove what was built, keep the unpacked base'
	@echo
	@echo 'KSRC=dir builds upon another 6.12 tree. ACCEL=kvm uses KVM where it works. JOBS=n compiles'
	@echo 'with n processes, and runs n tests at once. TIMEOUT_SCALE=4 stretches every timeout of a slow machine.'

run test bench kernel shell tree check clean: | python
	@$(HARNESS) $@

test-full: | python
	@FULL=1 $(HARNESS) test

# The only thing that Python cannot install for itself.
.PHONY: python
python:
	@test -x $(PYTHON) || { echo '+ apt-get install python3'; \
		if [ "$$(id -u)" = 0 ]; then sudo=; else sudo=sudo; fi; \
		$$sudo apt-get -q update && \
		$$sudo env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends python3; }
