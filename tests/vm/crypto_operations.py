"""The token's cryptography, as a case asks for it: a board's primitives, and what is built of them."""

import aesio
import crypto
from tokencore import gcm, hkdf, hpke, noise, x25519


def _primitives(cipher: str) -> object:
    """Return a board's primitives; "ChaChaPoly" is what they are on a board without aesio."""
    crypto.aesio = aesio if cipher == "AESGCM" else None
    primitives = crypto.BoardPrimitives()
    assert primitives.cipher == cipher
    return primitives


def _noise(cipher: str, initiator: bool, prologue: bytes, keys: list, steps: list, texts: list) -> tuple:
    """Run a handshake by (write payload or read message) steps, then seal `texts`.

    Return what the steps gave, the hash, the other's key, what was sealed, and how often it yielded.
    """
    static_private, static_public, ephemeral = keys
    handshake = noise.Handshake(
        _primitives(cipher), initiator, prologue, static_private, "XX", static_public, ephemeral
    )
    results = []
    yields = 0
    for writes, data in steps:
        generator = handshake.write(data) if writes else handshake.read(data)
        while True:
            try:
                next(generator)
                yields += 1
            except StopIteration as end:
                results.append(end.value)
                break
    send = handshake.split(1 << 32)[0]
    return results, handshake.hash, handshake.remote, [send.seal(b"ad", text) for text in texts], yields


def _hpke(ephemeral: tuple, public: bytes, info: bytes, texts: list) -> list:
    sender = noise.run(hpke.sender(_primitives("AESGCM"), public, info, ephemeral))
    return [sender.enc] + [sender.seal(ad, text) for ad, text in texts]


def _aes(key: bytes, mode: int, iv: bytes, pieces: list, there: bool) -> list:
    """Return what a cipher of the module aesio makes of pieces, one call for each."""
    cipher = aesio.AES(key, mode, iv)
    results = []
    for piece in pieces:
        into = bytearray(len(piece))
        (cipher.encrypt_into if there else cipher.decrypt_into)(piece, into)
        results.append(bytes(into))
    return results


def _drawn() -> tuple:
    """Return how many bytes a board's randomness gives, and whether two are ever the same."""
    primitives = _primitives("AESGCM")
    drawn = [primitives.random(32) for _ in range(20)]
    return {len(key) for key in drawn}, len(set(drawn))


OPERATIONS = {
    "crypto x25519": x25519.multiply,
    "crypto dh": x25519.dh,
    "crypto inverse": x25519._inverse,
    "crypto ghash": gcm.ghash,
    "crypto hkdf": hkdf.hkdf,
    "crypto seal": lambda cipher, *rest: _primitives(cipher).seal(*rest),
    "crypto open": lambda cipher, *rest: _primitives(cipher).open(*rest),
    "crypto stream": lambda cipher, *rest: _primitives(cipher).stream(*rest),
    "crypto noise": _noise,
    "crypto hpke": _hpke,
    "crypto aes": _aes,
    "crypto drawn": _drawn,
}
