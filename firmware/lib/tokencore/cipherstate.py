"""CipherState of the Noise Protocol Framework, revision 34: one direction of a channel."""

from .errors import ChannelFailed

TYPE_CHECKING = False  # boards have no typing module; a checker takes this name for True
if TYPE_CHECKING:
    from .primitives import Primitives

KEY = 32  # bytes
NONCES = (1 << 64) - 1  # nonces of a key: the last of 64 bits is reserved (section 5.1)


class CipherState:
    """One direction's key and nonce. With a nonce in each message (section 11.4) one may be lost."""

    def __init__(self, primitives: "Primitives", key: bytes, nonces: int = NONCES) -> None:
        self._primitives = primitives
        self._key = key
        self._nonces = nonces
        self.nonce = 0
        """The nonce that `seal` takes next."""

    def seal(self, ad: bytes, plaintext: bytes) -> "tuple[int, bytes]":
        """Return the nonce and the sealed bytes, 16 longer than the plaintext.

        Raises ChannelFailed once every nonce has been used: a new handshake gives new keys.
        """
        nonce = self.nonce
        if nonce >= self._nonces:
            raise ChannelFailed("the channel's nonces are used up: connect again")
        self.nonce = nonce + 1
        return nonce, self._primitives.seal(self._key, nonce, ad, plaintext)

    def open(self, nonce: int, ad: bytes, sealed: bytes) -> bytes:
        """Return the plaintext. Raises ChannelFailed where it is not what the other side sealed.

        The caller refuses a nonce that it has seen.
        """
        if not 0 <= nonce < self._nonces:
            raise ChannelFailed("a nonce that no message has")
        return self._primitives.open(self._key, nonce, ad, sealed)
