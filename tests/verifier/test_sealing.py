"""What seals secrets: each under a data key of its own, bound to its row, under a root that can grow."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from host_verify.errors import NotDone
from host_verify.keys import SoftwareMaster
from host_verify.sealing import Root, Sealer

from .parts import MASTER, SECRET

CONTEXT = b'["3f9a1c02","anna"]'


def test_every_secret_has_a_data_key_of_its_own_and_the_form_is_as_told():
    """Opened by hand: generation, nonce and wrapped data key, nonce and ciphertext."""
    root = Root.drawn()
    sealer = Sealer(root)
    wrapping = HKDF(SHA256(), 32, salt=None, info=b"fobsmith verifier 1 data keys").derive(root.secrets[0])
    data_keys = set()
    for _ in range(20):
        sealed = sealer.seal(SECRET, CONTEXT)
        assert sealed[0] == 0
        data_key = AESGCM(wrapping).decrypt(sealed[1:13], sealed[13:61], CONTEXT)
        assert AESGCM(data_key).decrypt(sealed[61:73], sealed[73:], CONTEXT) == SECRET
        data_keys.add(data_key)
    assert len(data_keys) == 20


def test_no_byte_of_what_was_sealed_can_be_changed():
    sealer = Sealer(Root.drawn())
    sealed = sealer.seal(SECRET, CONTEXT)
    for at in range(len(sealed)):
        assert sealer.unseal(sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :], CONTEXT) is None
        assert sealer.unseal(sealed[:at], CONTEXT) is None
    assert sealer.unseal(sealed, CONTEXT + b" ") is None
    assert Sealer(Root.drawn()).unseal(sealed, CONTEXT) is None
    assert sealer.unseal(sealed, CONTEXT) == SECRET


def test_a_renewed_root_opens_what_was_sealed_before_and_seals_anew():
    root = Root.drawn()
    before = Sealer(root)
    renewed = Root.decoded(root.renewed().encoded())
    after = Sealer(renewed)
    sealed = after.seal(SECRET, CONTEXT)
    assert after.unseal(before.seal(SECRET, CONTEXT), CONTEXT) == SECRET
    assert after.unseal(sealed, CONTEXT) == SECRET
    assert before.unseal(sealed, CONTEXT) is None
    assert [before.is_newest(sealed), after.is_newest(sealed)] == [False, True]
    # Who can look at the root again learns of the new key.
    before.again = lambda: root
    assert before.unseal(sealed, CONTEXT) is None
    before.again = lambda: renewed
    assert before.unseal(sealed, CONTEXT) == SECRET
    # Marks and the chain are for good.
    assert before.row_mark(b"row") == after.row_mark(b"row")
    assert before.link(b"", b"entry") == after.link(b"", b"entry")


def test_threads_that_meet_a_renewed_root_fetch_it_one_after_the_other():
    old = Root.drawn()
    sealer, fetched, at_once = Sealer(old), [], threading.Semaphore(1)
    sealed = Sealer(renewed := old.renewed()).seal(SECRET, CONTEXT)

    def again():
        assert at_once.acquire(blocking=False), "two threads at once"
        time.sleep(0.05)
        fetched.append(1)
        at_once.release()
        return renewed

    sealer.again = again
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: sealer.unseal(sealed, CONTEXT), range(8))) == {SECRET}
    assert len(fetched) == 1


@pytest.mark.parametrize("length", [0, 31, 32, 33, 63, 65])
def test_what_is_no_root_is_none(length):
    with pytest.raises(ValueError, match="no root"):
        Root.decoded(bytes(length))


def test_a_master_key_wraps_for_one_context_only():
    master = SoftwareMaster(MASTER)
    wrapped = master.wrap(SECRET, CONTEXT)
    assert wrapped != master.wrap(SECRET, CONTEXT)
    assert master.unwrap(wrapped, CONTEXT) == SECRET
    assert master.unwrap(wrapped, b"other") is None
    assert SoftwareMaster(bytes(32)).unwrap(wrapped, CONTEXT) is None
    assert master.unwrap(wrapped[:-1], CONTEXT) is None


def test_nothing_shows_a_key():
    root = Root.drawn()
    for thing in (root, Sealer(root), SoftwareMaster(MASTER)):
        shown = repr(thing) + str(thing)
        for key in (MASTER, root.marks, *root.secrets):
            assert repr(key)[2:-1] not in shown
            assert key.hex() not in shown


def test_a_root_is_renewed_only_so_often():
    root = Root.drawn()
    for _ in range(255):
        root = root.renewed()
    with pytest.raises(NotDone, match="the most"):
        root.renewed()
    assert Sealer(root).unseal(Sealer(root).seal(SECRET, CONTEXT), CONTEXT) == SECRET
