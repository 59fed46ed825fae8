"""Comparison of MACs, tags and secrets."""


def same(left: bytes, right: bytes) -> bool:
    """Return whether two values of public length are equal, looking at every byte of both."""
    difference = len(left) ^ len(right)
    for a, b in zip(left, right):
        difference |= a ^ b
    return not difference
