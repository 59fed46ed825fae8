"""The waiting between the steps of flashing, and which board is meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from provisioner import installing
from provisioner.drives import CIRCUITPY, LOADER, Board
from provisioner.installing import NoShow, WrongBoard
from provisioner.model import Progress
from tests.desk.line import LineToken
from tests.firmware.parts import SERIAL

PICO = "raspberry_pi_pico"


def board(name: str, kind: str = CIRCUITPY, chip: str = "") -> Board:
    return Board(Path("/drive") / name, kind, name, "10.2.1", chip)


def test_the_drive_is_waited_for() -> None:
    looks = [[], [board("RPI-RP2", LOADER)], [board("other"), board(PICO)]]
    told: list[Progress] = []
    assert installing.await_drive(lambda: looks.pop(0), PICO, told.append).board == PICO
    assert not looks and {progress.step for progress in told} == {"appear"}


def test_another_board_s_drive_is_no_success() -> None:
    with pytest.raises(WrongBoard, match="is other, not raspberry_pi_pico"):
        installing.await_drive(lambda: [board("other")], PICO)


def test_a_drive_that_never_comes_is_told() -> None:
    with pytest.raises(NoShow, match="did not appear") as failed:
        installing.await_drive(list, PICO, seconds=0.1)
    assert "another board" in failed.value.advice


def test_the_token_that_was_flashed_is_waited_for() -> None:
    with LineToken(serial="FF" * 8) as other, LineToken() as token:
        looks = [[], ["/dev/none"], [other.port], [other.port, token.port]]
        port, info = installing.await_token(lambda: looks.pop(0), SERIAL)
        assert (port, info.serial) == (token.port, SERIAL)
        with pytest.raises(NoShow, match="no token answered"):
            installing.await_token(lambda: [other.port], SERIAL, seconds=0.1)


@pytest.mark.parametrize(
    ("found", "wanted", "expected"),
    [
        (board(PICO), None, PICO),
        (board(PICO), PICO, PICO),
        (board("RPI-RP2", LOADER, "rp2040"), "adafruit_macropad_rp2040", "adafruit_macropad_rp2040"),
        (board("unheard-of", LOADER), PICO, PICO),
    ],
)
def test_which_board_it_is(found: Board, wanted: str | None, expected: str) -> None:
    assert installing.board_id(found, wanted) == expected


@pytest.mark.parametrize(
    ("found", "wanted", "why"),
    [
        (board(PICO), "raspberry_pi_pico2", "not raspberry_pi_pico2"),
        (board("simulator"), None, "not a board"),
        (board("RPI-RP2", LOADER, "rp2040"), None, "does not tell"),
        (board("RPI-RP2", LOADER, "rp2040"), "raspberry_pi_pico2", "not a board for this drive"),
        (board("RPI-RP2", LOADER, "rp2040"), "nonsense", "not a board for this drive"),
    ],
)
def test_which_board_it_cannot_be(found: Board, wanted: str | None, why: str) -> None:
    with pytest.raises(WrongBoard, match=why) as refused:
        installing.board_id(found, wanted)
    assert refused.value.advice


def test_among_several_drives_the_board_s_own_is_taken() -> None:
    several = [board(PICO), board("clue_nrf52840_express"), board("RP2350", LOADER, "rp2350")]
    assert installing.fitting(several, PICO) == several[:1]
    assert installing.fitting(several, "raspberry_pi_pico2") == several[2:]
    assert installing.fitting(several, None) == several
    assert installing.fitting(several, "nonsense") == several
