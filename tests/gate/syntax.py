"""Rules of syntax: a board does not compile the file, so they hold under `if TYPE_CHECKING:` too."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from tests.gate.rule import Rule, constant
from tests.gate.source import Module

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_GENERIC = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def every(*names: str) -> Callable[[Module], Iterator[ast.AST]]:
    """Return a finder of all nodes of the kinds named; older Pythons lack some."""
    kinds = tuple(getattr(ast, name) for name in names if hasattr(ast, name))
    return lambda module: (node for node in module.nodes if isinstance(node, kinds))


def positional_only(module: Module) -> Iterator[ast.AST]:
    for node in module.nodes:
        if isinstance(node, _FUNCTIONS) and node.args.posonlyargs:
            yield node


def star_displays(module: Module) -> Iterator[ast.AST]:
    for node in module.nodes:
        if isinstance(node, (ast.List, ast.Tuple, ast.Set)) and not isinstance(
            getattr(node, "ctx", None), ast.Store
        ):
            yield from (item for item in node.elts if isinstance(item, ast.Starred))


def double_star_displays(module: Module) -> Iterator[ast.AST]:
    return (node for node in module.nodes if isinstance(node, ast.Dict) and None in node.keys)


def parenthesised_with(module: Module) -> Iterator[ast.AST]:
    withs = {(node.lineno, node.col_offset): node for node in module.nodes if isinstance(node, ast.With)}
    for index, token in enumerate(module.tokens[:-1]):
        node = withs.get(token.start)
        if node is None or token.string != "with" or module.tokens[index + 1].string != "(":
            continue
        several = len(node.items) > 1 or node.items[0].optional_vars is not None
        if several and _after_bracket(module, index + 1) == ":":
            yield node


def _after_bracket(module: Module, index: int) -> str:
    """Return the token that follows the bracket closing the one at `index`."""
    depth = 0
    for here, token in enumerate(module.tokens[index:], index):
        depth += (token.string in ("(", "[", "{")) - (token.string in (")", "]", "}"))
        if not depth:
            return module.tokens[here + 1].string
    return ""


def class_arguments(module: Module) -> Iterator[ast.AST]:
    return (node for node in module.nodes if isinstance(node, ast.ClassDef) and node.keywords)


def type_parameters(module: Module) -> Iterator[ast.AST]:
    yield from every("TypeAlias")(module)
    for node in module.nodes:
        if isinstance(node, _GENERIC) and getattr(node, "type_params", None):
            yield node


def f_strings(module: Module) -> Iterator[ast.AST]:
    for node in module.nodes:
        if isinstance(node, ast.FormattedValue):
            inside = [part for part in ast.walk(node.value) if isinstance(part, (ast.Lambda, ast.JoinedStr))]
            if inside or node.conversion == ord("a"):
                yield node


def named_characters(module: Module) -> Iterator[ast.AST]:
    lines = module.text.split("\n")
    for node in module.nodes:
        if constant(node) and isinstance(node.value, str) and "\\N{" in lines[node.lineno - 1]:
            yield node


def async_comprehensions(module: Module) -> Iterator[ast.AST]:
    kinds = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
    for node in module.nodes:
        if isinstance(node, kinds) and any(generator.is_async for generator in node.generators):
            yield node


def decorators(module: Module) -> Iterator[ast.AST]:
    for node in module.nodes:
        for decorator in getattr(node, "decorator_list", []):
            inner = decorator.func if isinstance(decorator, ast.Call) else decorator
            while isinstance(inner, ast.Attribute):
                inner = inner.value
            if not isinstance(inner, ast.Name):
                yield decorator


SYNTAX = (
    Rule("match", "use if and elif", every("Match"), ("match x:\n    case 1: pass",), ("match = 1",)),
    Rule("except*", "use except", every("TryStar"), ("try: pass\nexcept* ValueError: pass",)),
    Rule("positional-only", "leave out the /", positional_only, ("def f(a, /): pass", "lambda a, /: a")),
    Rule(
        "star display",
        "join with +, or extend a list",
        star_displays,
        ("[*a, *b]", "{*a}", "def f(a): return *a,", "x[*a]"),
        ("f(*a, 1)", "a, *b = c", "for a, *b in c: pass"),
    ),
    Rule("{**a}", "make a dict and update it", double_star_displays, ("{**a, 1: 2}",), ("f(**a)",)),
    Rule(
        "parenthesised with",
        "nest two with statements, or use one line",
        parenthesised_with,
        ("with (a as b, c as d): pass", "with (a, b): pass", "with (a as b): pass"),
        ("with a as b, c as d: pass", "with (a): pass", "with (a) as b: pass", "with (a).b as c, d: pass"),
    ),
    Rule(
        "class arguments",
        "boards have no metaclasses: call a function after the class",
        class_arguments,
        ("class A(metaclass=M): pass", "class A(B, flag=1): pass"),
        ("class A(B): pass",),
    ),
    Rule(
        "type parameters",
        "write types in comments or under TYPE_CHECKING in the older form",
        type_parameters,
        ("type X = int", "class A[T]: pass", "def f[T](x): pass"),
    ),
    Rule(
        "f-string",
        "compute the value before, and use it in a plain f-string",
        f_strings,
        ('f"{a!a}"', "f\"{f'{a}'}\"", 'f"{(lambda: 1)()}"'),
        ('f"{a!r:>{w}}"', 'f"{a=}"', "f\"{a['b']}\"", 'f"{ {1: 2} }"'),
    ),
    Rule("named character", r"write \u and the number", named_characters, (r'"\N{DASH}"',), (r'"\u2013"',)),
    Rule(
        "async comprehension", "use a loop", async_comprehensions, ("async def f(): [i async for i in g()]",)
    ),
    Rule(
        "decorator",
        "give the expression a name first",
        decorators,
        ("@a[0]\ndef f(): pass",),
        ("@a.b(1)\ndef f(): pass",),
    ),
)
