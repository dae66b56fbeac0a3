"""Times the kernel of an installed wheel beside that of the source tree, both in the same Node; prints JSON. Driven by wheel.mjs:

    python wheel.py --root PROJECT --node NODE --installed PYTHON [--rounds 9]

The wheel's kernel is started as its kernelspec says: by the environment's Python, which replaces itself by Node."""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

from kernel import Kernel, expect_text


def measure(argv, results):
    with tempfile.TemporaryDirectory(prefix="codebook-bench-") as folder:
        kernel = Kernel(argv, folder, True)
        try:
            results["ready"].append(kernel.ready())
            kernel.listen()
            seconds, _, published = kernel.run("1 + 1")
            expect_text(published, "2")
            results["first cell"].append(seconds)
            seconds, _, published = kernel.run('import { linear } from "codebook";\nlinear({ bits: 4 }).bits')
            expect_text(published, "4")
            results["import"].append(seconds)
        finally:
            kernel.close()


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--root", type=Path, required=True)
    options.add_argument("--node", required=True)
    options.add_argument("--installed", required=True)
    options.add_argument("--rounds", type=int, default=9)
    given = options.parse_args()
    os.environ["CODEBOOK_NODE"] = given.node
    source = str(given.root / "lib" / "kernel" / "main.js")
    kernels = {
        "wheel": [given.installed, "-m", "jupyterlab_codebook.launch", "{connection_file}"],
        "source": [given.node, "--no-force-async-hooks-checks", source, "{connection_file}"],
    }
    results = {name: {"ready": [], "first cell": [], "import": []} for name in kernels}
    for argv in kernels.values():
        measure(argv, {"ready": [], "first cell": [], "import": []})  # disk caches
    for _ in range(given.rounds):
        for name, argv in kernels.items():
            measure(argv, results[name])
    json.dump(results, sys.stdout)


if __name__ == "__main__":
    main()
