"""X25519 against RFC 7748's vectors and cryptography's."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tokencore import x25519
from tokencore.errors import BadValue

from tests.core import published

KEYS = st.binary(min_size=32, max_size=32)
P = 2**255 - 19
ORDER_8 = (  # the two points of order 8 that RFC 7748's curve has, and none of its twist
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
)
# 0, 1 and -1 with what else stands for them in 255 bits, and those of order 8.
SMALL_ORDER = [value.to_bytes(32, "little") for value in (0, 1, P - 1, P, P + 1)]
SMALL_ORDER += [bytes.fromhex(point) for point in ORDER_8]


@pytest.mark.parametrize("vector", published.records("asymmetric/X25519/rfc7748.txt"))
def test_rfc_7748_section_5(vector: dict[str, str]) -> None:
    scalar, point = bytes.fromhex(vector["input_scalar"]), bytes.fromhex(vector["input_u"])
    assert x25519.multiply(scalar, point).hex() == vector["output_u"]


def test_rfc_7748_section_5_2_a_thousand_times() -> None:
    k = u = x25519.BASE
    for _ in range(1000):
        k, u = x25519.multiply(k, u), k
    assert k.hex() == "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51"


@settings(max_examples=60)
@given(KEYS, KEYS)
def test_any_key_and_point_give_what_cryptography_gives(private: bytes, point: bytes) -> None:
    key = X25519PrivateKey.from_private_bytes(private)
    assert x25519.public(private) == key.public_key().public_bytes_raw()
    assume(point not in SMALL_ORDER)
    assert x25519.dh(private, point) == key.exchange(X25519PublicKey.from_public_bytes(point))


@settings(max_examples=30)
@given(KEYS, KEYS)
def test_both_sides_come_to_the_same_secret(one: bytes, other: bytes) -> None:
    assert x25519.dh(one, x25519.public(other)) == x25519.dh(other, x25519.public(one))


@pytest.mark.parametrize("edge", [2, 3, 9, P - 2, P - 9, P + 2, 2**254, 2**255 - 1])
def test_points_at_the_edges_of_the_field(edge: int) -> None:
    point = edge.to_bytes(32, "little")
    for private in (bytes(32), b"\xff" * 32, b"\x55" * 32, bytes(range(32))):
        key = X25519PrivateKey.from_private_bytes(private)
        assert x25519.multiply(private, point) == key.exchange(X25519PublicKey.from_public_bytes(point))


@pytest.mark.parametrize("high_bit", [0, 128])
@pytest.mark.parametrize("point", SMALL_ORDER, ids=bytes.hex)
def test_a_point_of_small_order_is_refused(point: bytes, high_bit: int) -> None:
    point = point[:31] + bytes([point[31] | high_bit])
    for private in (bytes(32), b"\xff" * 32, bytes(range(32))):
        assert x25519.multiply(private, point) == bytes(32)
        with pytest.raises(BadValue, match=r"^public key: a point of small order"):
            x25519.dh(private, point)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_keys_of_another_length_are_refused(length: int) -> None:
    with pytest.raises(BadValue, match=r"^public key: must be 32 bytes"):
        x25519.dh(bytes(32), bytes([9]) * length)
    with pytest.raises(BadValue, match=r"^private key: must be 32 bytes"):
        x25519.dh(bytes(length), x25519.BASE)
