"""Black-box tests of the kernel's process: a temporary kernelspec points at the built lib/kernel/main.js, and each module
gets a kernel of its own. Run: python -m pytest test/protocol"""

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(Path(__file__).parent))

# Before jupyter_core is imported: it reads these once.
_home = Path(tempfile.mkdtemp(prefix="codebook-protocol-"))
os.environ["JUPYTER_DATA_DIR"] = str(_home / "data")
os.environ["JUPYTER_RUNTIME_DIR"] = str(_home / "runtime")
os.environ["JUPYTER_CONFIG_DIR"] = str(_home / "config")
os.environ["JUPYTER_PREFER_ENV_PATH"] = "0"  # this checkout's kernel, whatever is installed beside the Python
os.environ["CODEBOOK_HISTORY"] = str(_home / "history")
(_home / "work").mkdir()
_spec = _home / "data" / "kernels" / "codebook"
_spec.mkdir(parents=True)
(_spec / "kernel.json").write_text(
    json.dumps(
        {
            "argv": [
                shutil.which("node") or "node",
                "--no-force-async-hooks-checks",
                str(ROOT / "lib" / "kernel" / "main.js"),
                "{connection_file}",
            ],
            "display_name": "TypeScript (Codebook)",
            "language": "typescript",
            "interrupt_mode": "message",
            "metadata": {"supported_encryption": ["curve"]},
        }
    )
)


def pytest_sessionfinish():
    shutil.rmtree(_home, ignore_errors=True)


@pytest.fixture(scope="session")
def work_folder():
    """An empty folder, far from the project: kernels are started there."""
    return _home / "work"


@pytest.fixture(scope="module")
def kernel(work_folder):
    from client import Kernel

    with Kernel(cwd=str(work_folder)) as running:
        yield running
