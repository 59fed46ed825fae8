"""Rules of modules, names and calls that boards lack: they hold where a board executes the code."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterator

from tests.gate.rule import PORTABLE, Rule, called, constant, dotted
from tests.gate.source import APP, HARDWARE, ROOT, Module
from tests.gate.tables import (
    ATTRIBUTES,
    BUILTINS,
    IGNORED,
    KEYWORDLESS,
    METHODS,
    MODULES,
    OFFERED,
    TYPES,
)

Finder = Callable[[Module], Iterator[ast.AST]]


def live(test: Callable[[ast.AST], object]) -> Finder:
    """Return a finder of the nodes that a board executes and `test` is true of."""
    return lambda module: (node for node in module.live if test(node))


def imports(module: Module) -> Iterator[ast.AST]:
    for node in module.live:
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module or ""]
        for name in names:
            root = name.partition(".")[0]
            driver = root.startswith("adafruit_") and module.layer in (HARDWARE, ROOT)
            inward = module.layer == APP and name.startswith("tokenfw.hardware")
            if inward or not (root in MODULES[module.layer] or driver):
                yield node


def imported_names(module: Module) -> Iterator[ast.AST]:
    for node in module.live:
        if isinstance(node, ast.ImportFrom) and not node.level:
            used = {(node.module, alias.name) for alias in node.names}
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            used = {(node.value.id, node.attr)}
        else:
            continue
        if [name for name, part in used if name in OFFERED and part not in OFFERED[name]]:
            yield node


def unknown_builtins(module: Module) -> Iterator[ast.AST]:
    bound = set()
    for node in module.nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            bound.add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            bound.add(node.name)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            bound |= {alias.asname or alias.name for alias in node.names}
    missing = set(dir(builtins)) - BUILTINS - bound
    return (node for node in module.live if isinstance(node, ast.Name) and node.id in missing)


def attribute(name: str) -> Finder:
    return live(lambda node: isinstance(node, ast.Attribute) and node.attr == name)


def method(name: str) -> Finder:
    """Return a finder of calls: an attribute of that name may be somebody's own."""
    return live(lambda node: called(node) == f".{name}")


def step_slices(node: ast.AST) -> bool:
    return isinstance(node, ast.Slice) and node.step is not None


def hash_calls(node: ast.AST) -> bool:
    if not (isinstance(node, ast.Call) and dotted(node.func) == "hashlib.new"):
        return False
    first = node.args[0] if node.args else None
    return not node.args or bool(node.keywords) or (constant(first) and not constant(first, "sha1", "sha256"))


def inverse_powers(node: ast.AST) -> bool:
    if called(node) != "pow" or len(node.args) != 3:
        return False
    power = node.args[1]
    return isinstance(power, ast.UnaryOp) and isinstance(power.op, ast.USub)


def keyworded(node: ast.AST) -> bool:
    return called(node) in KEYWORDLESS and bool(node.keywords)


def lenient_codecs(node: ast.AST) -> bool:
    name = called(node)
    if name not in (".encode", ".decode", "str", "bytes"):
        return False
    rest = node.args if name[0] == "." else node.args[1:]
    return len(rest) > 1 or (bool(rest) and constant(rest[0]) and rest[0].value not in ("utf-8", "utf8"))


def bare_integers(node: ast.AST) -> bool:
    return called(node) in (".to_bytes", ".from_bytes") and len(node.args) != 2


def run_time_types(node: ast.AST) -> bool:
    def is_type(part: ast.AST) -> bool:
        return constant(part, None) or (isinstance(part, ast.Name) and part.id in TYPES)

    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return is_type(node.left) or is_type(node.right)
    return isinstance(node, ast.Subscript) and not constant(node.value) and is_type(node.value)


def ignored(module: Module) -> Iterator[ast.AST]:
    for node in module.live:
        for item in node.body if isinstance(node, ast.ClassDef) else []:
            names = {getattr(item, "name", "")}
            names |= {getattr(target, "id", "") for target in getattr(item, "targets", [])}
            if names & IGNORED:
                yield item


def function_attributes(module: Module) -> Iterator[ast.AST]:
    functions = {node.name for node in module.tree.body if isinstance(node, ast.FunctionDef)}
    for node in module.live:
        stored = isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
        if stored and isinstance(node.value, ast.Name) and node.value.id in functions:
            yield node


def floats(node: ast.AST) -> bool:
    literal = constant(node) and isinstance(node.value, (float, complex))
    division = isinstance(node, (ast.BinOp, ast.AugAssign)) and isinstance(node.op, ast.Div)
    return literal or division or (isinstance(node, ast.Name) and node.id in ("float", "complex"))


def json_keywords(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and dotted(node.func) in ("json.dumps", "json.dump")
        and bool(node.keywords)
    )


def clocks(node: ast.AST) -> bool:
    return dotted(node) in ("time.time", "time.monotonic", "time.ticks_ms", "time.localtime", "time.gmtime")


def old_random(node: ast.AST) -> bool:
    return called(node) == ".getrandbits" and not (constant(node.args[0]) and node.args[0].value <= 32)


