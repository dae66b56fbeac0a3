"""Starts the kernel, and the `codebook` command: this process becomes Node, so that signals and exit codes are Node's own."""

import os
import subprocess
import sys
from pathlib import Path

from .node_program import NodeNotFound, find_node

#: The kernel and its packages as npm knows them.
NODE_PACKAGE = Path(__file__).resolve().parent / "node"

#: Without this flag Node ends a cell's process where an interrupt should keep its state.
KERNEL_FLAGS = ("--no-force-async-hooks-checks",)


def kernel() -> None:
    """Runs the kernel with the connection file that Jupyter names."""
    _become(*KERNEL_FLAGS, str(NODE_PACKAGE / "lib" / "kernel" / "main.js"), *sys.argv[1:])


def command() -> None:
    """Runs `codebook …` of a terminal."""
    # The command shows how Jupyter starts the kernel of this package, and in which Python it lies.
    os.environ["CODEBOOK_PYTHON_PREFIX"] = sys.prefix
    _become(str(NODE_PACKAGE / "lib" / "kernel" / "cli.js"), *sys.argv[1:])


def _become(*arguments: str) -> None:
    try:
        program = find_node()
    except NodeNotFound as error:
        sys.exit(str(error))
    if os.name == "nt":
        # Windows cannot replace a process: the exit code is handed on.
        sys.exit(subprocess.call([program, *arguments]))
    os.execv(program, [program, *arguments])


if __name__ == "__main__":
    kernel()
