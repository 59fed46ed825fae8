"""What can go wrong at the desk itself. What the token refuses is in tokencore.errors.

Every text says what is wrong and every `advice` what to do next; neither repeats a secret or a code.
`exit_status` is that of the command line: 1 refused, 2 wrong use, 3 no token or connection lost.
"""


class DeskError(Exception):
    """Base of all faults of the desk."""

    exit_status = 3
    advice = ""

    def __init__(self, text: str, advice: str = "") -> None:
        super().__init__(text)
        if advice:
            self.advice = advice


class BadInput(DeskError):
    """What the user gave cannot be used; nothing was sent to a token."""

    exit_status = 2


class Ambiguous(BadInput):
    """A name or the choice of a port fits more than one; `candidates` lists what would be exact."""

    def __init__(self, text: str, candidates: list[str], advice: str = "") -> None:
        super().__init__(text, advice)
        self.candidates = candidates


class NoToken(DeskError):
    """No token was found."""

    advice = "Plug one in, wait until its screen shows something, and look with: provisioner ports"


class PortMissing(DeskError):
    """The port does not exist, or is no serial port."""

    advice = "List the ports with: provisioner ports"


class PortDenied(DeskError):
    """The user may not open the port."""

    advice = (
        "On Linux, join the group that owns it and log in again: sudo usermod -aG dialout $USER "
        "(on some systems the group is uucp)"
    )


class PortBusy(DeskError):
    """Another program has the port."""

    advice = "Close the other program (a serial monitor, an editor, another provisioner) and try again"


class NotAToken(DeskError):
    """Something is at the port, but it does not answer as a token."""

    advice = (
        "Check that this is the token's data port and not its console (provisioner ports tells), "
        "and that the board runs the token's firmware"
    )


class LinkLost(DeskError):
    """The connection broke. `uncertain` is True where a change was under way: it may have been made."""

    uncertain = False
    advice = "Check the cable, unplug the token and plug it in again"

    def leave_uncertain(self) -> None:
        """Note that a change was under way."""
        self.uncertain = True
        self.advice += "; see with 'provisioner accounts' or 'info' whether the change was made"


class NoAnswer(LinkLost):
    """The port is there, but the token stopped answering."""


class BadAnswer(DeskError):
    """The token answered something that the protocol does not allow."""

    advice = "The token's firmware and this program may not fit each other: update both"


class SyncFailed(DeskError):
    """The clock was set, but does not show the time that was set."""

    exit_status = 1
    advice = "Try again; if it stays, the token's clock chip or its battery is faulty"
