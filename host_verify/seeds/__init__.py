"""Files of seeds, as makers of tokens and other programs write them: told apart, and read into accounts.

Every reader returns the seeds with their places, and a Problem for each that cannot be one; it raises NotDone
where the file as a whole cannot be read. No text holds a secret.
"""

from collections.abc import Mapping
from typing import Any

from ..errors import NotDone
from ..intake import Problem, Seed
from . import aegis, pskc, tables, uris
from .assumed import Assumed
from .secret import Secret

__all__ = ["Assumed", "Secret", "read"]


def read(
    data: bytes, document: Mapping[str, Any] | None, secret: Secret, assumed: Assumed
) -> tuple[str, list[Seed], list[Problem]]:
    """Return the kind of a file, its seeds and its problems. `document` is the JSON object in it, if any."""
    if document is not None:
        if not aegis.is_one(document):
            raise NotDone("the file is JSON, but neither an Aegis vault nor a sealed enrolment")
        return ("Aegis", *aegis.read(document, secret))
    text = _text(data)
    lines = (line.strip().lower() for line in text.splitlines())
    start = next((line for line in lines if line and not line.startswith("#")), "")
    if start.startswith("<"):
        return ("PSKC", *pskc.read(data, secret))
    if start.startswith(("otpauth:", "otpauth-migration:")):
        return ("URIs", *uris.read(text))
    if not start:
        raise NotDone("the file has nothing in it")
    return ("CSV", *tables.read(text, assumed))


def _text(data: bytes) -> str:
    """Return a file's text: UTF-8, or UTF-16 where it says so."""
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise NotDone(f"line {line} is not text in UTF-8: save the file in that encoding") from None
    if "\0" in text:
        raise NotDone("the file is not text: PSKC, CSV, lists of otpauth URIs, and Aegis vaults are known")
    return text
