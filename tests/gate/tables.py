"""What boards have and lack, as data for the rules: CircuitPython 10.1 and newer."""

from tests.gate.source import APP, CORE, HARDWARE, ROOT

_PORTABLE = {"binascii", "collections", "hashlib", "struct", "tokencore"}
_BOARD = """
    __future__ aesio alarm analogio array binascii bitbangio board busdisplay busio collections digitalio
    displayio epaperdisplay errno fontio fourwire framebufferio gc hashlib i2cdisplaybus io json keypad
    math microcontroller neopixel_write nvm os pwmio rainbowio random re rtc storage struct supervisor sys
    terminalio time tokencore tokenfw traceback usb_cdc usb_hid usb_midi vectorio watchdog zlib
"""
MODULES = {
    CORE: _PORTABLE,
    APP: _PORTABLE | {"tokenfw"},
    HARDWARE: set(_BOARD.split()),
    ROOT: set(_BOARD.split()),
}

# What those modules offer that CPython's have more of.
OFFERED = {
    "hashlib": {"new"},
    "collections": {"namedtuple", "OrderedDict", "deque"},
    "struct": {"calcsize", "pack", "pack_into", "unpack", "unpack_from"},
    "binascii": {"a2b_base64", "b2a_base64", "crc32", "hexlify", "unhexlify"},
}

_BUILTINS = """
    ArithmeticError AssertionError AttributeError BaseException BrokenPipeError ConnectionError EOFError
    Ellipsis Exception GeneratorExit ImportError IndentationError IndexError KeyError KeyboardInterrupt
    LookupError MemoryError NameError NotImplemented NotImplementedError OSError OverflowError
    RuntimeError StopAsyncIteration StopIteration SyntaxError SystemExit TimeoutError TypeError
    UnicodeError ValueError ZeroDivisionError __build_class__ __import__ abs all any bin bool bytearray
    bytes callable chr classmethod compile complex delattr dict dir divmod enumerate eval exec filter
    float frozenset getattr globals hasattr hash hex id input int isinstance issubclass iter len list
    locals map max memoryview min next object oct open ord pow print property range repr reversed round
    set setattr slice sorted staticmethod str sum super tuple type zip
"""
BUILTINS = {*_BUILTINS.split(), "True", "False", "None", "__name__"}

# Attributes that boards lack, or never fill, and what to write instead.
ATTRIBUTES = {
    **dict.fromkeys(("Struct", "iter_unpack"), "use struct.pack, unpack and unpack_from"),
    **dict.fromkeys(("block_size", "pbkdf2_hmac", "file_digest"), "use hashlib.new(...).digest()"),
    **dict.fromkeys(("_replace", "_fields", "_asdict", "_make"), "name the fields in code"),
    **dict.fromkeys(("__cause__", "__context__", "__traceback__"), "put it into the text"),
    **dict.fromkeys(("__doc__", "__annotations__", "__qualname__", "__mro__"), "keep it in a variable"),
}
METHODS = {
    **dict.fromkeys(("zfill", "rjust", "ljust"), "use % formatting, or pad and slice"),
    **dict.fromkeys(("title", "capitalize", "casefold", "swapcase", "expandtabs"), "use upper and lower"),
    **dict.fromkeys(("removeprefix", "removesuffix"), "test with startswith, then slice"),
    **dict.fromkeys(("translate", "maketrans", "format_map"), "go through the characters"),
    **dict.fromkeys(("isascii", "isalnum", "isdecimal", "isnumeric", "isprintable"), "test ord(character)"),
    **dict.fromkeys(("bit_length", "bit_count", "as_integer_ratio"), "shift and count"),
    **dict.fromkeys(("fullmatch", "findall", "finditer"), "use match, or search in a loop"),
    **dict.fromkeys(("add_note", "with_traceback"), "put it into the text"),
    "hexdigest": "use digest().hex()",
    "tobytes": "use bytes(view)",
    "move_to_end": "keep a sequence",
}

# Functions, and .methods, that boards take positional arguments for only.
_POSITIONAL = """
    .split .rsplit .splitlines .strip .replace .encode .decode .to_bytes .from_bytes .partition .find
    .startswith .endswith .hex .fromhex .unpack .unpack_from int bytes bytearray str sum zip next pow
    divmod getattr range isinstance
"""
KEYWORDLESS = set(_POSITIONAL.split())

TYPES = {
    "int",
    "str",
    "bytes",
    "bytearray",
    "bool",
    "float",
    "object",
    "list",
    "dict",
    "tuple",
    "set",
    "type",
}

# Names in a class that a board takes without a word and does nothing with.
IGNORED = {
    *("__init_subclass__", "__set_name__", "__setattr__", "__delattr__", "__getattribute__"),
    *("__class_getitem__", "__slots__", "__post_init__"),
}
