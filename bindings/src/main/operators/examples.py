"""The examples of the operator table: as calls for Python, and as Java that the tests compile and run."""
import ast
from dataclasses import dataclass

import java
from schema import Argument


@dataclass
class Example:
    """One call: the Python arguments (as nodes, by name) and the same in Java."""

    key: str
    row: object
    arguments: dict[str, ast.expr]
    java: str
    in_place: str | None


def read(table):
    """All examples, in the order of the table."""
    count = {}
    found = []
    for place in table:
        if place.kind in ("record", "other"):
            continue
        for row in place.rows:
            if is_derived(row):
                continue
            for text in row.examples or [default_example(row)]:
                if text != "none":
                    name = f"{row.schema.name}.{row.schema.overload}".rstrip(".")
                    count[name] = count.get(name, -1) + 1
                    found.append(example(place, row, text, f"{name}/{count[name]}"))
    return found


def is_derived(row):
    return row.place == "InPlaceOps" and "in-place" in " ".join(row.directives)


def default_example(row):
    """Fixtures for tensors and a fraction for a scalar: what most operators take."""
    fixtures, given = iter("ABC"), []
    for a in row.schema.arguments:
        if a.default is None:
            if a.type not in ("Tensor", "Scalar"):
                raise SystemExit(f"{row.schema.text}: needs an @example, or @example none")
            given.append(next(fixtures) if a.type == "Tensor" else "0.5")
    return ", ".join(given)


def example(place, row, text, key):
    call = ast.parse(f"f({text})", mode="eval").body
    names = [a.name for a in row.schema.arguments]
    given = dict(zip(names, call.args)) | {k.arg: k.value for k in call.keywords}
    subject = row.subject().name if place.kind == "interface" else None
    form = pick(row, {name for name in given if name != subject}, text)
    arguments = {p.argument.name: ast.parse(p.argument.default, mode="eval").body
                 for p in form.parameters if p.argument and p.argument.name not in given}
    arguments |= given
    passed = ", ".join(value(p, arguments[p.argument.name if p.argument else "options"]) for p in form.parameters)
    for name, fixed in form.values.items():
        arguments[name] = ast.parse(fixed, mode="eval").body
    owner = tensor(given[subject]) if subject else place_of(place.name)
    if row.schema.name.endswith("_"):
        owner += ".clone()"
    in_place = None
    if row.in_place and "dtype" not in given:
        subject = row.subject()
        others = [p for p in form.parameters if p.argument is not subject]
        passed_on = ", ".join(value(p, arguments[p.argument.name]) for p in others)
        in_place = f"{tensor(given[subject.name])}.clone().{row.name}_({passed_on})"
    return Example(key, row, arguments, f"{owner}.{row.name}({passed})", in_place)


def place_of(name):
    return {"TorchFactories": "Torch", "TorchFunctions": "Torch", "NeuralFunctions": "NeuralOps"}.get(name, name)


def pick(row, given, text):
    """The form with just these parameters; or the shortest with more, which then have their defaults."""
    fitting = []
    for form in row.forms:
        parameters = {p.argument.name if p.argument else "options": p.argument for p in form.parameters}
        more = [a for name, a in parameters.items() if name not in given]
        if given <= set(parameters) and all(isinstance(a, Argument) and a.default is not None for a in more):
            fitting.append((len(more), len(fitting), form))
    if not fitting:
        raise SystemExit(f"{row.schema.text}: no form takes the example {text}")
    return min(fitting)[2]


def tensor(node):
    return f'f.get("{node.id}")'


def value(parameter, node):
    """The Java expression of an argument."""
    kind = parameter.java_type
    if isinstance(node, ast.Constant) and node.value is None:
        return f"({'long' if kind == 'long' else kind}) null"
    if kind == "Tensor":
        return tensor(node)
    if kind == "List<Tensor>":
        return f"List.of({', '.join(tensor(item) for item in node.elts)})"
    if kind == "DType":
        return f"DType.{node.id.upper()}"
    if kind == "TensorOptions":
        return f"TensorOptions.of(DType.{node.id.upper()})"
    literal = ast.literal_eval(node)
    if kind == "long" and isinstance(literal, list):
        literal = literal[0]
    if kind in ("long[]", "double[]"):
        return f"new {kind} {{{', '.join(map(str, literal))}}}"
    if kind == "NeuralOps.Reduction":
        return f"{kind}.{('NONE', 'MEAN', 'SUM')[literal]}"
    if kind == "boolean":
        return str(bool(literal)).lower()
    if kind == "String":
        return f'"{literal}"'
    if kind == "scalar":
        return f"{literal}L" if isinstance(literal, int) else str(literal)
    return str(float(literal)) if kind.lower() == "double" else str(literal)


def places(table):
    """The Java file of all examples."""
    methods, calls = [], []
    by_place = {}
    for e in read(table):
        by_place.setdefault(e.row.place, []).append(e)
    for place, all_of_it in by_place.items():
        name = place[0].lower() + place[1:]
        calls.append(f"        {name}(all);\n")
        body = "".join(
            java.wrap_list("        add(all, ", f'"{e.key}", f -> {e.java}, {f"f -> {e.in_place}" if e.in_place else "null"}', ");", 16) + "\n"
            for e in all_of_it
        )
        methods.append(f"\n    private static void {name}(List<OperatorExample> all) {{\n{body}    }}\n")
    text = (
        java.HEADER + "package dev.gradus.torch;\n\nimport java.util.ArrayList;\nimport java.util.List;\nimport java.util.Map;\n"
        "import java.util.function.Function;\n\n/** The examples of the operator table. */\nfinal class OperatorExamples {\n\n"
        "    private OperatorExamples() {}\n\n    static List<OperatorExample> all() {\n"
        "        List<OperatorExample> all = new ArrayList<>();\n" + "".join(calls) + "        return all;\n    }\n\n"
        "    private static void add(\n            List<OperatorExample> all,\n            String key,\n"
        "            Function<Map<String, Tensor>, Object> call,\n            Function<Map<String, Tensor>, Tensor> inPlace) {\n"
        "        all.add(new OperatorExample(key, call, inPlace));\n    }\n" + "".join(methods) + "}\n"
    )
    return {"OperatorExamples.java": text}
