"""The two libraries that only this engine needs, loaded when it is used."""

import importlib
from typing import Any


def emulator(module: str) -> Any:
    """Return a module of rp2040py. Raises ValueError saying how to install it."""
    return _load(f"rp2040py.{module}", "rp2040py, the emulator,")


def fat() -> Any:
    """Return the module fatfs. Raises ValueError saying how to install it."""
    return _load("fatfs", "fatfs-ng, which makes the drive,")


def _load(name: str, what: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != name.partition(".")[0]:
            raise
        raise ValueError(
            f"the pico engine needs {what} which is not installed: pip install 'fobsmith[pico]'"
        ) from None
