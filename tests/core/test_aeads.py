"""AES-GCM, ChaCha20-Poly1305 and HKDF against published vectors and cryptography's."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from hypothesis import given, settings
from hypothesis import strategies as st
from tokencore import chacha, hkdf
from tokencore.errors import ChannelFailed
from tokencore.gcm import Gcm
from tokencore.same import same

from tests.core.published import octets, records

KEYS, NONCES, TEXTS = (
    st.binary(min_size=32, max_size=32),
    st.binary(min_size=12, max_size=12),
    st.binary(max_size=300),
)
Seal = Callable[[bytes, bytes, bytes, bytes], bytes]


def ctr(key: bytes, counter_block: bytes, data: bytes) -> bytes:
    return Cipher(algorithms.AES(key), modes.CTR(counter_block)).encryptor().update(data)


GCM = Gcm(ctr)
BOTH = [
    pytest.param(GCM.seal, GCM.open, AESGCM, id="AES-GCM"),
    pytest.param(chacha.seal, chacha.open, ChaCha20Poly1305, id="ChaCha20-Poly1305"),
]


def nist(name: str) -> list[dict[str, str]]:
    """Return NIST's vectors with nonces and tags of the lengths that there are here."""
    return [r for r in records(f"ciphers/AES/GCM/{name}.rsp") if (r["ivlen"], r["taglen"]) == ("96", "128")]


def test_nist_vectors_of_gcm_sealed() -> None:
    vectors = nist("gcmEncryptExtIV256")
    assert len(vectors) == 375
    for vector in vectors:
        key, iv, aad, pt = [bytes.fromhex(vector[name]) for name in ("key", "iv", "aad", "pt")]
        assert GCM.seal(key, iv, aad, pt).hex() == vector["ct"] + vector["tag"]


def test_nist_vectors_of_gcm_opened() -> None:
    vectors = nist("gcmDecrypt256")
    outcomes = []
    for vector in vectors:
        key, iv, aad = [bytes.fromhex(vector[name]) for name in ("key", "iv", "aad")]
        try:
            opened = GCM.open(key, iv, aad, bytes.fromhex(vector["ct"] + vector["tag"]))
        except ChannelFailed:
            outcomes.append("FAIL")
        else:
            outcomes.append(opened.hex())
    assert outcomes == [vector.get("result", vector.get("pt")) for vector in vectors]
    assert (len(outcomes), outcomes.count("FAIL")) == (375, 191)


@pytest.mark.parametrize("vector", records("ciphers/ChaCha20/rfc7539.txt"))
def test_rfc_7539_vectors_of_chacha20(vector: dict[str, str]) -> None:
    key, nonce, plain = [bytes.fromhex(vector[name]) for name in ("key", "nonce", "plaintext")]
    start = int(vector["initial_block_counter"]).to_bytes(4, "little") + nonce
    assert chacha.stream(key, start, plain).hex() == vector["ciphertext"]


def test_boringssl_vectors_of_chacha20_poly1305() -> None:
    vectors = records("ciphers/ChaCha20Poly1305/boringssl.txt")
    assert len(vectors) == 66
    for vector in vectors:
        key, nonce, ad, plain, ct, tag = [
            octets(vector[name]) for name in ("key", "nonce", "ad", "in", "ct", "tag")
        ]
        sealed = chacha.seal(key, nonce, ad, plain)
        assert sealed[: len(plain)] == ct
        assert sealed[len(plain) :][: len(tag)] == tag  # some have a tag cut short
        assert chacha.open(key, nonce, ad, sealed) == plain


def test_openssl_vectors_of_chacha20_poly1305() -> None:
    wrong = 0
    for vector in records("ciphers/ChaCha20Poly1305/openssl.txt"):
        key, nonce, ad, plain, ct, tag = [
            bytes.fromhex(vector[name]) for name in ("key", "iv", "aad", "plaintext", "ciphertext", "tag")
        ]
        if vector.get("result"):
            wrong += 1
            with pytest.raises(ChannelFailed):
                chacha.open(key, nonce, ad, ct + tag)
        else:
            assert chacha.open(key, nonce, ad, ct + tag) == plain
    assert wrong == 1


@pytest.mark.parametrize(("seal", "open_", "library"), BOTH)
@settings(max_examples=60)
@given(key=KEYS, nonce=NONCES, ad=TEXTS, plain=TEXTS)
def test_what_is_sealed_is_what_cryptography_seals(
    seal: Seal, open_: Seal, library: type, key: bytes, nonce: bytes, ad: bytes, plain: bytes
) -> None:
    sealed = seal(key, nonce, ad, plain)
    assert sealed == library(key).encrypt(nonce, plain, ad)
    assert open_(key, nonce, ad, sealed) == plain


@pytest.mark.parametrize(("seal", "open_", "library"), BOTH)
def test_nothing_opens_that_is_changed_in_any_bit_cut_or_lengthened(
    seal: Seal, open_: Seal, library: type
) -> None:
    key, nonce, ad, plain = bytes(range(32)), bytes(range(12)), b"associated", b"seventeen bytes.."
    sealed = seal(key, nonce, ad, plain)
    for place in range(4):
        parts = [key, nonce, ad, sealed]
        whole = parts[place]
        for bit in range(8 * len(whole)):
            changed = bytearray(whole)
            changed[bit // 8] ^= 1 << bit % 8
            parts[place] = bytes(changed)
            with pytest.raises(ChannelFailed):
                open_(*parts)
    for length in range(len(sealed)):
        with pytest.raises(ChannelFailed):
            open_(key, nonce, ad, sealed[:length])
    for longer in (sealed + b"\0", b"\0" + sealed, sealed + sealed[-16:]):
        with pytest.raises(ChannelFailed):
            open_(key, nonce, ad, longer)


@pytest.mark.parametrize("vector", records("KDF/rfc-5869-HKDF-SHA256.txt"))
def test_rfc_5869_vectors(vector: dict[str, str]) -> None:
    salt, ikm, info = [bytes.fromhex(vector[name]) for name in ("salt", "ikm", "info")]
    length = int(vector["l"])
    prk = hkdf.extract(salt, ikm)
    assert prk.hex() == vector["prk"]
    assert hkdf.expand(prk, info, length).hex() == vector["okm"]
    assert hkdf.hkdf(salt, ikm, info, length).hex() == vector["okm"]


def test_output_keying_material_has_at_most_255_hashes() -> None:
    longest = hkdf.expand(bytes(32), b"", 8160)
    assert [hkdf.expand(bytes(32), b"", length) for length in (0, 31, 33)] == [
        b"",
        longest[:31],
        longest[:33],
    ]
    for length in (-1, 8161):
        with pytest.raises(ValueError, match="0 to 8160"):
            hkdf.expand(bytes(32), b"", length)


@given(st.binary(max_size=20), st.binary(max_size=20))
def test_secrets_are_the_same_where_all_their_bytes_are(left: bytes, right: bytes) -> None:
    assert same(left, right) == (left == right)
    assert same(left, bytes(left))
    assert not same(left, left + b"\0")
