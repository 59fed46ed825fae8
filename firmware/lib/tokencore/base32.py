"""Base32 (RFC 4648 section 6), strict where a slip would make another secret.

People copy secrets by hand and in groups: spaces and lower case are accepted, and padding may be
left out. Anything else is refused with its position, counted from 1; the text itself is a secret
and never shown.
"""

from .errors import BadValue

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_LOWER = _ALPHABET.lower()
# Characters in the last group of eight -> padding that completes it. 1, 3 and 6 hold no whole byte.
_PADDING = {0: 0, 2: 6, 4: 4, 5: 3, 7: 1}


def encode(data: bytes) -> str:
    """Return `data` (bytes) as base32 text without padding."""
    bits = len(data) * 8
    value = int.from_bytes(data, "big") << (-bits % 5)
    return "".join([_ALPHABET[value >> shift & 31] for shift in range(bits + (-bits % 5) - 5, -1, -5)])


def decode(text: str, field: str = "secret") -> bytes:
    """Return the bytes that `text` stands for.

    Raises BadValue naming `field` for a character outside the alphabet (with its position), padding
    of a wrong length or place, or a number of characters that no whole number of bytes gives.
    Leftover bits in the last character are ignored: much used generators do not clear them.
    """
    value = count = padding = 0
    for position, character in enumerate(text):
        if character in " \t\r\n":
            continue
        if character == "=":
            padding += 1
            continue
        digit = max(_ALPHABET.find(character), _LOWER.find(character))
        if digit < 0:
            raise BadValue(field, "character %d is not base32 (A to Z and 2 to 7)" % (position + 1))
        if padding:
            raise BadValue(field, "character %d follows the padding" % (position + 1))
        value = value << 5 | digit
        count += 1
    if count % 8 not in _PADDING:
        raise BadValue(field, "%d base32 characters are not whole bytes: one is missing or too many" % count)
    if padding and padding != _PADDING[count % 8]:
        raise BadValue(field, "%d characters need %d '=' of padding or none" % (count, _PADDING[count % 8]))
    return (value >> count * 5 % 8).to_bytes(count * 5 // 8, "big")
