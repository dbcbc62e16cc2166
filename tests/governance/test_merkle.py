import base64
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bodytwin.errors import InvalidInputError
from bodytwin.governance.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    inclusion_proof,
    inclusion_proofs,
    leaf_hash,
    node_hash,
    tree_root,
    verify_consistency,
    verify_inclusion,
)

HERE = Path(__file__).parent / "merkle"


def published(kind):
    return json.loads((HERE / f"{kind}.json").read_text(encoding="utf-8"))


INCLUSION, CONSISTENCY = published("inclusion"), published("consistency")
PUBLISHED_ENTRIES = (
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
)
"""The eight entries behind the published proofs that hold."""
LOGS = st.lists(st.binary(max_size=40), min_size=1, max_size=70)


def raw(text):
    return base64.b64decode(text or "")


def proof_of(case):
    return [raw(h) for h in case["proof"] or ()]


def included(case):
    return verify_inclusion(
        raw(case["leafHash"]),
        case["leafIdx"],
        case["treeSize"],
        proof_of(case),
        raw(case["root"]),
    )


def consistent(case):
    return verify_consistency(
        case["size1"], case["size2"], proof_of(case), raw(case["root1"]), raw(case["root2"])
    )


def naive_root(leaves):
    """RFC 6962, 2.1, word for word."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while 2 * split < len(leaves):
        split *= 2
    return node_hash(naive_root(leaves[:split]), naive_root(leaves[split:]))


def naive_path(leaves, index):
    """RFC 6962, 2.1.1, word for word."""
    if len(leaves) == 1:
        return []
    split = 1
    while 2 * split < len(leaves):
        split *= 2
    if index < split:
        return [*naive_path(leaves[:split], index), naive_root(leaves[split:])]
    return [*naive_path(leaves[split:], index - split), naive_root(leaves[:split])]


def hashed(entries):
    return [leaf_hash(e) for e in entries]


def many(n):
    return hashed([b"entry %d" % i for i in range(n)])


def grown(entries):
    frontier = Frontier()
    for entry in entries:
        frontier = frontier.append(entry)
    return frontier


@pytest.mark.parametrize("name", INCLUSION)
def test_every_published_inclusion_proof_is_judged_as_published(name):
    assert included(INCLUSION[name]) is not INCLUSION[name]["wantErr"]


@pytest.mark.parametrize("name", CONSISTENCY)
def test_every_published_consistency_proof_is_judged_as_published(name):
    assert consistent(CONSISTENCY[name]) is not CONSISTENCY[name]["wantErr"]


@pytest.mark.parametrize("cases", [INCLUSION, CONSISTENCY])
def test_the_published_cases_are_all_there(cases):
    assert Counter(case["wantErr"] for case in cases.values()) == {True: 92, False: 6}


@pytest.mark.parametrize("root", [EMPTY_ROOT, bytes(32), b""])
@pytest.mark.parametrize("size", [0, 1, 8])
def test_an_empty_log_is_the_beginning_of_nothing(root, size):
    assert not verify_consistency(0, size, [], root, root)
    assert not verify_consistency(0, size, [root], root, root)


@pytest.mark.parametrize("leaf", [EMPTY_ROOT, bytes(32), b""])
def test_an_empty_log_holds_nothing(leaf):
    assert not verify_inclusion(leaf, 0, 0, [], EMPTY_ROOT)
    assert not verify_inclusion(leaf, 0, 0, [], leaf)


def test_the_root_of_an_empty_log_is_the_hash_of_nothing():
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert Frontier().root == tree_root([]) == EMPTY_ROOT


def test_the_roots_of_the_published_log_are_ours():
    leaves = hashed(map(bytes.fromhex, PUBLISHED_ENTRIES))
    assert base64.b64encode(leaves[0]).decode() == INCLUSION["0/happy-path"]["leafHash"]
    for case in (v for k, v in CONSISTENCY.items() if k.endswith("happy-path")):
        assert tree_root(leaves[: case["size1"]]) == raw(case["root1"])
        assert tree_root(leaves[: case["size2"]]) == raw(case["root2"])
        if case["size1"] < case["size2"]:
            assert list(consistency_proof(leaves[: case["size2"]], case["size1"])) == proof_of(case)
    for case in (v for k, v in INCLUSION.items() if k.endswith("happy-path")):
        found = inclusion_proof(leaves[: case["treeSize"]], case["leafIdx"])
        assert list(found) == proof_of(case)


def test_a_leaf_cannot_pass_for_a_node():
    left, right = leaf_hash(b"a"), leaf_hash(b"b")
    assert leaf_hash(left + right) != node_hash(left, right)


@given(LOGS)
def test_root_and_frontier_are_those_of_the_plain_definition(entries):
    leaves = hashed(entries)
    assert naive_root(leaves) == tree_root(leaves) == grown(entries).root
    assert grown(entries).size == len(entries)


@given(LOGS, st.data())
def test_the_proof_of_a_leaf_is_that_of_the_plain_definition(entries, data):
    leaves = hashed(entries)
    index = data.draw(st.integers(0, len(leaves) - 1))
    proof = inclusion_proof(leaves, index)
    assert list(proof) == naive_path(leaves, index)
    assert verify_inclusion(leaves[index], index, len(leaves), proof, naive_root(leaves))


@given(LOGS)
def test_many_proofs_at_once_are_those_one_by_one(entries):
    leaves = hashed(entries)
    together = inclusion_proofs(leaves, range(len(leaves)))
    assert together == tuple(inclusion_proof(leaves, i) for i in range(len(leaves)))


@given(LOGS, st.data())
def test_a_proof_holds_for_no_other_leaf_place_or_root(entries, data):
    leaves = hashed([b"%d " % i + e for i, e in enumerate(entries)])
    index = data.draw(st.integers(0, len(leaves) - 1))
    proof, root, size = inclusion_proof(leaves, index), tree_root(leaves), len(leaves)
    for other in range(size):
        if other != index:
            assert not verify_inclusion(leaves[other], index, size, proof, root)
            assert not verify_inclusion(leaves[index], other, size, proof, root)
    assert not verify_inclusion(leaves[index], index, size, (*proof, root), root)
    assert not verify_inclusion(leaves[index], index, size, proof[:-1], root) or not proof
    assert not verify_inclusion(leaves[index], index, size, proof, flipped(root, 7))
    assert not verify_inclusion(leaves[index], -1, size, proof, root)


@given(LOGS, st.data())
def test_every_beginning_of_a_log_is_proved_to_be_one(entries, data):
    leaves = hashed(entries)
    size = data.draw(st.integers(1, len(leaves)))
    proof = consistency_proof(leaves, size)
    old, new = naive_root(leaves[:size]), naive_root(leaves)
    assert verify_consistency(size, len(leaves), proof, old, new)


@given(LOGS, st.data())
def test_a_log_with_another_beginning_is_never_proved_to_go_on_from_it(entries, data):
    leaves = hashed(entries)
    size = data.draw(st.integers(1, len(leaves)))
    edited = list(leaves)
    edited[data.draw(st.integers(0, size - 1))] = leaf_hash(b"another" * 7)
    old = tree_root(leaves[:size])
    for there in (leaves, edited):
        proof = consistency_proof(there, size)
        assert not verify_consistency(size, len(leaves), proof, old, tree_root(edited))


@pytest.mark.parametrize("size", [1, 2, 3, 6, 7, 8, 11, 12])
def test_every_bit_of_a_consistency_proof_counts(size):
    leaves = many(13)
    proof, old, new = consistency_proof(leaves, size), tree_root(leaves[:size]), tree_root(leaves)
    assert verify_consistency(size, 13, proof, old, new)
    for place, node in enumerate(proof):
        for bit in range(256):
            changed = (*proof[:place], flipped(node, bit), *proof[place + 1 :])
            assert not verify_consistency(size, 13, changed, old, new)


@pytest.mark.parametrize("index", [0, 5, 11, 12])
def test_every_bit_of_an_inclusion_proof_counts(index):
    leaves = many(13)
    proof, root = inclusion_proof(leaves, index), tree_root(leaves)
    assert verify_inclusion(leaves[index], index, 13, proof, root)
    for place, node in enumerate(proof):
        for bit in range(256):
            changed = (*proof[:place], flipped(node, bit), *proof[place + 1 :])
            assert not verify_inclusion(leaves[index], index, 13, changed, root)


def test_bytes_lent_between_a_root_or_leaf_and_its_proof_are_seen():
    leaves = many(8)
    old, new = tree_root(leaves[:4]), tree_root(leaves)
    (first,) = consistency_proof(leaves, 4)
    assert verify_consistency(4, 8, [first], old, new)
    assert not verify_consistency(4, 8, [old[-1:] + first], old[:-1], new)
    sibling, *rest = inclusion_proof(leaves, 2)
    lent = leaves[2][-1:] + sibling
    assert not verify_inclusion(leaves[2][:-1], 2, 8, [lent, *rest], new)


def test_the_proof_of_a_larger_log_does_not_pass_for_that_of_a_smaller():
    leaves = many(8)
    for index in range(8):
        proof, root = inclusion_proof(leaves, index), tree_root(leaves)
        assert not any(verify_inclusion(leaves[index], 0, n, proof, root) for n in range(1, 5))
    proof, old, new = consistency_proof(leaves, 7), tree_root(leaves[:7]), tree_root(leaves)
    assert verify_consistency(7, 8, proof, old, new)
    assert not verify_consistency(3, 4, proof, old, new)


@pytest.mark.parametrize("index", [-1, 3, 100])
def test_there_is_no_proof_for_a_leaf_that_is_not_there(index):
    with pytest.raises(InvalidInputError, match="no leaf"):
        inclusion_proof(many(3), index)


@pytest.mark.parametrize("size", [-1, 0, 4])
def test_there_is_no_proof_for_a_beginning_that_is_not_there(size):
    with pytest.raises(InvalidInputError, match="no beginning"):
        consistency_proof(many(3), size)


def test_nothing_is_appended_to_a_frontier_that_does_not_fit_its_size():
    sound = grown([b"a", b"b", b"c"])
    for broken in (replace(sound, size=4), replace(sound, hashes=sound.hashes[:1])):
        with pytest.raises(InvalidInputError):
            broken.append(b"d")


def test_a_hundred_thousand_entries_are_checked_in_three_seconds():
    entries = [b'{"index":%d,"rule":"consent-permit"}' % i for i in range(100_000)]
    start = process_time()
    leaves = hashed(entries)
    root = tree_root(leaves)
    again = grown(entries)
    proof = inclusion_proof(leaves, 77_777)
    held = consistency_proof(leaves, 50_001)
    assert again.root == root
    assert verify_inclusion(leaves[77_777], 77_777, 100_000, proof, root)
    assert verify_consistency(50_001, 100_000, held, tree_root(leaves[:50_001]), root)
    assert process_time() - start < 3


def flipped(node, bit):
    return bytes(b ^ (1 << bit % 8) if i == bit // 8 else b for i, b in enumerate(node))
