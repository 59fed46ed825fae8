"""Reads a board file: the part of TOML that describes a board, small enough for a board.

Sections, and keys with a string, an integer, a boolean or a one-line array of those.
"""


def parse(text: str) -> "dict[str, dict[str, object]]":
    """Return {section: {key: value}}; keys before the first section stand under "".

    Raises ValueError naming the line that is outside the subset.
    """
    section: dict[str, object] = {}
    sections = {"": section}
    for number, raw in enumerate(text.split("\n")):
        line = raw.strip()
        if not line or line[0] == "#":
            continue
        if line[0] == "[" and line[-1] == "]":
            section = sections[line[1:-1].strip()] = {}
            continue
        key, equals, value = line.partition("=")
        try:
            if not equals:
                raise ValueError
            section[key.strip()] = _value(value.strip())
        except ValueError:
            raise ValueError("line %d of the board file is not understood" % (number + 1)) from None
    return sections


def _value(text: str) -> object:
    if text in ("true", "false"):
        return text == "true"
    if len(text) >= 2 and text[0] == text[-1] == '"':
        if '"' in text[1:-1] or "\\" in text:
            raise ValueError
        return text[1:-1]
    if len(text) >= 2 and text[0] == "[" and text[-1] == "]":
        return [_value(item.strip()) for item in text[1:-1].split(",") if item.strip()]
    return int(text, 0)
