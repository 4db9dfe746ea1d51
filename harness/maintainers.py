# SPDX-License-Identifier: GPL-2.0
"""Our MAINTAINERS entries, and how they go into the base's file: in alphabetical order.

An entry is a paragraph whose first line is its title. An entry of ours with a title that the base has
replaces the base's.
"""

import re

FIELD = re.compile(r"^[A-Z]:\s")


def paragraphs(text):
    return [block for block in re.split(r"\n{2,}", text.strip("\n")) if block]


def title(block):
    return block.split("\n", 1)[0]


def is_entry(block):
    lines = block.split("\n")
    return len(lines) > 1 and not FIELD.match(lines[0]) and bool(FIELD.match(lines[1]))


def entries(text):
    """[(title, paragraph)] of a MAINTAINERS file."""
    return [(title(block), block) for block in paragraphs(text) if is_entry(block)]


def files(text):
    """The patterns of every F: line."""
    return [line.split(None, 1)[1].strip() for line in text.splitlines() if re.match(r"F:\s", line)]


def merged(base_text, our_text):
    ours = dict(entries(our_text))
    if not ours:
        return base_text
    blocks = paragraphs(base_text)
    first = next(i for i, block in enumerate(blocks) if block.startswith("Maintainers List")) + 1
    while not is_entry(blocks[first]):
        first += 1
    head, tail = blocks[:first], blocks[first:]
    known = [block for block in tail if title(block) not in ours]
    last = known.pop() if title(known[-1]) == "THE REST" else None
    for name in sorted(ours):
        place = next((i for i, block in enumerate(known) if title(block).upper() > name.upper()), len(known))
        known.insert(place, ours[name])
    return "\n\n".join(head + known + ([last] if last else [])) + "\n"
