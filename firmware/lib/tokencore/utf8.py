"""UTF-8 (RFC 3629), strict on every interpreter.

A board's own decoder looks at the form of the bytes only. It takes surrogates, overlong forms and numbers
beyond Unicode, which a host refuses: one such name would make the whole list of accounts unreadable.
"""


def decode(data: bytes) -> str:
    """Return the text that `data` (bytes) stands for. Raises UnicodeError."""
    text = str(data, "utf-8")
    if len(text) == len(data):
        return text  # one byte a character: ASCII
    size = 0
    for character in text:
        point = ord(character)
        if 0xD800 <= point <= 0xDFFF or point > 0x10FFFF:
            raise UnicodeError("no such character")
        size += 1 if point < 0x80 else 2 if point < 0x800 else 3 if point < 0x10000 else 4
    if size != len(data):
        raise UnicodeError("a character is not in its shortest form")
    return text
