"""How the command ends badly: every exception becomes one Failure, in one place."""

import json
from typing import Any

import click
from tokencore.errors import FobError

from . import render
from .errors import VerifierError


class Failure(click.ClickException):
    """The one way out for whatever is not done: text, or JSON where asked for, and an exit status."""

    def __init__(self, kind: str, message: str, status: int, as_json: bool) -> None:
        super().__init__(message)
        self.kind = kind
        self.exit_code = status  # type: ignore[misc]  # click reads it from the instance
        self.as_json = as_json

    def show(self, file: Any = None) -> None:
        if self.as_json:
            data = {"kind": self.kind, "message": self.message, "exit": self.exit_code}
            click.echo(json.dumps({"error": data}))
        else:
            click.echo(f"Error: {render.safe(self.message)}", err=True)


class Door(click.Group):
    """The command group that turns every exception into a Failure."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except click.exceptions.Exit:
            raise
        except (Exception, KeyboardInterrupt) as error:
            message, status = _explained(error)
            kind = type(error).__name__
            raise Failure(kind, message, status, bool(ctx.params["as_json"])) from None


def _explained(error: BaseException) -> tuple[str, int]:
    """Return what is said of an error, and the exit status."""
    if isinstance(error, VerifierError):
        return str(error), error.exit_status
    if isinstance(error, FobError):
        return str(error), 2
    if isinstance(error, click.UsageError):
        text = error.format_message()
        if "extra argument" in text:
            # It may be a code or a secret: it is not repeated.
            text = "an argument too many; codes and secrets are given on standard input"
        return f"{text} (see {error.ctx.command_path if error.ctx else 'host-verify'} --help)", 2
    if isinstance(error, (click.Abort, KeyboardInterrupt)):
        return "stopped before it was done: nothing was changed", 130
    if isinstance(error, OSError):
        return f"{error.filename or 'the system'}: {error.strerror}", 3
    # A traceback could show what the program held; its kind is enough for a report.
    return f"a fault of the program itself ({type(error).__name__}): please report how it came", 3
