"""Who the token obeys: pairing by digits that a person compares, release, transfer, and keys for the clock.

Every change of the owner needs a press. While the owner's own desk pairs once more, nothing changes but that
its digits were compared: so a desk comes to know a token whose owner it became by a transfer.
"""

from tokencore import channel, errors, seals
from tokencore.messages import CONFIRM_MS, PAIR_MS
from tokencore.same import same

from .question import Pending, Question, sliced

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator

    from .app import App
    from .question import Values

_ATTEMPTS = 5  # in PAIR_MS


def pair(app: "App", values: "Values", now_ms: int) -> "Values":
    """Take the commitment to the desk's nonce, and tell the token's own."""
    _check_free(app)
    _count(app, now_ms)
    nonce = app.primitives.random(channel.NONCE)
    app.session.pairing = values["commitment"], nonce, ""
    app.session.shown = None
    return {"nonce": nonce}


def _count(app: "App", now_ms: int) -> None:
    """Raise NotConfirmed after too many attempts.

    Whoever is in the middle knows the digits as soon as he has the token's nonce. He could ask for one
    after the other, in any number of sessions, until the digits are those that the desk waits for.
    """
    assert app.dispatcher is not None
    channels = app.dispatcher.channels()
    channels.paired = [tick for tick in channels.paired if now_ms - tick < PAIR_MS]
    if len(channels.paired) >= _ATTEMPTS:
        raise errors.NotConfirmed("pairing was begun too often: wait a minute, then pair anew")
    channels.paired.append(now_ms)


def reveal(app: "App", values: "Values", now_ms: int) -> "Values":
    """Take the desk's nonce and show the digits."""
    _check_free(app)
    session, under_way = app.session, app.session.pairing
    session.pairing = None  # One attempt for one commitment.
    if under_way is None or under_way[2] or not same(channel.commitment(values["nonce"]), under_way[0]):
        raise errors.ChannelFailed("this is not the nonce that the desk has committed itself to: pair anew")
    digits = channel.digits(session.channel.hash, values["nonce"], under_way[1])
    session.pairing = under_way[0], under_way[1], digits
    session.shown, session.shown_until_ms = Question("pair", digits, ""), now_ms + PAIR_MS
    return {}


def own(app: "App", values: "Values", now_ms: int) -> Pending:
    """Return the Pending that makes the asking desk the owner: there the digits were right."""
    _check_free(app)
    session = app.session
    under_way, session.pairing, session.shown = session.pairing, None, None
    if under_way is None or not under_way[2]:
        raise errors.NotConfirmed("no digits are shown, or not any more: pair anew")

    def finish(then_ms: int) -> "Values":
        _check_free(app)
        if app.vault.owner != session.remote:
            app.vault.set_owner(session.remote)
        app.unload(__name__)
        return {}

    return Pending(now_ms + CONFIRM_MS, Question("own", under_way[2], ""), finish)


def _check_free(app: "App") -> None:
    if app.session.channel is None:
        raise errors.NeedsChannel("pairing goes through a channel: update the program on the computer")
    if app.vault.owner and app.vault.owner != app.session.remote:
        raise errors.HasOwner("this token has an owner: its desk can release it, or erase everything on it")


def release(app: "App", values: "Values", now_ms: int) -> Pending:
    """Return the Pending that lets the token obey nobody; the accounts stay."""

    def finish(then_ms: int) -> "Values":
        app.vault.save(owner=b"", sync_keys=())  # The next owner must not inherit them.
        app.unload(__name__)
        return {}

    return Pending(now_ms + CONFIRM_MS, Question("release", "", ""), finish)


def transfer(app: "App", values: "Values", now_ms: int) -> Pending:
    """Return the Pending that makes the desk of another key the owner."""
    key = values["key"]
    question = Question("transfer", seals.fingerprint(key), "")

    def finish(then_ms: int) -> "Values":
        app.vault.save(owner=key, sync_keys=())
        app.unload(__name__)
        return {}

    def ask(_: None, then_ms: int) -> Pending:
        return Pending(then_ms + CONFIRM_MS, question, finish)

    return sliced(_check_key(app, key), now_ms, ask)


def sync_keys(app: "App", values: "Values", now_ms: int) -> "Values":
    """Return the keys that may only set the clock."""
    return {"keys": [{"key": key} for key in app.vault.sync_keys]}


def set_sync_key(app: "App", values: "Values", now_ms: int) -> "Values | Pending":
    """Let the holder of a key set the clock, or no longer."""
    key = values["key"]
    others = tuple([each for each in app.vault.sync_keys if each != key])
    if not values["present"]:
        app.vault.set_sync_keys(others)
        return {}

    def keep(_: None, then_ms: int) -> "Values":
        app.vault.set_sync_keys(others + (key,))
        return {}

    return sliced(_check_key(app, key), now_ms, keep)


def _check_key(app: "App", key: bytes) -> "Generator[None, None, None]":
    """Raise BadValue where no handshake could ever be made with `key`."""
    yield
    app.primitives.dh(app.vault.identity, key)
