"""Schemas of libtorch's operators, such as "aten::roll(Tensor self, SymInt[1] shifts, int[1] dims=[]) -> Tensor"."""
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Argument:
    """One argument. `type` is free of aliases and of fixed lengths: "Tensor", "int[]", "Scalar?", "int[]?"."""

    type: str
    name: str
    default: str | None = None
    length: int | None = None
    keyword_only: bool = False


@dataclass(frozen=True)
class Schema:
    text: str
    name: str
    overload: str
    arguments: tuple[Argument, ...]
    results: tuple[str, ...]

    def argument(self, name):
        for argument in self.arguments:
            if argument.name == name:
                return argument
        raise ValueError(f"{self.text} has no argument {name}")

    def in_place(self, overload):
        """The schema of the operator that changes its first argument, as libtorch derives it."""
        head, arguments = self.text.split("(Tensor", 1)
        name = head.partition(".")[0]
        if not arguments.startswith((" self", "(a) self")):
            raise ValueError(f"{self.text}: no form in place, the first argument is not self")
        arguments = arguments[arguments.index(" self"):].rsplit(" -> ", 1)[0]
        return parse(f"{name}_{'.' + overload if overload else ''}(Tensor(a!){arguments} -> Tensor(a!)")


def parse(text):
    match = re.fullmatch(r"aten::(\w+)(?:\.(\w+))?\((.*)\) -> (.*)", text)
    if not match:
        raise ValueError(f"not a schema: {text}")
    name, overload, arguments, results = match.groups()
    parsed, keyword_only = [], False
    for item in split(arguments):
        if item == "*":
            keyword_only = True
        else:
            parsed.append(argument(item, keyword_only))
    results = split(results[1:-1]) if results.startswith("(") else [results]
    results = [re.sub(r"\(.*?\)", "", r).split(" ")[0] for r in results if r]
    return Schema(text, name, overload or "", tuple(parsed), tuple(results))


def argument(text, keyword_only):
    declared, _, default = text.partition("=")
    kind, name = re.sub(r"\([a-z].*?\)", "", declared).rsplit(" ", 1)
    length = re.search(r"\[(\d+)\]", kind)
    kind = re.sub(r"\[\d+\]", "[]", kind).replace("SymInt", "int")
    return Argument(kind, name, default or None, int(length[1]) if length else None, keyword_only)


def split(text):
    """Splits at the commas outside of brackets."""
    parts, depth, start = [], 0, 0
    for i, c in enumerate(text):
        depth += (c in "([") - (c in ")]")
        if c == "," and depth == 0:
            parts.append(text[start:i].strip())
            start = i + 1
    last = text[start:].strip()
    return parts + [last] if last else parts
