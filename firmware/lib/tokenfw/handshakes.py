"""How a channel is opened: a Noise handshake in slices, or a session taken up again (docs/protocol.md)."""

from tokencore import channel, errors
from tokencore.messages import OWNER, ROLES
from tokencore.same import same

from .question import Pending, sliced

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator

    from tokencore.channel import Channel
    from tokencore.noise import Handshake

    from .app import App
    from .channels import Channels
    from .question import Values


def open(app: "App", values: "Values", now_ms: int) -> Pending:
    """Return the Pending that reads a handshake's first message and answers with its second."""
    from tokencore.noise import Handshake

    channels, vault = _channels(app, now_ms), app.vault
    ephemeral, expected = app.ready.take()
    channels.handshake = handshake = Handshake(
        channels.primitives,
        False,
        _prologue(app),
        vault.identity,
        static_public=vault.identity_public,
        ephemeral=ephemeral,
        expected=expected,
    )
    return sliced(_respond(handshake, values["message"]), now_ms, lambda answer, _: {"message": answer})


def _respond(handshake: "Handshake", message: bytes) -> "Generator[None, None, bytes]":
    yield from handshake.read(message)
    answer = yield from handshake.write()
    return answer


def finish(app: "App", values: "Values", now_ms: int) -> Pending:
    """Return the Pending that reads a handshake's third message; then the session goes on."""
    channels = _channels(app, now_ms)
    handshake, channels.handshake = channels.handshake, None
    if handshake is None:
        raise errors.ChannelFailed("no handshake is under way: begin a new one")
    begun: Handshake = handshake

    def then(_: bytes, then_ms: int) -> "Values":
        opened, secret = channel.established(begun)
        _begin(app, channels, opened, secret, then_ms)
        app.unload("tokencore.noise", "tokencore.symmetric", __name__)
        return {}

    return sliced(handshake.read(values["message"]), now_ms, then)


def resume(app: "App", values: "Values", now_ms: int) -> "Values":
    """Take up the session of a desk that knows the secret of the last one; the secret is used up by that."""
    channels, begin = _channels(app, now_ms), _prologue(app)
    for secret, remote in channels.resumptions:
        if channel.resumption_id(secret) == values["id"]:
            mac = channel.resumption_mac(secret, begin, values["nonce"])
            if same(mac, values["mac"]) and channels.role(remote) != ROLES[0]:
                return _resumed(app, channels, secret, remote, values["nonce"], now_ms)
    raise errors.ChannelFailed("the token does not know that session any more: shake hands anew")


def _resumed(
    app: "App", channels: "Channels", secret: bytes, remote: bytes, nonce: bytes, now_ms: int
) -> "Values":
    own, begin = channels.primitives.random(channel.NONCE), _prologue(app)
    opened, following = channel.resumed(channels.primitives, False, secret, begin, nonce, own, remote)
    _begin(app, channels, opened, following, now_ms)
    return {"nonce": own, "mac": channel.resumption_mac(secret, begin, nonce, own)}


def _begin(app: "App", channels: "Channels", opened: "Channel", secret: bytes, now_ms: int) -> None:
    channels.add(opened, secret, now_ms)
    if channels.role(opened.remote) == OWNER:
        app.backup = None  # It ends with the session that it was begun in.


def _channels(app: "App", now_ms: int) -> "Channels":
    assert app.dispatcher is not None
    channels = app.dispatcher.channels()
    channels.note(now_ms)
    return channels


def _prologue(app: "App") -> bytes:
    if app.session.greeting is None:
        raise errors.ChannelFailed("say hello first")
    protocol, nonce = app.session.greeting
    return channel.prologue(protocol, nonce, app.identity.serial)
