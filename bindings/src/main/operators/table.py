"""Reads the operator table, the *.ops files of this folder; README.md describes their form."""
import pathlib
import re
from dataclasses import dataclass, field, replace

import schema as schemas

# Four arguments that factories share; Java has one for them.
OPTIONS = ("dtype", "layout", "device", "pin_memory")


@dataclass
class Parameter:
    """One parameter of a Java method: the schema's argument `argument`, or None for `options`."""

    name: str
    argument: schemas.Argument | None
    java_type: str  # "scalar" for what is double in one method and long in another
    fixed: bool = False  # whether java_type was given in the table


@dataclass
class Form:
    """One Java signature of an operator."""

    parameters: list[Parameter]
    values: dict[str, str]  # arguments that are no parameters here and differ from their default
    via: str | None = None  # the typed C function and its arguments, "gt_add(self, other)"


@dataclass
class Row:
    """One operator."""

    place: str
    schema: schemas.Schema
    doc: list[str] = field(default_factory=list)
    forms: list[Form] = field(default_factory=list)
    name: str = ""
    in_place: str | None = None  # None, "boxed" or "via"
    in_place_overload: str = ""
    record: str | None = None
    renames: dict[str, str] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    examples: list[str] = field(default_factory=list)
    directives: list[str] = field(default_factory=list)

    def subject(self):
        """The argument that is `this` in a method."""
        named = [a for a in self.schema.arguments if a.name == "self"]
        return (named or self.schema.arguments)[0]


@dataclass
class Place:
    """A Java type that operators go to: kind is interface, class, base or record."""

    kind: str
    name: str
    rest: list[str]
    doc: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)


def camel(name):
    head, *rest = [part for part in name.split("_") if part]
    return head + "".join(part[0].upper() + part[1:] for part in rest)


def read(folder):
    places = []
    for file in sorted(pathlib.Path(folder).glob("*.ops")):
        for number, line in enumerate(file.read_text().splitlines(), 1):
            try:
                read_line(line, places)
            except ValueError as error:
                raise SystemExit(f"{file.name}:{number}: {error}") from error
    for place in places:
        for row in place.rows:
            try:
                complete(row, place)
            except ValueError as error:
                raise SystemExit(f"{place.name}, {row.schema.text}: {error}") from error
    add_in_place(places)
    return places


def add_in_place(places):
    """Adds the operators that change their first argument: a row each, with the forms of the row they belong to."""
    target = next((place for place in places if place.name == "InPlaceOps"), None)
    for place in places:
        for row in [row for row in place.rows if row.in_place]:
            forms = [replace(f, via=f.via if row.in_place == "via" else None) for f in row.forms]
            for f in forms:
                f.via = f.via and f.via.replace("(", "_(", 1)
                f.parameters = [p for p in f.parameters if p.argument is not row.subject()]
            added = replace(row, place=target.name, schema=row.schema.in_place(row.in_place_overload), forms=forms)
            added.name += "_"
            added.in_place = None
            target.rows.append(added)


def read_line(line, places):
    if not line.strip() or line.startswith("#"):
        return
    if line.startswith("["):
        kind, name, *rest = line.strip()[1:-1].split()
        places.append(Place(kind, name, rest))
        return
    place = places[-1]
    if line.startswith("aten::"):
        place.rows.append(Row(place.name, schemas.parse(line.strip())))
    elif not line.startswith(" "):
        place.doc.append(line.strip())
    else:
        text, *directives = re.split(r"(?:^|\s{2,})@", line.strip())
        place.rows[-1].directives += directives
        if text:
            place.rows[-1].doc.append(text)


def complete(row, place):
    """Applies the directives of a row, once all of them are read."""
    base = re.sub(r"^(linalg|fft|special)_", "", row.schema.name)
    row.name = camel(base) + ("_" if base.endswith("_") else "")
    forms = []
    for directive in row.directives:
        word, _, rest = directive.partition(" ")
        if word == "name":
            row.name = rest
        elif word == "rename":
            old, new = rest.split()
            row.renames[old] = new
        elif word == "param":
            name, text = rest.split(" ", 1)
            row.params[name] = text
        elif word in ("return", "throws"):
            row.tags.append(f"@{directive}")
        elif word == "record":
            row.record = rest
        elif word == "example":
            row.examples.append(rest)
        elif word == "in-place":
            words = rest.split()
            row.in_place = "via" if "via" in words else "boxed"
            row.in_place_overload = words[-1].strip("-") if "as" in words else row.schema.overload
        elif word == "form":
            forms.append(rest)
        elif word == "via":
            forms.append("* => " + (rest or f"gt_{row.schema.name}"))
        else:
            raise ValueError(f"unknown directive @{word}")
    is_method = place.kind == "interface"
    if not forms:
        forms = default_forms(row, is_method)
    row.forms = [form(row, text, is_method) for text in forms]
    if not row.doc:
        raise ValueError("no description")
    describe_parameters(row)


