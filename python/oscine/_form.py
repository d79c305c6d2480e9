"""Which form `process` has, read off its syntax as the contract says.

An argument that is indexed, iterated, measured with `len`, asked for an attribute, or given to a numpy or scipy function
(by itself, in arithmetic, or in a tuple or list of arrays; `[x]` and `[x, 0.0]` are lists of numbers) is an array of one
block; so is one handed on to a function or method of the script, of a module beside it or of this package that treats it
so, `__call__` included. An annotation settles it. One such argument makes the whole script block form; else it is sample
form.
"""

import ast
import builtins
import inspect
import pathlib

_ITERATING = {"enumerate", "iter", "len", "list", "reversed", "sum", "tuple", "zip"}
# Functions of other files on the way to the one that is looked at, which are not looked at again.
_on_the_way = set()


def _is_of_samples(display):
    """Whether a display given to numpy is of numbers: `[x]`, as a block needs no list around it, or one with a number."""
    is_number = [isinstance(item, ast.Constant) and isinstance(item.value, (int, float)) for item in display.elts]
    return any(is_number) or (isinstance(display, ast.List) and len(display.elts) == 1)


class _Uses(ast.NodeVisitor):
    """Collects the names that a function uses as arrays, and those it hands on."""

    def __init__(self, space, array_modules, array_functions, defined, imported):
        self.space = space
        self.array_modules = array_modules
        self.array_functions = array_functions
        self.defined = defined
        self.imported = imported
        self.arrays = set()
        self.handed_on = []

    def _mark(self, node):
        if isinstance(node, ast.Name):
            self.arrays.add(node.id)

    def _mark_given(self, node):
        if isinstance(node, (ast.Tuple, ast.List)):
            if not _is_of_samples(node):
                for part in node.elts:
                    if not isinstance(part, (ast.Tuple, ast.List)):
                        self._mark_given(part)
        if isinstance(node, (ast.BinOp, ast.UnaryOp, ast.Compare, ast.Starred)):
            for part in ast.iter_child_nodes(node):
                self._mark_given(part)
        self._mark(node)

    def visit_Subscript(self, node):
        self._mark(node.value)
        self.generic_visit(node)

    def visit_Attribute(self, node):
        self._mark(node.value)
        self.generic_visit(node)

    def visit_For(self, node):
        self._mark(node.iter)
        self.generic_visit(node)

    def visit_comprehension(self, node):
        self._mark(node.iter)
        self.generic_visit(node)

    def visit_Call(self, node):
        arguments = list(node.args) + [keyword.value for keyword in node.keywords]
        if self._takes_arrays(node.func):
            for argument in arguments:
                self._mark_given(argument)
        elif (elsewhere := self._elsewhere(node.func)) is not None:
            names, used = elsewhere
            given = list(zip(names, node.args)) + [(keyword.arg, keyword.value) for keyword in node.keywords]
            for name, argument in given:
                if name in used:
                    self._mark(argument)
        else:
            name = self._callee(node.func)
            for position, argument in enumerate(node.args):
                if isinstance(argument, ast.Name):
                    self.handed_on.append((argument.id, name, position))
            for keyword in node.keywords:
                if isinstance(keyword.value, ast.Name):
                    self.handed_on.append((keyword.value.id, name, keyword.arg))
        self.generic_visit(node)

    def _value(self, node):
        """The live value of a global, of an attribute of one, or of a list's first element."""
        if isinstance(node, ast.Name):
            return self.space.get(node.id)
        if isinstance(node, ast.Attribute):
            return inspect.getattr_static(self._value(node.value), node.attr, None)
        if isinstance(node, ast.Subscript):
            values = self._value(node.value)
            return values[0] if isinstance(values, (list, tuple)) and values else None
        return None

    def _elsewhere(self, function):
        """The arguments of a function whose text is not the script's, and which of them it uses as arrays."""
        called = _function(self._value(function))
        if called is None or called.__globals__ is self.space or called.__code__ in _on_the_way:
            return None
        file = pathlib.Path(called.__code__.co_filename)
        beside = pathlib.Path(self.space.get("__file__") or ".").resolve().parent
        if called.__module__.split(".")[0] != "oscine" and beside not in file.resolve().parents:
            return None
        _on_the_way.add(called.__code__)
        entry, used = _analysed(file.read_text(encoding="utf-8"), called)
        _on_the_way.remove(called.__code__)
        if entry is None:
            return None
        names = [argument.arg for argument in _arguments(entry)]
        return names[1:] if names[:1] == ["self"] else names, used

    def _callee(self, function):
        """The name of the function or method that is called; `__call__` for what is neither."""
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", None)
        if name in self.defined:
            return name
        base = function
        while isinstance(base, (ast.Attribute, ast.Subscript)):
            base = base.value
        is_foreign = isinstance(base, ast.Name) and (base.id in self.imported or hasattr(builtins, base.id))
        return None if is_foreign else "__call__"

    def _takes_arrays(self, function):
        if isinstance(function, ast.Name):
            return function.id in _ITERATING or function.id in self.array_functions
        while isinstance(function, ast.Attribute):
            function = function.value
        return isinstance(function, ast.Name) and function.id in self.array_modules


