"""The desk fills tokens over serial: `Token` for other programs, `provisioner.cli` for people."""

from .client import Token
from .faults import DeskError, LinkLost, NotAToken, NoToken
from .model import AccountInfo, Code, Exchange, Info, Progress

__all__ = [
    "AccountInfo",
    "Code",
    "DeskError",
    "Exchange",
    "Info",
    "LinkLost",
    "NoToken",
    "NotAToken",
    "Progress",
    "Token",
]
