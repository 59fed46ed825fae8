"""Whole numbers as files of seeds write them."""

from tokencore.errors import BadValue


def whole(field: str, text: str) -> int:
    """Return the number that decimal digits say, 20 at most. Raises BadValue."""
    if not (text.isascii() and text.isdigit() and len(text) <= 20):
        raise BadValue(field, "a whole number is needed")
    return int(text)
