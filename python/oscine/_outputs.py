"""How many samples a method returns at once, read off its text.

A `return` of a tuple or a list shows it, also behind `x if c else y`, behind a variable that is bound to one, and behind
a call of another method of the object or of a function of the same module. What shows nothing is one sample.
"""

import ast
import inspect
import textwrap


def outputs(method):
    """How many samples `method`, bound to its object, returns at once."""
    return _returned(method, getattr(method, "__self__", None), []) or 1


def _returned(function, owner, seen):
    function = getattr(function, "__func__", function)
    if not inspect.isfunction(function) or function in seen:
        return None
    try:
        (definition,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    except (OSError, SyntaxError, ValueError):
        return None
    if not isinstance(definition, ast.FunctionDef):
        return None
    statements = _own(definition.body)
    for statement in statements:
        if isinstance(statement, ast.Return) and statement.value is not None:
            found = _length(statement.value, statements, function, owner, [*seen, function])
            if found is not None:
                return found
    return None


def _own(body):
    """All statements of a body, those of inner functions left out."""
    found = []
    for statement in body:
        found.append(statement)
        if not isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            for inner in ("body", "orelse", "finalbody"):
                found += _own(getattr(statement, inner, []))
            for handler in getattr(statement, "handlers", []) + getattr(statement, "cases", []):
                found += _own(handler.body)
    return found


def _length(value, statements, function, owner, seen):
    if isinstance(value, (ast.Tuple, ast.List)):
        return None if any(isinstance(item, ast.Starred) for item in value.elts) else len(value.elts)
    if isinstance(value, ast.IfExp):
        first = _length(value.body, statements, function, owner, seen)
        return first if first is not None else _length(value.orelse, statements, function, owner, seen)
    if isinstance(value, ast.Name):
        for statement in statements:
            if isinstance(statement, ast.Assign) and any(
                isinstance(target, ast.Name) and target.id == value.id for target in statement.targets
            ):
                # A variable that is bound by way of itself shows nothing.
                others = [other for other in statements if other is not statement]
                found = _length(statement.value, others, function, owner, seen)
                if found is not None:
                    return found
    if isinstance(value, ast.Call):
        called = value.func
        if isinstance(called, ast.Name):
            return _returned(function.__globals__.get(called.id), owner, seen)
        if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) and called.value.id == "self":
            return _returned(getattr(type(owner), called.attr, None), owner, seen)
    return None
