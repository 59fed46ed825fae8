"""What tokencore and tokenfw know of cryptography and chance, for type checkers: no board imports this."""

TYPE_CHECKING = False  # boards have no typing module; a checker takes this name for True
if TYPE_CHECKING:
    from typing import Protocol

    KeyPair = tuple[bytes, bytes]  # an X25519 private key and its public key, 32 bytes each

    class Aead(Protocol):
        """Authenticated encryption with keys of 32 bytes, nonces of 12 and tags of 16."""

        def seal(self, key: bytes, nonce: bytes, ad: bytes, plaintext: bytes) -> bytes: ...

        def open(self, key: bytes, nonce: bytes, ad: bytes, sealed: bytes) -> bytes: ...

    class Primitives(Protocol):
        """The primitives of this machine. Keys, private and public, are 32 bytes."""

        cipher: str
        """Noise's name of the AEAD: "AESGCM" (AES-256) or "ChaChaPoly"."""

        def random(self, length: int) -> bytes:
            """Return random bytes fit for keys."""

        def public(self, private: bytes) -> bytes:
            """Return the X25519 public key (RFC 7748)."""

        def dh(self, private: bytes, public: bytes) -> bytes:
            """Return the X25519 shared secret. Raises BadValue where it is all zero."""

        def seal(self, key: bytes, nonce: int, ad: bytes, plaintext: bytes) -> bytes:
            """Return the ciphertext and its tag of 16 bytes. `nonce` is of 64 bits, `ad` associated data."""

        def open(self, key: bytes, nonce: int, ad: bytes, sealed: bytes) -> bytes:
            """Return the plaintext. Raises ChannelFailed where anything is not as it was sealed."""

        def stream(self, key: bytes, nonce: bytes, data: bytes) -> bytes:
            """Return `data` under a key stream, not authenticated; `nonce` is 16 bytes and never used again.

            AES-256 in counter mode, `nonce` being the initial counter block; with the cipher "ChaChaPoly"
            ChaCha20, `nonce` being the block counter (4 bytes, little-endian) and the nonce.
            """
