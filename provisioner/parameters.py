"""The options that say of what kind an account is, the same for every command that makes one."""

from collections.abc import Callable
from typing import Any, TypeVar

import click
from tokencore.account import KINDS
from tokencore.otp import ALGORITHMS

_Command = TypeVar("_Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option("--kind", type=click.Choice(KINDS), help="Default: totp."),
    click.option("--algorithm", type=click.Choice(ALGORITHMS, case_sensitive=False), help="Default: SHA1."),
    click.option("--digits", type=click.INT, help="6 (default), 7 or 8."),
    click.option("--period", type=click.INT, help="TOTP's time step in seconds, default 30."),
    click.option("--t0", type=click.INT, help="TOTP's first second (UTC), default 0."),
    click.option("--counter", type=click.INT, help="HOTP's next counter, default 0."),
)


def parameters(command: _Command) -> _Command:
    """Give a command the options for RFC 4226's and RFC 6238's parameters."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