def _array_names(tree):
    modules, functions = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] in ("numpy", "scipy"):
                    modules.add(alias.asname or alias.name.split(".")[0])
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in ("numpy", "scipy"):
            for alias in node.names:
                (modules if alias.name in ("signal", "fft") else functions).add(alias.asname or alias.name)
    return modules, functions


def _defined_and_imported(tree):
    defined, imported = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            defined.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            imported.update((alias.asname or alias.name).split(".")[0] for alias in node.names)
    return defined, imported


def _arguments(function):
    return function.args.posonlyargs + function.args.args + function.args.kwonlyargs


def _function(called):
    """The Python function behind a callable; `None` where there is none."""
    for candidate in (called, getattr(type(called), "__call__", None)):
        function = getattr(candidate, "__func__", candidate)
        if hasattr(function, "__code__"):
            return function
    return None


def _analysed(source, called):
    """What defines a callable in `source`, and the names that it uses as arrays."""
    function = _function(called)
    if function is None:
        return None, set()
    tree = ast.parse(source)
    modules, array_functions = _array_names(tree)
    names = _defined_and_imported(tree)
    functions, uses, entry = {}, {}, None
    for node in ast.walk(tree):
        if not isinstance(node, (ast.FunctionDef, ast.Lambda)):
            continue
        found = _Uses(function.__globals__, modules, array_functions, *names)
        if isinstance(node, ast.FunctionDef):
            functions.setdefault(node.name, []).append(node)
            for statement in node.body:
                found.visit(statement)
        else:
            found.visit(node.body)
        uses[node] = found
        decorators = getattr(node, "decorator_list", [])
        if min([node.lineno] + [d.lineno for d in decorators]) == function.__code__.co_firstlineno:
            entry = node
    if entry is None:
        return None, set()

    changed = True
    while changed:
        changed = False
        for found in uses.values():
            for name, callee, position in found.handed_on:
                for target in functions.get(callee, ()):
                    own = [argument.arg for argument in _arguments(target)]
                    if own[:1] == ["self"]:
                        own = own[1:]
                    received = position if isinstance(position, str) else dict(enumerate(own)).get(position)
                    if received in uses[target].arrays and name not in found.arrays:
                        found.arrays.add(name)
                        changed = True
    return entry, uses[entry].arrays


def is_block_form(source, process):
    """Whether `process`, which the script's text `source` defines, takes whole blocks."""
    entry, arrays = _analysed(source, process)
    if entry is None:
        return False
    for argument in _arguments(entry):
        if argument.annotation is not None:
            if ast.unparse(argument.annotation) not in ("float", "int", "bool"):
                return True
        elif argument.arg in arrays and argument.arg != "self":
            return True
    return False
