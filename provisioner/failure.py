"""The one way in which the command ends badly: a Failure, shown as text or as JSON."""

from typing import Any

import click
from tokencore import errors

from .faults import Ambiguous, DeskError, LinkLost
from .seeds import looks_secret

REFUSED, WRONG_USE, INTERRUPTED = 1, 2, 130

_ADVICE: dict[type[errors.FobError], str] = {
    errors.UnknownCommand: "Update the token's firmware",
    errors.OutOfOrder: "Another program talks to this token: close it and try again",
    errors.AccountExists: "Give this one another name with --name, or rename or remove the one that is there",
    errors.NoSuchAccount: "List the accounts with: provisioner accounts",
    errors.StoreFull: "Remove an account, or use another token",
    errors.ClockNotSet: "Set it with: provisioner sync",
    errors.NotConfirmed: "Run the command again and press confirm on the token",
    errors.Cancelled: "Nothing was done; run the command again",
    errors.StoreFailed: "See what the token says: provisioner info",
    errors.ClockFailed: "Check the clock chip and its wiring; provisioner info tells more",
    errors.CounterExhausted: "Enrol a new secret with the service",
    errors.NeedsChannel: "Update this program",
    errors.ChannelFailed: "Run the command again; if it stays, use another cable and port, without a hub",
    errors.NotOwner: "See who owns it: provisioner status",
    errors.HasOwner: (
        "Its owner can give it away (provisioner transfer) or release it (provisioner release). Where that "
        "desk's key is lost, the token has to be erased with its buttons"
    ),
    errors.Locked: "Enter the PIN on the token, or here: provisioner unlock",
    errors.WrongPin: "Run the command again. The tenth wrong PIN in a row erases everything",
    errors.PinWait: "See how long: provisioner status",
}


class Failure(Exception):
    """Why the command failed. `exit_status` is that of the process; `data` is the error for JSON."""

    def __init__(self, exit_status: int, kind: str, text: str, advice: str = "", **more: Any) -> None:
        super().__init__(text)
        self.exit_status = exit_status
        self.text = text
        self.advice = advice
        self.candidates: list[str] = more.get("candidates", [])
        self.data = {"kind": kind, "message": text, "advice": advice, "exit": exit_status} | more


def failure(error: Exception, arguments: list[str]) -> Failure:
    """Return the Failure that `error` is; `arguments` of the command are not repeated if secret."""
    kind = type(error).__name__
    if isinstance(error, errors.FobError):
        text = str(error) or "the token refused, without saying why"
        advice = _ADVICE.get(type(error), "")
        return Failure(REFUSED, kind, text, advice, status=error.status)
    if isinstance(error, Ambiguous):
        return Failure(error.exit_status, kind, str(error), error.advice, candidates=error.candidates)
    if isinstance(error, DeskError):
        more = {"uncertain": error.uncertain} if isinstance(error, LinkLost) else {}
        return Failure(error.exit_status, kind, str(error), error.advice, **more)
    if isinstance(error, click.ClickException):
        advice = ""
        if isinstance(error, click.UsageError) and error.ctx:
            advice = f"See: {error.ctx.command_path} --help"
        return Failure(WRONG_USE, kind, _discreet(error.format_message(), arguments), advice)
    return Failure(INTERRUPTED, "Interrupted", "stopped before it was done")


def _discreet(text: str, arguments: list[str]) -> str:
    """Return `text` without any of the `arguments` that looks like a secret."""
    for argument in sorted(arguments, key=len, reverse=True):
        value = argument.partition("=")[2] if argument.startswith("-") else argument
        if looks_secret(value):
            text = text.replace(value, "(not repeated: it may be a secret)")
    return text
