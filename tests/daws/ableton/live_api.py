"""Ableton Live's published API, read from the package ``ableton-live-stubs``: classes, methods with arity, properties.

Nothing here knows how Live behaves; :mod:`live_set` does.
"""

from __future__ import annotations

import ast
import importlib.metadata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache


@dataclass(frozen=True)
class Method:
    least: int
    most: int
    positional_only: bool


@dataclass
class Class:
    bases: tuple[str, ...]
    methods: dict[str, Method] = field(default_factory=dict)
    properties: dict[str, bool] = field(default_factory=dict)  # whether it may be set


@cache
def classes() -> dict[str, Class]:
    """Every class by its dotted name within its module: ``Song``, ``Song.View``, ``Clip``."""
    found: dict[str, Class] = {}
    for path in importlib.metadata.files("ableton-live-stubs") or ():
        if path.suffix == ".pyi":
            for name, node in _nested(ast.parse(path.read_text()), ""):
                found[name] = _read(node)
    assert "Song.View" in found
    return found


def method(owner: str, name: str) -> Method | None:
    return next((c.methods[name] for c in _lineage(owner) if name in c.methods), None)


def settable(owner: str, name: str) -> bool | None:
    """Whether a property may be set; None where there is none of that name."""
    return next((c.properties[name] for c in _lineage(owner) if name in c.properties), None)


def _lineage(owner: str) -> Iterator[Class]:
    known = classes()
    yield known[owner]
    for base in known[owner].bases:
        if base in known:
            yield from _lineage(base)


def _nested(node: ast.AST, prefix: str) -> Iterator[tuple[str, ast.ClassDef]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef):
            yield prefix + child.name, child
            yield from _nested(child, f"{prefix}{child.name}.")


def _read(node: ast.ClassDef) -> Class:
    found = Class(tuple(base.id for base in node.bases if isinstance(base, ast.Name)))
    for child in node.body:
        if not isinstance(child, ast.FunctionDef):
            continue
        decorators = {d.id if isinstance(d, ast.Name) else getattr(d, "attr", "") for d in child.decorator_list}
        if "property" in decorators:
            found.properties.setdefault(child.name, False)
        elif "setter" in decorators:
            found.properties[child.name] = True
        else:
            arguments = child.args.posonlyargs + child.args.args
            most = len(arguments) - 1
            found.methods[child.name] = Method(most - len(child.args.defaults), most, bool(child.args.posonlyargs))
    return found
