"""What the next handshake with the owner's desk can have done beforehand: two of its four X25519."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tokencore.primitives import KeyPair, Primitives


class Ready:
    """`ephemeral` is the key pair of the next handshake; `expected` the owner's key, and X25519 of both."""

    def __init__(self, primitives: "Primitives") -> None:
        self.ephemeral: KeyPair | None = None
        self.expected: tuple[bytes, bytes] | None = None
        self._primitives = primitives
        self._full = False  # whether memory was too short: the next handshake goes without

    def step(self, owner: bytes) -> bool:
        """Do one of the two, which takes a board most of a second; return whether one was left to do."""
        if self._full:
            return False
        try:
            return self._do(owner)
        except MemoryError:  # Nothing that a token does may come to an end by this.
            self._full = True
            return True

    def _do(self, owner: bytes) -> bool:
        if self.ephemeral is None:
            from tokencore.x25519 import draw

            self.ephemeral = draw(self._primitives)
        elif owner and (self.expected is None or self.expected[0] != owner):
            self.expected = owner, self._primitives.dh(self.ephemeral[0], owner)
        else:
            return False
        return True

    def take(self) -> "tuple[KeyPair | None, tuple[bytes, bytes] | None]":
        """Return both, which no other handshake may use."""
        taken = self.ephemeral, self.expected
        self.ephemeral = self.expected = None
        self._full = False
        return taken
