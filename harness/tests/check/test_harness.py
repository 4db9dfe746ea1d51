# SPDX-License-Identifier: GPL-2.0
"""The harness judges others; here it is judged itself, on the parts that need no guest."""

import os

import pytest

from harness import assemble, commandline, config, initramfs, ktap, maintainers


def test_put_never_writes_through_a_hard_link(tmp_path):
    base, tree = tmp_path / "base.c", tmp_path / "tree.c"
    base.write_text("base\n")
    os.link(base, tree)
    assert assemble.put(tree, b"ours\n", 0o644)
    assert base.read_text() == "base\n" and tree.read_text() == "ours\n"
    assert base.stat().st_nlink == 1


def test_put_leaves_a_right_file_alone(tmp_path):
    tree = tmp_path / "tree.c"
    tree.write_text("ours\n")
    tree.chmod(0o644)
    os.utime(tree, (1000, 1000))
    assert not assemble.put(tree, b"ours\n", 0o644)
    assert tree.stat().st_mtime == 1000


def test_revert_brings_the_base_back_newer_than_before(tmp_path):
    source, tree = tmp_path / "base", tmp_path / "tree"
    (source / "mm").mkdir(parents=True)
    (source / "mm/a.c").write_text("base\n")
    os.utime(source / "mm/a.c", (1000, 1000))
    assemble.clone(source, tree, link=True)
    assemble.put(tree / "mm/a.c", b"ours\n", 0o644)
    assemble.put(tree / "mm/new/b.c", b"ours\n", 0o644)
    assert assemble.revert(source, tree, "mm/a.c")
    assert assemble.revert(source, tree, "mm/new/b.c")
    assert (tree / "mm/a.c").read_text() == "base\n"
    assert (tree / "mm/a.c").stat().st_mtime > 1000
    assert not (tree / "mm/new").exists() and (tree / "mm").exists()


def test_maintainers_are_merged_in_order():
    base = ("List\n====\n\nMaintainers List\n----------------\n\nAAA\nS:\tMaintained\nF:\ta/\n\n"
            "CCC\nS:\tMaintained\nF:\tc/\n\nTHE REST\nF:\t*\n")
    ours = "# ours\n\nBBB\nS:\tMaintained\nF:\tb/\n\nZZZ\nF:\tz/\n\nAAA\nF:\tother/\n"
    merged = maintainers.merged(base, ours)
    assert [name for name, _ in maintainers.entries(merged)] == ["AAA", "BBB", "CCC", "ZZZ", "THE REST"]
    assert "other/" in merged and "F:\ta/" not in merged
    assert maintainers.merged(base, "# nothing\n") == base


def test_lost_symbols_are_named(tmp_path):
    fragment, dot_config = tmp_path / "f.config", tmp_path / ".config"
    fragment.write_text("CONFIG_A=y\nCONFIG_B=n\n# CONFIG_C is not set\nCONFIG_D=m\nCONFIG_E=\"x\"\n")
    dot_config.write_text("CONFIG_A=y\nCONFIG_C=y\nCONFIG_E=\"x\"\n")
    lost = config.differences([fragment], dot_config)
    assert [line.split("=")[0] for line in lost] == ["CONFIG_C", "CONFIG_D"]


def test_a_later_fragment_wins(tmp_path):
    first, second = tmp_path / "1", tmp_path / "2"
    first.write_text("CONFIG_A=y\n")
    second.write_text("CONFIG_A=n\n")
    assert config.requested([first, second])["CONFIG_A"][0] == "n"


KTAP = """KTAP version 1
1..2
    KTAP version 1
    # Subtest: suite
    1..3
    ok 1 one
    # two: EXPECTATION FAILED
    not ok 2 two
    ok 3 three # SKIP no hardware
# suite: pass:1 fail:1 skip:1 total:3
not ok 1 suite
ok 2 alone
"""


def test_ktap_counts_the_innermost():
    assert [result[:2] for result in ktap.parse(KTAP)] == [
        ("ok", "suite.one"), ("fail", "suite.two"), ("skip", "suite.three"), ("ok", "alone")]


def test_ktap_keeps_why():
    results = ktap.parse(KTAP)
    assert "EXPECTATION FAILED" in results[1][2] and results[2][2] == "no hardware"


@pytest.mark.parametrize("text, why", [
    ("", "no plan"),
    ("1..2\nok 1 a\n", "2 results announced, 1 seen"),
    ("1..1\nok 1 a\nok 2 b\n", "1 results announced, 2 seen"),
    ("1..2\nok 1 a\nok 3 c\n", "result number 3 where 2 was due"),
    ("1..1\n    1..2\n    ok 1 a\n", "ends inside a subtest"),
    ("1..1\n    1..2\n    ok 1 a\nok 1 suite\n", "2 results announced, 1 seen"),
])
def test_ktap_incomplete_is_an_error(text, why):
    with pytest.raises(ktap.KtapError, match=why):
        ktap.parse("TAP version 13\n" + text)


def test_ktap_suite_that_fails_without_a_failed_case():
    text = "TAP version 13\n1..1\n    1..1\n    ok 1 a\nnot ok 1 suite\n"
    assert [result[0] for result in ktap.parse(text)] == ["ok", "fail"]


def test_ktap_all_skipped():
    assert ktap.parse("TAP version 13\n1..0 # SKIP not root\n") == [("skip", "(all)", "not root")]


def test_nodes_add_up():
    options = commandline.Options(nodes=[{"mem": "1G", "cpus": "0"}, {}], maxmem="4G", slots=2)
    words = commandline.memory(options)
    assert words[1] == "size=1024M,slots=2,maxmem=4096M"
    assert words.count("-numa") == 2


def test_cpio_refuses_two_of_a_name():
    archive = initramfs.Cpio()
    archive.file("a/b", b"x")
    with pytest.raises(Exception, match="two files named /a/b"):
        archive.file("a/b", b"y")
