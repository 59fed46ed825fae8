"""Everything that can go wrong, each with the status that carries it over the wire.

A class per status: the device raises it, `messages` turns it into a status number and a text, and
the host turns the number back into the same class (see `statuses`). The text never holds a secret or a code.
"""


class FobError(Exception):
    """Base of all refusals. `status` is the wire status (see docs/protocol.md)."""

    status = 15


class BadMessage(FobError):
    """The bytes are not a message of this protocol."""

    status = 2


class UnknownCommand(FobError):
    """The other side is older: it does not know this command."""

    status = 3


class BadValue(FobError):
    """A value is out of its limits. `field` names it, the text says what is allowed."""

    status = 4

    def __init__(self, field: str, why: "str | None" = None) -> None:
        super().__init__(field if why is None else field + ": " + why)
        self.field = field


class OutOfOrder(FobError):
    """A request older than the last one answered, or its late duplicate."""

    status = 5


class AccountExists(FobError):
    """An account of that issuer and name is already there."""

    status = 6


class NoSuchAccount(FobError):
    """No account has that issuer and name."""

    status = 7


class StoreFull(FobError):
    """Every place for an account is taken."""

    status = 8


class ClockNotSet(FobError):
    """The clock has no trusted time: a time-based code would be wrong."""

    status = 9


class NotConfirmed(FobError):
    """Nobody pressed confirm in time."""

    status = 10


class Cancelled(FobError):
    """Another request came before this one was finished."""

    status = 11


class StoreFailed(FobError):
    """The token's memory is damaged, of a newer format, or refused a write."""

    status = 12


class ClockFailed(FobError):
    """The clock chip does not answer, or answers nonsense."""

    status = 13


class CounterExhausted(FobError):
    """An HOTP counter has reached its last value (2**64 - 1)."""

    status = 14


class NeedsChannel(FobError):
    """The request must come through the channel: the host is older than the token's firmware."""

    status = 16


class ChannelFailed(FobError):
    """A handshake or a sealed message is not the other side's, or comes too late. Connect again."""

    status = 17


class NotOwner(FobError):
    """The token has an owner, or none yet, and the key of this session may not ask for that."""

    status = 18


class HasOwner(FobError):
    """The token has an owner: only a transfer, a release or erasing everything changes that."""

    status = 19


class Locked(FobError):
    """The accounts are locked: enter the PIN first."""

    status = 20


class WrongPin(FobError):
    """That is not the PIN."""

    status = 21


class PinWait(FobError):
    """After wrong PINs the token waits before it looks at another."""

    status = 22
