"""What boards have and lack, as data for the rules: CircuitPython 10.1 and newer."""

from tests.gate.source import APP, CORE, HARDWARE, ROOT

_PORTABLE = {"binascii", "collections", "hashlib", "struct", "tokencore"}
_BOARD = """
    __future__ aesio alarm analogio array binascii bitbangio bitmaptools board busdisplay busio
    collections digitalio displayio epaperdisplay errno fontio fourwire framebufferio gc hashlib
    i2cdisplaybus io json keypad math microcontroller neopixel_write nvm os pwmio rainbowio random re
    rotaryio rtc storage struct supervisor sys terminalio time tokencore tokenfw traceback usb_cdc usb_hid
    usb_midi vectorio watchdog zlib
"""
MODULES = {
    CORE: _PORTABLE,
    APP: _PORTABLE | {"tokenfw"},
    HARDWARE: set(_BOARD.split()),
    ROOT: set(_BOARD.split()),
}

_ERRNO = """
    EACCES EADDRINUSE EAGAIN EALREADY EBADF ECONNABORTED ECONNREFUSED ECONNRESET EEXIST EHOSTUNREACH
    EINPROGRESS EINVAL EIO EISDIR ENOBUFS ENODEV ENOENT ENOMEM ENOSPC ENOTCONN EOPNOTSUPP EPERM EROFS
    ETIMEDOUT errorcode
"""
_MATH = """
    acos asin atan atan2 ceil copysign cos degrees e exp fabs floor fmod frexp isfinite isinf isnan ldexp
    log modf pi pow radians sin sqrt tan trunc
"""
_OS = "chdir getcwd getenv listdir mkdir remove rename rmdir sep stat statvfs sync uname unlink urandom utime"
_SYS = """
    argv byteorder exit implementation maxsize modules path platform stderr stdin stdout version version_info
"""

# What those modules offer that CPython's have more of.
OFFERED = {
    "hashlib": {"new"},
    "collections": {"namedtuple", "OrderedDict", "deque"},
    "struct": {"calcsize", "pack", "pack_into", "unpack", "unpack_from"},
    "binascii": {"a2b_base64", "b2a_base64", "crc32", "hexlify", "unhexlify"},
    "array": {"array"},
    "errno": set(_ERRNO.split()),
    "gc": {"collect", "disable", "enable", "isenabled", "mem_alloc", "mem_free"},
    "io": {"BytesIO", "IOBase", "StringIO", "open"},
    "json": {"dump", "dumps", "load", "loads"},
    "math": set(_MATH.split()),
    "os": set(_OS.split()),
    "random": {"choice", "getrandbits", "randint", "random", "randrange", "seed", "uniform"},
    "re": {"compile", "match", "search", "sub"},
    "sys": set(_SYS.split()),
    "time": {"localtime", "mktime", "monotonic", "monotonic_ns", "sleep", "struct_time", "time"},
    "traceback": {"format_exception", "print_exception"},
    "zlib": {"decompress"},
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
    **dict.fromkeys(("nbytes", "itemsize", "tolist", "toreadonly"), "use len(view) and bytes(view)"),
    **dict.fromkeys(("numerator", "denominator", "real", "imag", "conjugate"), "it is the number itself"),
    "characters_written": "use errno",
    **dict.fromkeys(("__doc__", "__annotations__", "__qualname__", "__mro__"), "keep it in a variable"),
}
METHODS = {
    **dict.fromkeys(("zfill", "rjust", "ljust"), "use % formatting, or pad and slice"),
    **dict.fromkeys(("title", "capitalize", "casefold", "swapcase", "expandtabs"), "use upper and lower"),
    **dict.fromkeys(("removeprefix", "removesuffix"), "test with startswith, then slice"),
    **dict.fromkeys(("translate", "maketrans", "format_map"), "go through the characters"),
    **dict.fromkeys(
        ("isascii", "isalnum", "isdecimal", "isnumeric", "isprintable", "istitle", "isidentifier"),
        "test ord(character)",
    ),
    **dict.fromkeys(("bit_length", "bit_count", "as_integer_ratio"), "shift and count"),
    **dict.fromkeys(("fullmatch", "findall", "finditer"), "use match, or search in a loop"),
    **dict.fromkeys(("add_note", "with_traceback"), "put it into the text"),
    "hexdigest": "use digest().hex()",
    "tobytes": "use bytes(view)",
    "move_to_end": "keep a sequence",
}

# What boards lack of one type where another, or somebody's own class, has a method of that name.
OF_TYPE = {
    "bytearray": {"clear", "copy", "find", "insert", "pop", "remove", "reverse"},
    "memoryview": {
        *("c_contiguous", "contiguous", "f_contiguous", "format", "ndim", "obj", "readonly", "release"),
        *("shape", "strides", "suboffsets"),
    },
    "range": {"count", "index"},
}

# Functions, and .methods, that boards take positional arguments for only.
_POSITIONAL = """
    .split .rsplit .splitlines .strip .replace .encode .decode .to_bytes .from_bytes .partition .find
    .startswith .endswith .hex .fromhex .unpack .unpack_from int bytes bytearray str sum zip next pow
    divmod getattr range isinstance namedtuple deque
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
    *("__class_getitem__", "__slots__", "__post_init__", "__index__", "__format__"),
}
