"""A tree of hashes over a log, so that nothing in it can be changed unseen.

    leaf      SHA-256(0x00 | entry)
    node      SHA-256(0x01 | left | right)
    tree      the left subtree holds the largest power of two below the size

Source: RFC 6962, Certificate Transparency, section 2.1.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from bodytwin.errors import InvalidInputError

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """The hash of one entry."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash over two subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Frontier:
    """Roots of the full subtrees of a log, the largest first: enough to append, and for the root.

    >>> Frontier().append(b"a").append(b"b").root == node_hash(leaf_hash(b"a"), leaf_hash(b"b"))
    True
    """

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def append(self, entry: bytes) -> "Frontier":
        """The frontier with one more entry. Raises InvalidInputError where it is none."""
        if self.size.bit_count() != len(self.hashes):
            raise InvalidInputError("These are not the full subtrees of a log of that size.")
        hashes, carry, size = list(self.hashes), leaf_hash(entry), self.size
        while size & 1:
            carry = node_hash(hashes.pop(), carry)
            size >>= 1
        return Frontier(self.size + 1, (*hashes, carry))

    @property
    def root(self) -> bytes:
        """The root of the whole tree."""
        if not self.hashes:
            return EMPTY_ROOT
        root = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            root = node_hash(left, root)
        return root


def tree_root(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes."""
    if not leaves:
        return EMPTY_ROOT
    level = list(leaves)
    while len(level) > 1:
        level = _above(level)
    return level[0]


def _above(level: Sequence[bytes]) -> list[bytes]:
    paired = [node_hash(a, b) for a, b in zip(level[::2], level[1::2], strict=False)]
    return paired + ([level[-1]] if len(level) % 2 else [])


def inclusion_proof(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """The hashes that lead from a leaf to the root, from the leaf upwards."""
    (proof,) = inclusion_proofs(leaves, (index,))
    return proof


def inclusion_proofs(
    leaves: Sequence[bytes], indices: Sequence[int]
) -> tuple[tuple[bytes, ...], ...]:
    """The proofs of many leaves, for the price of one."""
    for index in indices:
        if not 0 <= index < len(leaves):
            raise InvalidInputError(f"There is no leaf {index} among {len(leaves)}.")
    proofs: list[list[bytes]] = [[] for _ in indices]
    level, at = list(leaves), list(indices)
    while len(level) > 1:
        for proof, place in zip(proofs, at, strict=True):
            if place ^ 1 < len(level):
                proof.append(level[place ^ 1])
        level, at = _above(level), [place // 2 for place in at]
    return tuple(tuple(p) for p in proofs)


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> bool:
    """Whether the proof leads from the leaf hash at `index` to the root of `size` leaves."""
    if not 0 <= index < size or len(root) != HASH_BYTES or len(leaf) != HASH_BYTES:
        return False
    node, at, last = leaf, index, size - 1
    for sibling in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            node = node_hash(sibling, node)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and node == root


def consistency_proof(leaves: Sequence[bytes], size: int) -> tuple[bytes, ...]:
    """The hashes that show the first `size` leaves to be the beginning of all of them."""
    if not 0 < size <= len(leaves):
        raise InvalidInputError(f"A log of {len(leaves)} has no beginning of {size}.")
    return tuple(_subproof(leaves, size, whole=True))


def _subproof(leaves: Sequence[bytes], size: int, *, whole: bool) -> list[bytes]:
    if size == len(leaves):
        return [] if whole else [tree_root(leaves)]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if size <= split:
        return [*_subproof(leaves[:split], size, whole=whole), tree_root(leaves[split:])]
    return [*_subproof(leaves[split:], size - split, whole=False), tree_root(leaves[:split])]


def verify_consistency(
    first: int, second: int, proof: Sequence[bytes], first_root: bytes, second_root: bytes
) -> bool:
    """Whether the proof shows the tree of `first` leaves to be the beginning of that of `second`.

    An empty log proves nothing, so a `first` of 0 is refused.
    """
    if not 0 < first <= second:
        return False
    if first == second:
        return not proof and first_root == second_root
    if len(first_root) != HASH_BYTES:
        return False
    path = list(proof)
    if first & (first - 1) == 0:
        path.insert(0, first_root)
    if not path:
        return False
    at, last = first - 1, second - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = path[0]
    for node in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old, new = node_hash(node, old), node_hash(node, new)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            new = node_hash(new, node)
        at, last = at >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root