LIBRARY = (
    Rule(
        "import",
        "boards, or this layer, lack it: tokencore has binascii, collections, hashlib, struct and itself; "
        "tokenfw also tokencore; tokenfw.hardware CircuitPython's modules and adafruit_*",
        imports,
        (
            "import hmac",
            "from functools import partial",
            "from tokenfw.hardware import rtc",
            "import board",
        ),
        (
            "import struct",
            "from . import cbor",
            "from tokencore import otp",
            "if TYPE_CHECKING:\n    import typing",
        ),
    ),
    Rule(
        "imported name",
        "a board's module lacks it; hashlib has new alone, the name by position",
        imported_names,
        (
            "hashlib.sha1(b'')",
            "hashlib.sha256",
            "from hashlib import sha256",
            "struct.error",
            "from collections import ChainMap",
        ),
        ("hashlib.new('sha1', b'')", "from collections import namedtuple", "struct.pack('>H', 1)"),
    ),
    Rule(
        "builtin",
        "boards lack it; for finer exceptions use OSError with its errno, UnicodeError or RuntimeError",
        unknown_builtins,
        (
            "vars(x)",
            "format(1, 'x')",
            "try: pass\nexcept FileNotFoundError: pass",
            "raise UnicodeDecodeError",
        ),
        ("print(len(x))", "raise OSError(2)", "def format(x): return x\nformat(1)"),
    ),
    *(Rule(f".{name}", instead, attribute(name), (f"x.{name}",)) for name, instead in ATTRIBUTES.items()),
    *(
        Rule(f".{name}()", instead, method(name), (f"x.{name}()",), (f"x.{name}",))
        for name, instead in METHODS.items()
    ),
    Rule(
        "slice with a step",
        "boards take none for bytes, str and tuple: use reversed or range",
        live(step_slices),
        ("b[::-1]", "x[1:9:2]"),
        ("b[1:2]", "b[:]"),
    ),
    Rule(
        "hashlib.new",
        'give "sha1" or "sha256" by position; SHA-512 is tokencore.sha512',
        live(hash_calls),
        ("hashlib.new(name='sha1')", "hashlib.new('sha512')", "hashlib.new('sha1', data=b'')"),
        ("hashlib.new('sha1')", "hashlib.new(self._name, data)"),
    ),
    Rule(
        "inverse by pow",
        "pow(a, m - 2, m) for a prime m: a board answers 0",
        live(inverse_powers),
        ("pow(a, -1, m)",),
        ("pow(a, 3, m)",),
    ),
    Rule(
        "keyword argument",
        "a board's function takes it by position only",
        live(keyworded),
        (
            "'a b'.split(maxsplit=1)",
            "int('a', base=16)",
            "zip(a, b, strict=True)",
            "x.to_bytes(4, byteorder='big')",
        ),
        ("sorted(x, key=f, reverse=True)", "open(p, encoding='utf-8')", "max(x, default=0)", "range(1, 2)"),
    ),
    Rule(
        "codec",
        "use utf-8 without an error handler, and check the text yourself: a board ignores the rest",
        live(lenient_codecs),
        ("x.encode('ascii')", "x.decode('utf-8', 'replace')", "str(b, 'latin-1')", "bytes(t, 'ascii')"),
        ("x.encode('utf-8')", "str(b, 'utf-8')", "str(5)", "x.encode()"),
    ),
    Rule(
        "to_bytes",
        'give both arguments: to_bytes(4, "big"), from_bytes(data, "big")',
        live(bare_integers),
        ("x.to_bytes(4)", "int.from_bytes(b)"),
        ("x.to_bytes(4, 'big')",),
    ),
    Rule(
        "next with a default",
        "use a for loop with break",
        live(lambda n: called(n) == "next" and len(n.args) > 1),
        ("next(x, None)",),
        ("next(x)",),
    ),
    Rule(
        "type at run time",
        "put it into an annotation, in quotes, or under TYPE_CHECKING",
        live(run_time_types),
        ("X = int | None", "isinstance(x, int | str)", "A = dict[str, int]", "x = list[int]()"),
        (
            "def f(x: int | None) -> list[int]: pass",
            "a | b",
            "x[1]",
            "if TYPE_CHECKING:\n    A = dict[str, int]",
        ),
    ),
    Rule(
        "ignored by a board",
        "write it without: a board accepts this and does nothing",
        ignored,
        (
            "class A:\n    __slots__ = 1",
            "class A:\n    def __init_subclass__(cls): pass",
            "class A:\n    def __setattr__(self, n, v): pass",
        ),
        ("class A:\n    def __init__(self): pass",),
    ),
    Rule(
        "function attribute",
        "use a class or a variable",
        function_attributes,
        ("def f(): pass\nf.x = 1",),
        ("class A:\n    def f(self): self.f = 1",),
    ),
    Rule(
        "several base classes",
        "a board looks depth first, not by C3: use one base",
        live(lambda node: isinstance(node, ast.ClassDef) and len(node.bases) > 1),
        ("class A(B, C): pass",),
        ("class A(B): pass",),
    ),
    Rule(
        "json keyword",
        "json.dumps(value) alone",
        live(json_keywords),
        ("json.dumps(x, indent=1)",),
        ("json.dumps(x)",),
    ),
    Rule(
        "clock",
        "time.monotonic_ns() for ticks; UTC comes from the clock chip, and no time passes through a float",
        live(clocks),
        ("time.time()", "time.monotonic()", "time.localtime()"),
        ("time.monotonic_ns()", "time.sleep(1)"),
    ),
    Rule(
        "float",
        "a board's floats have 24 bits: use integers, // and divmod",
        live(floats),
        ("x = 1.5", "a / b", "a /= 2", "float(x)"),
        ("a // b", "x = 1"),
        layers=PORTABLE,
    ),
    Rule(
        "random bits",
        "os.urandom gives any number of bytes",
        live(old_random),
        ("random.getrandbits(64)",),
        ("random.getrandbits(32)",),
    ),
)
