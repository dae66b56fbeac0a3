"""papermill with the kernel: parameters become declarations of TypeScript.

`papermill in.ipynb out.ipynb -p bits 3` writes `let bits = 3;` behind the cell that is tagged "parameters". papermill loads this module by its
entry point `papermill.engine`.
"""

import json
import math
import re

from papermill.engines import NBClientEngine
from papermill.exceptions import PapermillException
from papermill.models import Parameter
from papermill.translators import Translator, papermill_translators

#: Whole numbers up to here, of either sign, are numbers of TypeScript without loss.
LARGEST_WHOLE = 2**53 - 1

#: A declaration of the cell with parameters: name, type, value, what a comment says of it.
DECLARATION = re.compile(
    r"^(?:let|const|var)\s+(?P<name>[A-Za-z_$][\w$]*)\s*(?::\s*(?P<type>[^=]+?)\s*)?"
    r"=\s*(?P<value>.*?)\s*(?:;\s*)?(?:(?<=[;\s])//\s*(?P<help>.*))?$"
)


class ParameterError(PapermillException):
    """A parameter that a cell cannot have as it was given."""


def literal(value, name="a parameter"):
    """A value as a literal of TypeScript.

    None is null, NaN and the infinities keep their names. Raises ParameterError for a whole number of more than 53 bits, and for what is no
    value of JSON: papermill could not write it into the notebook either.
    """
    if value is None or isinstance(value, (bool, str)):
        return json.dumps(value, ensure_ascii=_is_half(value))
    if isinstance(value, int):
        if abs(value) > LARGEST_WHOLE:
            raise ParameterError(f"{name}: {value} has more than the 53 bits of a number in TypeScript; give it as a text")
        return str(int(value))
    if isinstance(value, float):
        return repr(float(value)) if math.isfinite(value) else json.dumps(float(value))
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(literal(one, f'{name}[{i}]') for i, one in enumerate(value))}]"
    if isinstance(value, dict):
        return _object(value, name)
    raise ParameterError(f"{name}: a {type(value).__name__} has no form in TypeScript; give a number, a text, a list or a dict")


def _object(value, name):
    entries = []
    for key, one in value.items():
        if not isinstance(key, (str, int)) or isinstance(key, bool):
            raise ParameterError(f"{name}: {key!r} is no key of an object in TypeScript; keys are texts or whole numbers")
        text = literal(str(key))
        # Without brackets this one key would set what the object inherits from.
        entries.append(f"{'[' + text + ']' if key == '__proto__' else text}: {literal(one, f'{name}.{key}')}")
    return f"{{ {', '.join(entries)} }}" if entries else "{}"


def _is_half(value):
    """Whether a text holds halves of pairs of UTF-16, which a notebook's file cannot."""
    return isinstance(value, str) and any("\ud800" <= letter <= "\udfff" for letter in value)


class TypeScriptTranslator(Translator):
    """Values as literals of TypeScript."""

    @classmethod
    def translate(cls, val):
        return literal(val)

    @classmethod
    def assign(cls, name, str_val):
        return f"let {name} = {str_val};"

    @classmethod
    def comment(cls, cmt_str):
        return f"// {cmt_str}".strip()

    @classmethod
    def codify(cls, parameters, comment="Parameters"):
        lines = [cls.assign(name, literal(value, f"parameter {name}")) for name, value in parameters.items()]
        return "".join(f"{line}\n" for line in [cls.comment(comment), *lines])

    @classmethod
    def inspect(cls, parameters_cell):
        """The parameters that a cell declares, a line each: papermill lists them, and warns of one that is set and not among them."""
        found = (DECLARATION.match(line.strip()) for line in parameters_cell["source"].splitlines())
        return [
            Parameter(
                name=match["name"],
                inferred_type_name=match["type"] or "None",
                default=match["value"],
                help=match["help"] or "",
            )
            for match in found
            if match
        ]


# papermill asks for a translator by the kernel's name, then by its language.
papermill_translators.register("codebook", TypeScriptTranslator)
papermill_translators.register("typescript", TypeScriptTranslator)


class CodebookEngine(NBClientEngine):
    """papermill's own engine; that it is asked for loads this module."""
