"""The firmware looks at its own files on CircuitPython's image: every one is there and as it should be."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tokencore import errors

from boards import bundle
from boards.compiling import Compiler
from provisioner import verifying
from tests.pico.bench import emulated

UTC = 1_800_000_000


@pytest.mark.timeout(1800)
def test_verify_firmware_on_the_real_interpreter(
    uf2: Path, compiler: Compiler | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = bundle.files("raspberry_pi_pico", compiler=compiler)
    pico = emulated(uf2, UTC, tmp_path, compiler)
    assert pico.until(lambda: "No owner yet" in pico.texts()), pico.texts()
    pico.connect(monkeypatch)
    begin_ns = pico.now_ns()
    listed = pico.token.files()
    took_list = (pico.now_ns() - begin_ns) / 1e9
    assert "/store.bin" not in listed and "/boot_out.txt" in listed

    path = max(files, key=lambda path: len(files[path]))
    key, piece = os.urandom(32), files[path][: verifying.PIECE]
    begin_ns = pico.now_ns()
    told = pico.token.digest(f"/{path}", key, 0, len(piece))
    took_piece = (pico.now_ns() - begin_ns) / 1e9
    assert told == verifying.expected(key, f"/{path}", 0, piece)
    for spelling in ("/store.bin", "/STORE.BIN", "//store.bin", "/lib/../store.bin", "store.bin", "/CODE.PY"):
        with pytest.raises(errors.BadValue):
            pico.token.digest(spelling, key, 0, 0)

    begin_ns = pico.now_ns()
    wanted = files | {"code.py": files["code.py"].replace(b"1000000", b"1000001")}
    found = verifying.compare(pico.token, wanted)
    took = (pico.now_ns() - begin_ns) / 1e9
    assert (found.differ, found.missing, found.extra) == (["code.py"], [], [])
    print(f"\nlist {took_list:.2f} s, {len(piece)} bytes {took_piece:.2f} s, {len(files)} files {took:.1f} s")
    assert took_piece < 1.2  # half of what the client waits before it gives up
