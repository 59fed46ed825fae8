"""What commands read from people: never as an argument, which every user of the machine sees."""

import sys
from datetime import UTC, datetime, timedelta

import click
from tokencore import otpauth
from tokencore.account import Account

_LONGEST = 4096  # bytes


def typed(prompt: str, hidden: bool = False, twice: bool = False) -> str:
    """Return the answer to a prompt."""
    answer: str = click.prompt(prompt, hide_input=hidden, confirmation_prompt=twice, err=True)
    return answer


def piped() -> str:
    """Return standard input without its last line's end. Raises click's UsageError for too much."""
    return _text(sys.stdin.buffer.read(_LONGEST + 1))


def account(file: str | None) -> Account:
    """Return the account of the otpauth URI in `file`, on standard input (-), or from a hidden prompt."""
    if file is None and sys.stdin.isatty():
        return otpauth.parse(typed("otpauth URI", hidden=True))
    if file is None or file == "-":
        return otpauth.parse(piped())
    if file.lower().startswith("otpauth:"):
        raise click.UsageError(
            "an argument is seen by every user of this machine: consider that secret known, and give "
            "a new URI on standard input or in a file"
        )
    try:
        with open(file, "rb") as source:
            return otpauth.parse(_text(source.read(_LONGEST + 1)))
    except OSError as error:
        raise click.UsageError(f"the file with the URI cannot be read: {error.strerror}") from None


class End(click.ParamType[int]):
    """An end date, up to and with that day in UTC, or an instant, as YYYY-MM-DDTHH:MM:SS: UTC seconds."""

    name = "date"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        text = str(value).removesuffix("Z")
        try:
            end = datetime.fromisoformat(text)
        except ValueError:
            self.fail("a date such as 2030-12-24 is meant, or with a time, 2030-12-24T18:00:00", param, ctx)
        if end.tzinfo is None:
            end = end.replace(tzinfo=UTC)
        if len(text) <= len("2030-12-24"):
            end += timedelta(days=1)
        return int(end.timestamp())


def _text(data: bytes) -> str:
    if len(data) > _LONGEST:
        raise click.UsageError(f"more than {_LONGEST} bytes were given")
    # What is not UTF-8 becomes a character that is in no code and no URI.
    return data.decode("utf-8", "replace").rstrip("\r\n")
