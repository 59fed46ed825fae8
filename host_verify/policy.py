"""The verifier's rules as numbers, with their limits."""

from dataclasses import dataclass

from tokencore.account import whole


@dataclass(frozen=True, slots=True)
class Policy:
    """How much is forgiven to a token's clock or counter, and how little to a guesser.

    window            TOTP: time steps by which a code may be old when it comes; before a token's first
                      code, steps accepted on either side of the server's own (0 to 10)
    silence_window    most steps by which the window around a token's own clock widens while the token
                      is not used and what is known of that clock grows old (0 to 20)
    notice_window     steps on either side of a token's expected one in which a refused code is noticed,
                      so that the next one may confirm it (0 to 20; 0: never)
    look_ahead        HOTP: counters accepted after the expected one (RFC 4226 section 7.4; 0 to 100)
    resync_window     steps on either side, or counters ahead, searched for two consecutive codes
                      (1 to 2000; the cost of a search is bounded by it)
    max_offset        largest offset of a token's clock that is followed, in seconds (0 to 86400)
    max_rate          largest drift rate that is believed, in parts per million (0 to 1000)
    throttle_after    failures from which an attempt has to wait (1 to lock_after)
    throttle_seconds  T of RFC 4226 section 7.3: after A failures the wait is T * A seconds (0 to 3600)
    lock_after        failures that lock the token (1 to 1000)
    lock_seconds      for how long, doubled with each further failure (0 to 86400); 0 is until an
                      administrator enables it

    Raises tokencore's BadValue naming the first field out of its limits.
    """

    window: int = 1
    silence_window: int = 5
    notice_window: int = 10
    look_ahead: int = 10
    resync_window: int = 1000
    max_offset: int = 21_600
    max_rate: int = 200
    throttle_after: int = 3
    throttle_seconds: int = 5
    lock_after: int = 10
    lock_seconds: int = 900

    def __post_init__(self) -> None:
        whole("window", self.window, 0, 10)
        whole("silence_window", self.silence_window, 0, 20)
        whole("notice_window", self.notice_window, 0, 20)
        whole("look_ahead", self.look_ahead, 0, 100)
        whole("resync_window", self.resync_window, 1, 2000)
        whole("max_offset", self.max_offset, 0, 86_400)
        whole("max_rate", self.max_rate, 0, 1000)
        whole("lock_after", self.lock_after, 1, 1000)
        whole("lock_seconds", self.lock_seconds, 0, 86_400)
        whole("throttle_after", self.throttle_after, 1, self.lock_after)
        whole("throttle_seconds", self.throttle_seconds, 0, 3600)
