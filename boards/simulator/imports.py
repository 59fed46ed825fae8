"""A module system of its own for the simulated interpreter.

The firmware's modules live in realms beside Python's `sys.modules`: each start of the firmware gets
fresh ones, several simulators run in one process, and names such as `board` or `time` mean the
simulated modules without hiding the host's from anyone else.
"""

import __future__

import builtins
import functools
import importlib
import importlib.util
from collections.abc import Callable, Mapping, Sequence
from importlib.machinery import PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

Provider = Callable[[str], ModuleType | None]
Finder = Callable[[str, list[str] | None], Path | None]


class Realm:
    """A set of modules with its own `import` and its own builtins.

    A module is taken from `provider` where it has one, else from the source files that `finder` names,
    else it does not exist. `on_board`, annotations are never evaluated, and a module's `__file__` is its path
    on the drive, as `open` has it.
    """

    def __init__(self, provider: Provider, finder: Finder, on_board: bool) -> None:
        self._provider = provider
        self._finder = finder
        self._on_board = on_board
        self.modules: dict[str, ModuleType] = {}
        self.builtins: dict[str, Any] = {**vars(builtins), "__import__": self._import}

    def load(self, name: str) -> ModuleType:
        """Return the module of that absolute name, run if it has not been. Raises ImportError."""
        if name in self.modules:
            return self.modules[name]
        package, _, child = name.rpartition(".")
        parent = self.load(package) if package else None
        if name in self.modules:  # the package has imported it
            return self.modules[name]
        module = self._provider(name)
        if module is not None:
            self.modules[name] = module
            return module
        path = self._finder(name, getattr(parent, "__path__", None))
        if path is None:
            raise ImportError(f"no module named '{name}'", name=name)
        if path.is_dir():
            self.modules[name] = ModuleType(name)
            self.modules[name].__path__ = [str(path)]
            return self.modules[name]
        return self._run(name, path, parent, child)

    def main(self, path: Path) -> None:
        """Run the file at `path` as the main program."""
        scope = {"__name__": "__main__", "__file__": path.name, "__builtins__": self.builtins}
        exec(self._compile(path), scope)  # noqa: S102 - to run the firmware is what this is for

    def _run(self, name: str, path: Path, parent: ModuleType | None, child: str) -> ModuleType:
        loader = SourceFileLoader(name, str(path))
        spec = importlib.util.spec_from_file_location(name, path, loader=loader)
        assert spec is not None
        module = importlib.util.module_from_spec(spec)
        module.__dict__["__builtins__"] = self.builtins
        if self._on_board:
            inside = "/__init__.py" if path.name == "__init__.py" else ".py"
            module.__file__ = "/lib/" + name.replace(".", "/") + inside
        self.modules[name] = module
        if parent is not None:
            setattr(parent, child, module)
        try:
            exec(self._compile(path), module.__dict__)  # noqa: S102
        except BaseException:
            del self.modules[name]
            raise
        return module

    def _compile(self, path: Path) -> CodeType:
        return _compiled(path, path.stat().st_mtime_ns, self._on_board)

    def _import(
        self,
        name: str,
        scope: Mapping[str, Any] | None = None,
        _locals: Mapping[str, Any] | None = None,
        names: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        if level:
            name = importlib.util.resolve_name("." * level + name, (scope or {}).get("__package__") or "")
        module = self.load(name)
        if not names:
            return self.load(name.partition(".")[0])
        if hasattr(module, "__path__") and module.__name__ in self.modules:
            for child in names:
                if child != "*" and not hasattr(module, child):
                    self._load_child(f"{name}.{child}")
        return module

    def _load_child(self, name: str) -> None:
        try:
            self.load(name)
        except ImportError as error:
            if error.name != name:
                raise


@functools.lru_cache(maxsize=512)
def _compiled(path: Path, _changed_ns: int, lazy: bool) -> CodeType:
    flags = __future__.annotations.compiler_flag if lazy else 0
    source = path.read_bytes()
    code: CodeType = compile(source, str(path), "exec", flags=flags, dont_inherit=True)
    return code


def host_file(name: str, search: list[str] | None) -> Path | None:
    """Return the source file of a module installed on the host, found without running anything.

    A package without an __init__.py, as some of Adafruit's are, is its folder.
    """
    spec = PathFinder.find_spec(name, search)
    if spec is None:
        return None
    for folder in spec.submodule_search_locations or ():
        if spec.origin is None:
            return Path(folder)
    return None if spec.origin is None else Path(spec.origin)


def host_module(name: str) -> ModuleType:
    """Return the host's own module."""
    return importlib.import_module(name)


def module(name: str, **members: Any) -> ModuleType:
    """Return a new module with these members."""
    made = ModuleType(name)
    made.__dict__.update(members)
    return made
