"""The sealed sessions of a token, one for each role, and what handshakes and resumptions need to go on.

Loaded when a host first wants a channel.
"""

from tokencore.messages import CLOCK, OWNER, ROLES

from .session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tokencore.channel import Channel
    from tokencore.noise import Handshake
    from tokencore.primitives import Primitives

    from .ready import Ready
    from .vault import Vault

IDLE_MS = 600000  # A session that is silent for so long ends.
HANDSHAKE_MS = 30000  # … and a handshake that does not go on.
_QUIET_MS = 1000  # after the last request, the next handshake is prepared


class Channels:
    """`sessions` are the sealed ones; each has another role, so no stranger ends the owner's."""

    def __init__(self, vault: "Vault", primitives: "Primitives", ready: "Ready") -> None:
        self.primitives = primitives
        self._ready = ready
        self.handshake: Handshake | None = None
        self.resumptions: list[tuple[bytes, bytes]] = []  # secret, and whose
        self.paired: list[int] = []  # the ticks at which the last nonces for pairing were told
        self._vault = vault
        self._identity = vault.identity_public
        self._sessions: list[Session] = []
        self._heard_ms = 0

    @property
    def sessions(self) -> "list[Session]":
        """The sessions that go on. When everything was erased, none does."""
        if self._identity != self._vault.identity_public:
            self._identity = self._vault.identity_public
            self._sessions, self.resumptions, self.handshake = [], [], None
        self._sessions = [session for session in self._sessions if not session.over]
        return self._sessions

    def role(self, remote: bytes) -> str:
        """Return what the holder of a key is to this token, now."""
        vault = self._vault
        if vault.owner and remote == vault.owner:
            return OWNER
        return CLOCK if vault.owner and remote in vault.sync_keys else ROLES[0]

    def find(self, record: bytes) -> "tuple[Session, bytes] | None":
        """Return the session that a record belongs to and the message in it, or None."""
        for session in self.sessions:
            message = session.channel.open(record) if session.channel else None
            if message is not None:
                return session, message
        return None

    def add(self, channel: "Channel", secret: bytes, now_ms: int) -> Session:
        """Begin a session; it takes the place of the one of the same role."""
        role = self.role(channel.remote)
        for session in self.sessions[:]:
            if self.role(session.remote) == role:
                self.remove(session)
        # A stranger's is kept too: he may be about to become the owner.
        known = [each for each in self.resumptions if self.role(each[1]) != ROLES[0]]
        self.resumptions = [(secret, channel.remote)] + [each for each in known if each[1] != channel.remote]
        session = Session(channel)
        session.heard_ms = now_ms
        self._sessions.append(session)
        return session

    def remove(self, session: Session) -> None:
        """End a session."""
        if session in self._sessions:
            self._sessions.remove(session)

    def note(self, now_ms: int) -> None:
        """Something of a handshake came at that tick."""
        self._heard_ms = now_ms

    def step(self, now_ms: int) -> None:
        """End what has been silent for too long; prepare the next handshake while nothing else is to do."""
        heard_ms = self._heard_ms
        for session in self.sessions[:]:
            heard_ms = max(heard_ms, now_ms if session.pending else session.heard_ms)
            if session.pending is None and now_ms - session.heard_ms >= IDLE_MS:
                self.remove(session)
        if self.handshake and now_ms - self._heard_ms >= HANDSHAKE_MS:
            self.handshake = None
        if now_ms - heard_ms >= _QUIET_MS:
            self._ready.step(self._vault.owner)
