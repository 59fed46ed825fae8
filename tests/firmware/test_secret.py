"""The device secret in nvm: kept, erased, lost with its sector, and told from whatever else is there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokencore.errors import StoreFailed
from tokenfw.secret import SIZE, Secret

from tests.firmware.media import DAMAGES, SECTOR, PowerCut, RamNvm, RamSecret

KEY = bytes(range(SIZE))


def test_it_is_kept_away_from_the_mark_and_erased() -> None:
    secret = RamSecret()
    assert secret.read() == b""
    secret.write(KEY)
    assert RamSecret(bytes(secret.nvm.data)).read() == KEY
    assert secret.nvm.data[: SECTOR // 2] == b"\xff" * (SECTOR // 2)
    secret.erase()
    assert secret.read() == b""
    assert KEY not in secret.nvm.data


@given(st.binary(min_size=SECTOR, max_size=SECTOR))
def test_what_an_nvm_holds_by_chance_is_none(noise: bytes) -> None:
    assert RamSecret(noise).read() == b""


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_cut_while_it_is_written_or_erased_leaves_it_whole_or_gone(damage: str) -> None:
    secret = RamSecret()
    secret.nvm.power.cut_after, secret.nvm.power.damage = 0, damage
    with pytest.raises(PowerCut):
        secret.write(KEY)
    assert secret.read() in (b"", KEY)
    secret.write(KEY)
    for after in range(3):
        again = RamSecret(bytes(secret.nvm.data))
        again.nvm.power.cut_after, again.nvm.power.damage = after, damage
        with pytest.raises(PowerCut):
            again.erase()
        assert again.read() in ((b"", KEY) if after == 0 else (b"",))


def test_a_flipped_bit_makes_it_none() -> None:
    secret = RamSecret()
    secret.write(KEY)
    for place in range(SECTOR // 2, SECTOR // 2 + 40):
        data = bytearray(secret.nvm.data)
        data[place] ^= 1
        assert RamSecret(bytes(data)).read() == b""


class Refusing(RamNvm):
    """An nvm that takes nothing, with an error or without a word."""

    def __init__(self, error: Exception | None) -> None:
        super().__init__()
        self._error = error

    def __setitem__(self, index: slice, value: bytes) -> None:
        if self._error:
            raise self._error


@pytest.mark.parametrize("error", [OSError(5), RuntimeError("NVS Error"), None])
def test_an_nvm_that_does_not_keep_it_is_an_error_without_it(error: Exception | None) -> None:
    with pytest.raises(StoreFailed) as caught:
        Secret(Refusing(error)).write(KEY)
    assert KEY.hex() not in str(caught.value)


def test_a_board_without_nvm_says_so() -> None:
    secret = Secret(None)
    for operation in (secret.read, secret.erase, lambda: secret.write(KEY)):
        with pytest.raises(StoreFailed, match="no memory for the secret"):
            operation()
