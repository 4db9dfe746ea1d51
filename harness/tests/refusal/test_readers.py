# SPDX-License-Identifier: GPL-2.0
"""Readers of every file of memory hotplug while blocks come and go, are refused and get stuck, and clients change.

On the debug kernel, which knows the locks that must not be waited for, this finds what no other kernel would.
"""

import re

from harness import memory, selftests
from harness.tests.refusal.conftest import NAMED, Field, boot

ROUNDS = 8

READER = f"""
until [ -e /tmp/enough ]; do
    for file in $(find {memory.SYSFS} -path '*hotplug/*' -type f); do
        cat $file > /tmp/out.$$ 2> /tmp/error.$$ || grep -q -e 'No such file' -e 'No such device' /tmp/error.$$ ||
            {{ echo $file: $(cat /tmp/error.$$); exit 1; }}
        grep -q . /tmp/out.$$ /tmp/error.$$ || {{ echo $file is empty; exit 1; }}
    done
    rounds=$((rounds + 1))
done
echo read $rounds times
"""

# One block whose pages are never all free, taken offline again and again; and clients that come and go
STUCK = """
until [ -e /tmp/enough ]; do
    {put} {sysfs}/memory{block}/state offline | grep -q ETIMEDOUT || exit 1
    {put} {named}/add "passer-by 3 query batch replay" | grep -q ok || exit 2
    {put} {named}/del passer-by | grep -q ok || exit 3
    rounds=$((rounds + 1))
done
echo stuck $rounds times
"""

# The time limit is for the other block; here it may be too short, but grows with every try
COMES_AND_GOES = """
for i in $(seq {rounds}); do
    {put} {sysfs}/memory{block}/state online_movable &&
    {put} {sysfs}/remove {start} && exit 1
    tries=0
    until {put} {sysfs}/memory{block}/state offline; do
        tries=$((tries + 1))
        {put} {sysfs}/hotplug/offline_timeout_ms $((100 + i + 20 * tries)) || exit 2
    done
    {put} {sysfs}/remove {start} &&
    {put} {sysfs}/probe {start} &&
    {put} {sysfs}/hotplug/offline_timeout_ms $((100 + i)) || exit 2
done
"""


def test_readers_and_writers(kernel_ours):
    with boot(kernel_ours, smp=4) as g:
        field = Field(g)
        put = f"{selftests.program('mhp')} put"
        stuck, moving = field.movable, field.movable + 1
        field.online(stuck, "online_movable")
        holder, _ = field.pin(stuck)
        field.timeout(100)
        readers = [g.spawn(READER) for _ in range(3)]
        retries = g.spawn(STUCK.format(put=put, sysfs=memory.SYSFS, block=stuck, named=NAMED))
        g.run(COMES_AND_GOES.format(rounds=ROUNDS, put=put, sysfs=memory.SYSFS, block=moving,
                                    start=f"{field.start(moving):#x}"), timeout=600)
        g.run("touch /tmp/enough")
        for worker, word in [(retries, "stuck"), *((reader, "read") for reader in readers)]:
            status, output = worker.wait(300)
            assert status == 0 and re.search(rf"{word} [1-9]\d* times", output), output
        field.end(holder)
        field.timeout(0)
        field.offline(stuck)
