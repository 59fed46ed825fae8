"""Keys from passphrases: Argon2id (RFC 9106), whose costs stand in the file that the key is for."""

from collections.abc import Mapping

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

KEY_BYTES = 32
_NAMES = ("iterations", "lanes", "memory_cost")  # memory_cost in KiB
_MOST = {"iterations": 16, "lanes": 64, "memory_cost": 1024 * 1024}  # no file hangs the desk


def stretch(passphrase: bytes, salt: bytes, costs: Mapping[str, object]) -> bytes:
    """Return the 32 bytes that a passphrase gives. Raises ValueError for costs that cannot be."""
    chosen: dict[str, int] = {}
    for name in _NAMES:
        cost = costs.get(name)
        if type(cost) is not int or not 1 <= cost <= _MOST[name]:
            raise ValueError("the costs are out of their limits")
        chosen[name] = cost
    iterations, lanes, memory = (chosen[name] for name in _NAMES)
    return Argon2id(
        salt=salt, length=KEY_BYTES, iterations=iterations, lanes=lanes, memory_cost=memory
    ).derive(passphrase)
