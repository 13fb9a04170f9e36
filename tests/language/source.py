"""Finding the sentences in the source: a small reader of Python that follows a text to the literals it is made of.

`errors.ConfigError("x", f'"{path}" is {what}.', fix=fix)` gives the template `"{path}" is {what:words}.` when `what`
comes from literals, and those literals as well. What comes from outside (a path, a number) is a plain placeholder.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import NamedTuple

DEEPEST = 12
KINDS = {"euros": "amount", "counted": "things"}  # functions whose result is a fact of this kind
OUTSIDE = {  # attributes that hold words: sentences of the operating system, states, what another error said
    "strerror": "words",
    "state": "words",
    "_state": "words",
    "message": "words",
    "result": "words",
}
NAMED = {
    "states": "words",
    "allowed": "words",
    "why": "words",
    "named_columns": "list",
    "named_amounts": "form",
    "alike_roles": "form",
    "written": "words",
    "as_comma": "number",
    "as_point": "number",
}  # names that do


class Part(NamedTuple):
    """A template, and the templates of the words that may stand in it."""

    template: str
    inner: tuple["Part", ...] = ()

    def everything(self) -> Iterator[str]:
        """The template and all below it."""
        yield self.template
        for part in self.inner:
            yield from part.everything()


@dataclass
class Module:
    """One source file: its tree, what each node stands in, and its functions, assignments and calls by name."""

    path: Path
    tree: ast.Module = field(init=False)
    parents: dict[ast.AST, ast.AST] = field(default_factory=dict)
    functions: dict[str, ast.FunctionDef] = field(default_factory=dict)
    calls: dict[str, list[ast.Call]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.tree = ast.parse(self.path.read_text(encoding="utf-8"))
        for node in ast.walk(self.tree):
            self.parents |= dict.fromkeys(ast.iter_child_nodes(node), node)
            if isinstance(node, ast.FunctionDef):
                self.functions[node.name] = node
            elif isinstance(node, ast.Call):
                function = node.func
                name = function.attr if isinstance(function, ast.Attribute) else name_of(function)
                self.calls.setdefault(name, []).append(node)

    def inside(self, node: ast.AST) -> ast.AST:
        """The function a node stands in, or the module."""
        while node in self.parents:
            node = self.parents[node]
            if isinstance(node, ast.FunctionDef):
                return node
        return self.tree

    def parts(self, node: ast.AST | None, depth: int = 0) -> list[Part]:  # noqa: C901, PLR0911 - a table by kind of node
        """The templates an expression may be; empty where it comes from outside."""
        if node is None or depth > DEEPEST:
            return []
        match node:
            case ast.Constant(value=str() as text):
                return [Part(text.replace("{", "{{").replace("}", "}}"))]
            case ast.JoinedStr():
                return self._joined(node, depth)
            case ast.IfExp(body=one, orelse=other):
                return [*self.parts(one, depth + 1), *self.parts(other, depth + 1)]
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                pairs = product(self.parts(left, depth + 1), self.parts(right, depth + 1))
                return [Part(one.template + other.template, one.inner + other.inner) for one, other in pairs]
            case ast.BoolOp(values=values) | ast.List(elts=values) | ast.Tuple(elts=values) | ast.Dict(values=values):
                return [part for value in values for part in self.parts(value, depth + 1)]
            case ast.ListComp(elt=element) | ast.GeneratorExp(elt=element):
                return self.parts(element, depth + 1)
            case ast.Subscript(value=value):
                return self.parts(value, depth + 1)
            case ast.Starred(value=value):
                return self.parts(value, depth + 1)
            case ast.Call():
                return self._called(node, depth)
            case ast.Name(id=name):
                return self._named(name, node, depth)
            case _:
                return []

    def _joined(self, node: ast.JoinedStr, depth: int) -> list[Part]:
        template, inner, seen = "", [], dict[str, str]()
        for value in node.values:
            if isinstance(value, ast.Constant):
                template += str(value.value).replace("{", "{{").replace("}", "}}")
                continue
            assert isinstance(value, ast.FormattedValue)
            words = [part for part in self.parts(value.value, depth + 1) if _says(part)]
            inner += words
            kind = "words" if words else self._kind(value)
            name, spelled = name_of(value.value), ast.unparse(value.value)
            while seen.setdefault(name, spelled) != spelled:
                name += "_"
            template += f"{{{name}:{kind}}}" if kind else f"{{{name}}}"
        return [Part(template, tuple(inner))]

    def _kind(self, value: ast.FormattedValue) -> str:
        if value.format_spec is not None and ast.unparse(value.format_spec).startswith("f',"):
            return "number"
        if isinstance(value.value, ast.Call):
            return KINDS.get(name_of(value.value.func), "")
        for node in ast.walk(value.value):
            if isinstance(node, ast.Attribute) and node.attr in OUTSIDE:
                return OUTSIDE[node.attr]
            if isinstance(node, ast.Name) and node.id in NAMED:
                return NAMED[node.id]
        return ""

    def _called(self, node: ast.Call, depth: int) -> list[Part]:
        name = name_of(node.func)
        if isinstance(node.func, ast.Attribute):
            if name == "join":
                return self.parts(node.args[0], depth + 1) if "\n" in ast.literal_eval(_text(node.func.value)) else []
            if name in {"removesuffix", "format", "get", "strip"}:
                made = self.parts(node.func.value, depth + 1)
                return [Part(_unescaped(part.template), part.inner) for part in made] if name == "format" else made
        if name in self.functions and isinstance(node.func, ast.Name):
            returns = [item for item in ast.walk(self.functions[name]) if isinstance(item, ast.Return)]
            return [part for item in returns for part in self.parts(item.value, depth + 1)]
        return []

    def _named(self, name: str, node: ast.AST, depth: int) -> list[Part]:
        scope = self.inside(node)
        found = self._assigned(name, scope, depth)
        if found or scope is self.tree:
            return found
        assert isinstance(scope, ast.FunctionDef)
        arguments = [argument.arg for argument in (*scope.args.posonlyargs, *scope.args.args)]
        if name in arguments:
            place = arguments.index(name) - (arguments[0] in {"self", "cls"})
            calls = self.calls.get(scope.name, []) if scope.name != "__init__" else []
            given = [call.args[place] if place < len(call.args) else _keyword(call, name) for call in calls]
            return [part for value in given for part in self.parts(value, depth + 1)]
        if name in {argument.arg for argument in scope.args.kwonlyargs}:
            given = [_keyword(call, name) for call in self.calls.get(scope.name, [])]
            return [part for value in given for part in self.parts(value, depth + 1)]
        return self._assigned(name, self.tree, depth)

    def _assigned(self, name: str, scope: ast.AST, depth: int) -> list[Part]:
        found: list[Part] = []
        for node in ast.walk(scope):
            if self.inside(node) is not scope:
                continue
            match node:
                case ast.Assign(targets=[target], value=value) | ast.AnnAssign(target=target, value=value):
                    found += self._unpacked(name, target, value, depth)
                case ast.NamedExpr(target=target, value=value):
                    found += self._unpacked(name, target, value, depth)
                case ast.For(target=target, iter=ast.Tuple(elts=rows) | ast.List(elts=rows)):
                    for row in rows:
                        found += self._unpacked(name, target, row, depth)
                case ast.For(target=target, iter=ast.Name() as table):
                    for row in self._rows(table.id):
                        found += self._unpacked(name, target, row, depth)
                case ast.Call(func=ast.Attribute(value=ast.Name(id=listed), attr="append"), args=[value]) if (
                    listed == name
                ):
                    found += self.parts(value, depth + 1)
                case _:
                    pass
        return found

    def _rows(self, table: str) -> list[ast.expr]:
        for node in self.tree.body:
            if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Tuple | ast.List):
                target = node.targets[0] if isinstance(node, ast.Assign) else node.target
                if isinstance(target, ast.Name) and target.id == table:
                    return node.value.elts
        return []

    def _unpacked(self, name: str, target: ast.expr, value: ast.expr | None, depth: int) -> list[Part]:
        if isinstance(target, ast.Name) and target.id == name:
            return self.parts(value, depth + 1)
        if isinstance(target, ast.Tuple):
            for place, item in enumerate(target.elts):
                if isinstance(item, ast.Name) and item.id == name:
                    if isinstance(value, ast.Tuple):
                        return self.parts(value.elts[place], depth + 1)
                    if isinstance(value, ast.IfExp):
                        both = (self._unpacked(name, target, one, depth) for one in (value.body, value.orelse))
                        return [part for one in both for part in one]
        return []


def name_of(node: ast.AST) -> str:  # noqa: PLR0911 - a table by kind of node
    """A word for an expression: the last name in it."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.strip("_") if isinstance(node, ast.Attribute) else name
        case ast.Subscript(value=value, slice=ast.Constant(value=str() as key)):
            return key or name_of(value)
        case ast.Subscript(value=value) | ast.Starred(value=value) | ast.UnaryOp(operand=value):
            return name_of(value)
        case ast.Call(func=ast.Name(id="str" | "len" | "euros" | "ord" | "repr" | "sorted"), args=[value, *_]):
            return name_of(value)
        case ast.Call(func=ast.Attribute(attr="join"), args=[value, *_]):
            return name_of(value)
        case ast.Call(func=function):
            return name_of(function)
        case ast.GeneratorExp(generators=[one, *_]) | ast.ListComp(generators=[one, *_]):
            return name_of(one.iter)
        case ast.BoolOp(values=[value, *_]) | ast.BinOp(left=value) | ast.IfExp(body=value):
            return name_of(value)
        case _:
            return "value"


def _says(part: Part) -> bool:
    """Whether it is words for a person: with a space, or a plain word; not an address, a codec or the name of a setting."""
    template = part.template
    return " " in template.strip() or template.rstrip(".").isalpha() or any(_says(inner) for inner in part.inner)


def _text(node: ast.AST) -> str:
    return ast.unparse(node) if isinstance(node, ast.Constant) else "''"


def _unescaped(template: str) -> str:
    return template.replace("{{", "{").replace("}}", "}")


def _keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)
