"""The errors by their wire status: for hosts, which turn the numbers back. A token never loads this."""

from . import errors
from .errors import FobError

BY_STATUS = {
    error.status: error
    for error in (
        errors.BadMessage,
        errors.UnknownCommand,
        errors.BadValue,
        errors.OutOfOrder,
        errors.AccountExists,
        errors.NoSuchAccount,
        errors.StoreFull,
        errors.ClockNotSet,
        errors.NotConfirmed,
        errors.Cancelled,
        errors.StoreFailed,
        errors.ClockFailed,
        errors.CounterExhausted,
        errors.NeedsChannel,
        errors.ChannelFailed,
        errors.NotOwner,
        errors.HasOwner,
        errors.Locked,
        errors.WrongPin,
        errors.PinWait,
    )
}


def from_status(status: int, text: str) -> FobError:
    """Return the error that a wire status stands for; an unknown status keeps its number."""
    error = BY_STATUS.get(status, FobError)(text)
    error.status = status
    return error
