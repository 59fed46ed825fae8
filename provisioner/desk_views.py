"""The desk key as JSON and as lines."""

from collections.abc import Sequence

from tokencore.seals import fingerprint

from .desk_key import Stored
from .known import KnownToken
from .output import Output

_GUARDS = {"none": "nothing but the file's mode", "passphrase": "a passphrase", "keyring": "the keyring"}


def key(output: Output, stored: Stored, known: Sequence[KnownToken] = ()) -> None:
    """Show a desk key and the tokens that it knows."""
    if output.as_json:
        tokens = [
            {
                "serial": token.serial,
                "fingerprint": fingerprint(token.key),
                "paired": token.paired_date or None,
            }
            for token in known
        ]
        shown = {"fingerprint": fingerprint(stored.public), "public": stored.public.hex()}
        output.result(shown | {"file": str(stored.path), "guard": stored.guard, "tokens": tokens})
        return
    for title, value in (
        ("Fingerprint", fingerprint(stored.public)),
        ("Public key", stored.public.hex()),
        ("File", str(stored.path)),
        ("Guarded by", _GUARDS[stored.guard]),
    ):
        output.line(f"{title + ':':13}{value}")
    for token in known:
        met = f"paired on {token.paired_date}" if token.is_paired else "met, not paired"
        output.line(f"{'Token:':13}{token.serial} {met}, its key {fingerprint(token.key)}")