# What is said of arguments that may be null, in rows that do not say it themselves.
NULLABLE = {
    "dims": "none or null = all",
    "dtype": "of the computation and the result; null = that of the tensor",
    "generator": "null = the default one of the device",
    "norm": '{@code "backward"}, {@code "ortho"}, {@code "forward"}, or null for backward',
    "s": "the sizes of the transformed dimensions; null = as they are",
}


def describe_parameters(row):
    """Sees to it that @param names parameters, and that one that may be null says so."""
    parameters = {p.name: p for f in row.forms for p in f.parameters}
    for name in row.params.keys() - parameters.keys():
        raise ValueError(f"@param {name}, which no form has")
    for name, p in parameters.items():
        if not p.argument or not p.argument.type.endswith("?") or p.java_type[0].islower() and not p.java_type.endswith("[]"):
            continue
        if "null" not in row.params.get(name, "") + " ".join(row.doc):
            if name not in NULLABLE:
                raise ValueError(f"the description does not say what null is for {name}")
            row.params[name] = NULLABLE[name]


def has_options(row):
    return {a.name for a in row.schema.arguments} >= set(OPTIONS)


def exposed(row, is_method):
    """The arguments that Java has a parameter for: not self of a method, not the four behind `options`."""
    hidden = set(OPTIONS) if has_options(row) else set()
    return [a for a in row.schema.arguments if a.name not in hidden and not (is_method and a is row.subject())]


def default_forms(row, is_method):
    arguments = exposed(row, is_method)
    every = [a.name for a in arguments]
    required = [a.name for a in arguments if a.default is None]
    forms = [required] if required != every else []
    if has_options(row):
        forms = [required, ["options"] + required]
    else:
        forms.append(every)
    return [" ".join(f) for f in forms]


def form(row, text, is_method):
    text, _, via = text.partition("=>")
    words = text.split()
    if words == ["*"]:
        words = [a.name for a in exposed(row, is_method)]
    parameters, values = [], {}
    for word in words:
        match = re.fullmatch(r"(\w+)(=\S+|:\S+|\?)?", word)
        if not match:
            raise ValueError(f"cannot read {word} in the form {text}")
        name, rest = match[1], match[2] or ""
        if name == "options":
            parameters.append(Parameter("options", None, "TensorOptions"))
            continue
        argument = row.schema.argument(name)
        if rest.startswith("="):
            values[name] = rest[1:]
        elif rest.startswith(":"):
            parameters.append(Parameter(java_name(row, argument), argument, rest[1:], True))
        else:
            parameters.append(Parameter(java_name(row, argument), argument, java_type(argument, rest == "?")))
    via = via.strip() or None
    if via and "(" not in via:
        names = [row.subject().name] if is_method else []
        names += [p.argument.name if p.argument else "options" for p in parameters]
        via = f"{via}({', '.join(names)})"
    return Form(parameters, values, via)


RENAMES = {"self": "input"}
LISTS = {"dim": "dims", "size": "shape"}


def java_name(row, argument):
    if argument.name in row.renames:
        return row.renames[argument.name]
    if argument.type.startswith("int[]") and argument.name in LISTS:
        return LISTS[argument.name]
    return RENAMES.get(argument.name, camel(argument.name))


JAVA_TYPES = {
    "Tensor": "Tensor",
    "Tensor[]": "List<Tensor>",
    "Tensor?[]": "List<Tensor>",
    "int": "long",
    "int[]": "long[]",
    "float": "double",
    "float[]": "double[]",
    "bool": "boolean",
    "str": "String",
    "Scalar": "scalar",
    "ScalarType": "DType",
    "Generator": "Generator",
    "MemoryFormat": "MemoryFormat",
    "Device": "Device",
}
BOXED = {"long": "Long", "int": "Integer", "double": "Double", "boolean": "Boolean", "scalar": "Number"}


def java_type(argument, nullable=False):
    kind = argument.type.removesuffix("?")
    if kind not in JAVA_TYPES:
        raise ValueError(f"no Java type for {argument.type} {argument.name}")
    java = JAVA_TYPES[kind]
    if kind == "int" and re.fullmatch(r"(start_|end_|upper_)?dim\d?|axis\d?", argument.name):
        java = "int"
    if kind == "int" and argument.name == "reduction":
        java = "NeuralOps.Reduction"
    return BOXED.get(java, java) if nullable else java
