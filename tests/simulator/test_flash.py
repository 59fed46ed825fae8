"""NOR flash, nvm and the drive above them, also when the power goes in the middle."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boards.simulator.drive import ENOENT, ENOSPC, EROFS, Drive
from boards.simulator.files import opener
from boards.simulator.firmware_files import FirmwareFiles
from boards.simulator.flash import PAGE, SECTOR, Flash, Nvm, PowerCut, Region


def drive(flash: Flash) -> Drive:
    made = Drive(Region(flash, 0, len(flash) // SECTOR))
    made.writable = True
    return made


def opened_by(files: Drive) -> Callable[..., Any]:
    """Return an `open` for a drive that has nothing on it but what was written there."""
    return opener(files, FirmwareFiles(Path("/no/firmware"), "simulator"))


def test_programming_only_clears_bits() -> None:
    flash = Flash(2)
    flash.program(10, b"\xf0")
    flash.program(10, b"\x3f")
    assert flash.read(9, 3) == b"\xff\x30\xff"
    flash.erase(0)
    assert flash.read(0, SECTOR) == b"\xff" * SECTOR
    assert flash.erases == [1, 0]


def test_programming_goes_page_by_page() -> None:
    flash = Flash(1)
    flash.program(PAGE - 1, b"ab")
    assert flash.operations == 2
    assert flash.read(PAGE - 1, 2) == b"ab"


@pytest.mark.parametrize("cut", range(1, 18))
def test_a_power_cut_leaves_a_sector_half_done(cut: int) -> None:
    flash = Flash(2)
    old, new = b"\x0f" * SECTOR, b"\xa5" * SECTOR
    flash.rewrite(0, old)
    flash.cut_power_at(cut)
    with pytest.raises(PowerCut):
        flash.rewrite(0, new)
    written = (cut - 2) * PAGE + PAGE // 2
    half = b"\xff" * (SECTOR // 2) + old[SECTOR // 2 :]
    expected = half if cut == 1 else new[:written] + b"\xff" * (SECTOR - written)
    assert flash.read(0, SECTOR) == expected
    with pytest.raises(PowerCut):
        flash.erase(1)
    flash.powered = True
    flash.rewrite(0, new)
    assert flash.read(0, SECTOR) == new


def test_the_image_is_kept_at_every_operation(tmp_path: Path) -> None:
    flash = Flash(2, tmp_path / "flash.bin")
    flash.program(5, b"kept")
    again = Flash(2, tmp_path / "flash.bin")  # the first was never closed: its process was killed
    assert again.read(5, 4) == b"kept"
    assert (tmp_path / "flash.bin").stat().st_mode & 0o777 == 0o600
    flash.close()
    again.close()


def test_an_image_of_another_size_is_refused(tmp_path: Path) -> None:
    (tmp_path / "flash.bin").write_bytes(b"short")
    with pytest.raises(ValueError, match="use another folder"):
        Flash(2, tmp_path / "flash.bin")


def test_nvm_rewrites_its_sector() -> None:
    flash = Flash(1)
    nvm = Nvm(Region(flash, 0, 1))
    assert len(nvm) == 4096
    assert nvm[0] == 0xFF
    nvm[0:3] = b"abc"
    nvm[1] = 0x7A
    assert nvm[0:4] == b"azc\xff"
    assert flash.erases == [2]
    for wrong in (b"ab", b"abcd"):
        with pytest.raises(ValueError, match="different lengths"):
            nvm[0:3] = wrong
    flash.cut_power_at(2)
    with pytest.raises(PowerCut):
        nvm[4095] = 0
    flash.powered = True
    assert nvm[0:256] == b"azc".ljust(128, b"\xff") + b"\xff" * 128


def test_a_flush_erases_one_sector_once() -> None:
    flash = Flash(8)
    files = drive(flash)
    open_file = opened_by(files)
    with open_file("/vault.bin", "w+b") as file:
        file.write(bytes(2 * SECTOR))
    before = list(flash.erases)
    file = open_file("/vault.bin", "r+b")
    file.seek(100)
    file.write(b"one")
    file.write(b"two")
    assert flash.erases == before
    file.flush()
    file.flush()
    assert sum(flash.erases) - sum(before) == 1
    file.seek(100)
    assert file.read(6) == b"onetwo"
    file.close()


def test_what_was_not_flushed_is_lost() -> None:
    flash = Flash(8)
    files = drive(flash)
    file = opened_by(files)("/a", "w+b")
    file.write(b"kept")
    file.flush()
    file.seek(0)
    file.write(b"lost")
    files.lose_power()
    file.close()
    files.mount()
    files.flush()
    for again in (files, drive(flash)):
        assert again.read(again.entries["/a"], 0, 99) == b"kept"


def test_errors_have_the_numbers_of_a_board() -> None:
    files = drive(Flash(4))
    open_file = opened_by(files)
    with pytest.raises(OSError) as missing:
        open_file("/none", "r+b")
    assert missing.value.errno == ENOENT
    with open_file("/a", "wb") as file:
        with pytest.raises(OSError) as full:
            file.write(bytes(4 * SECTOR))
        assert full.value.errno == ENOSPC
    files.writable = False
    for mode in ("wb", "r+b", "w+b"):
        with pytest.raises(OSError) as closed:
            open_file("/a", mode)
        assert closed.value.errno == EROFS
    assert open_file("/a", "rb").read() == b""
    with pytest.raises(OSError), open_file("/a", "rb") as file:
        file.write(b"x")


def test_text_files() -> None:
    open_file = opened_by(drive(Flash(4)))
    with open_file("/board.toml", "w") as file:
        file.write("na\u00efve\nsecond")
    with open_file("board.toml") as file:
        assert list(file) == ["na\u00efve\n", "second"]


Writes = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(0, 9000), st.binary(min_size=1, max_size=3000)), max_size=20
)


@given(Writes, st.data())
def test_files_are_what_was_written(writes: list[tuple[str, int, bytes]], data: st.DataObject) -> None:
    """Against a dict of bytearrays, over restarts."""
    flash = Flash(40)
    open_file = opened_by(drive(flash))
    model: dict[str, bytearray] = {}
    for name, offset, content in writes:
        if data.draw(st.booleans(), "restart"):
            open_file = opened_by(drive(flash))
        with open_file("/" + name, "r+b" if name in model else "w+b") as file:
            file.seek(offset)
            file.write(content)
        stored = model.setdefault(name, bytearray())
        stored.extend(bytes(max(0, offset - len(stored))))
        stored[offset : offset + len(content)] = content
    again = drive(flash)
    assert {path[1:] for path in again.entries} == set(model)
    for name, expected in model.items():
        with opened_by(again)("/" + name, "rb") as file:
            assert file.read() == expected


def test_putting_the_same_file_again_writes_nothing() -> None:
    flash = Flash(8)
    files = drive(flash)
    files.put("/board.toml", b"x" * 5000)
    before = flash.operations
    files.put("/board.toml", b"x" * 5000)
    assert flash.operations == before
    files.put("/board.toml", b"y")
    with opened_by(files)("/board.toml", "rb") as file:
        assert file.read() == b"y"
