"""Pairing: six digits that a person compares, from the handshake and two nonces, the desk's by a commitment.

Whoever sits between desk and token has two handshakes, with two hashes. Each side is bound before it
knows the other's nonce, so he cannot search for keys whose digits agree: he has one guess in a million.
"""

import hmac
from collections.abc import Callable

from tokencore import channel, messages

from . import trust
from .desk_key import DeskKey
from .faults import DeskError
from .known import KnownToken
from .model import Report
from .primitives import HostPrimitives
from .session import Session


class DigitsDiffer(DeskError):
    """The digits on the token's screen are not those that the desk computed. Nothing was stored."""

    exit_status = 1
    advice = (
        "Run the command again and read them once more. If they differ again, somebody is between this "
        "computer and the token: unplug it, use another cable and port without a hub, or another computer"
    )


def pair(
    session: Session,
    desk: DeskKey,
    utc: int,
    compare: Callable[[], str],
    erased: bool = False,
    report: Report | None = None,
) -> KnownToken:
    """Make `desk` the owner of the token, and return what is known of it from then on.

    `compare` returns the digits that a person reads on the token. `utc` (s) is noted as the day of the
    pairing. With `erased` the token may have another key than the desk knows of it, which takes that one's
    place once the digits agree. Raises DigitsDiffer, HasOwner, NotConfirmed, trust.SwappedToken.
    """
    serial: str = session.greeting["serial"]
    known = desk.known.find(serial)
    if erased and known and not known.is_paired:
        desk.known.forget(serial)  # Nobody compared it, and a desk that only sets the clock never will.
    trust.secure(session, desk, messages.ANYBODY, fresh=True, erased=erased)
    used = session.channel
    assert used is not None
    nonce = HostPrimitives().random(channel.NONCE)
    other: bytes = session.request("pair", {"commitment": channel.commitment(nonce)})["nonce"]
    session.request("reveal", {"nonce": nonce})
    typed = compare()
    if not hmac.compare_digest(typed.encode(), channel.digits(used.hash, nonce, other).encode()):
        session.give_up()
        raise DigitsDiffer(
            "these are not the digits that the token should show: somebody may be in the middle"
        )
    session.request("own", {}, report=report)
    known = KnownToken(serial, used.remote, utc, session.resumption)
    desk.known.keep(known)
    return known
