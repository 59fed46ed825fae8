"""Which token is there: the channel to it, and what the desk knows of its key."""

from dataclasses import replace
from typing import Any

from tokencore import errors, messages
from tokencore.channel import Channel
from tokencore.cipherstate import KEY

from .desk_key import DeskKey, NoDeskKey
from .faults import DeskError
from .handshake import Ask, Handshake, resume
from .known import KnownToken
from .primitives import HostPrimitives
from .session import Session


class SwappedToken(DeskError):
    """The token has the serial number of a known one, and another key."""

    exit_status = 1
    advice = (
        "Do not use it. Only if you know that it was erased since, by you or by wrong PINs, pair it as a new "
        "one: provisioner pair --erased"
    )


class NotPaired(DeskError):
    """The desk has never compared this token's digits, so that any token could be there."""

    exit_status = 1


class OldFirmware(DeskError):
    """The token's firmware knows no channel."""

    exit_status = 1
    advice = "Update it: provisioner flash"


def secure(
    session: Session, desk: DeskKey | None, who: str, fresh: bool = False, erased: bool = False
) -> None:
    """Make the channel to the token if there is none, for a command that `who` may give.

    `fresh` asks for a whole handshake, `erased` for one with whatever key the token has now. Raises
    NoDeskKey, SwappedToken, NotPaired, OldFirmware.
    """
    serial: str = session.greeting["serial"]
    if who in (messages.CLOCK, messages.OWNER):
        needed(desk)
    if session.channel is None or fresh:
        _connect(session, desk, fresh, erased)
    assert session.channel is not None
    known = desk.known.find(serial) if desk else None
    if who in (messages.CLOCK, messages.OWNER) and known and known.key != session.channel.remote:
        raise _swapped(known)  # as after a pairing with another key that was not ended
    if who == messages.OWNER and not (known and known.is_paired):
        raise _not_paired(session)
    if who == messages.CLOCK and desk and not known:
        # Another one will be noticed.
        desk.known.keep(KnownToken(serial, session.channel.remote, 0, session.resumption))


def needed(desk: DeskKey | None) -> DeskKey:
    """Return the desk key, without which nothing goes on here. Raises NoDeskKey."""
    if desk is None:
        raise NoDeskKey("there is no desk key yet, by which a token could know this desk")
    return desk


def _connect(session: Session, desk: DeskKey | None, fresh: bool, erased: bool) -> None:
    serial: str = session.greeting["serial"]
    if "cipher" not in session.greeting:
        raise OldFirmware(f"the firmware of token {serial} is older than this program: it has no channel")

    def ask(name: str, values: dict[str, Any]) -> dict[str, Any]:
        return session.request(name, values, session.slowly())

    session.channel = None
    known = desk.known.find(serial) if desk and not erased else None
    taken = None
    if known and known.resumption and not fresh:
        taken = resume(ask, session.greeting, session.nonce, known.resumption, known.key)
    session.channel, session.resumption = taken or _shake_hands(session, desk, known, ask)
    if desk and known:
        desk.known.keep(replace(known, resumption=session.resumption))


def _shake_hands(
    session: Session, desk: DeskKey | None, known: KnownToken | None, ask: Ask
) -> tuple[Channel, bytes]:
    private = desk.private if desk else HostPrimitives().random(KEY)  # a stranger's, for once
    handshake = Handshake(session.greeting, session.nonce, private)
    try:
        key = handshake.learn(ask)
        if known and known.key != key:
            raise _swapped(known)
        return handshake.finish(ask)
    except (errors.ChannelFailed, errors.BadValue):
        serial = session.greeting["serial"]
        raise errors.ChannelFailed(f"the handshake with token {serial} failed") from None


def _swapped(known: KnownToken) -> SwappedToken:
    """Return the error that names the token that should be there."""
    when = f"was paired on {known.paired_date}" if known.is_paired else "was here before"
    return SwappedToken(
        f"this is not the token {known.serial} that {when}: it has another key. It may have been swapped or "
        "cloned"
    )


def _not_paired(session: Session) -> NotPaired:
    serial = session.greeting["serial"]
    status = session.request("status", {})
    if not status["paired"]:
        return NotPaired(f"token {serial} has no owner yet", "Make this desk its owner: provisioner pair")
    if status["role"] == "owner":
        return NotPaired(
            f"token {serial} takes this desk for its owner, but nobody has compared their digits here",
            "Do that now: provisioner pair",
        )
    return NotPaired(
        f"token {serial} is owned by another desk",
        "That desk can give it away (provisioner transfer) or release it (provisioner release). Where its "
        "key is lost, the token has to be erased with its buttons",
    )
