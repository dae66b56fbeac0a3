"""papermill with the kernel: parameters become declarations of TypeScript.

`papermill in.ipynb out.ipynb -p bits 3` writes `let bits = 3;` behind the cell that is tagged "parameters". papermill loads this module by its
entry point `papermill.engine`.
"""

import json

from papermill.engines import NBClientEngine
from papermill.translators import Translator, papermill_translators


class TypeScriptTranslator(Translator):
    """Values as literals of TypeScript: JSON is a part of its grammar."""

    @classmethod
    def translate(cls, val):
        return json.dumps(val, ensure_ascii=False, allow_nan=True)

    @classmethod
    def assign(cls, name, str_val):
        return f"let {name} = {str_val};"

    @classmethod
    def comment(cls, cmt_str):
        return f"// {cmt_str}".strip()


# papermill asks for a translator by the kernel's name, then by its language.
papermill_translators.register("codebook", TypeScriptTranslator)
papermill_translators.register("typescript", TypeScriptTranslator)


class CodebookEngine(NBClientEngine):
    """papermill's own engine; that it is asked for loads this module."""
