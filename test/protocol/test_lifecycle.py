"""How a kernel starts, restarts and ends."""

import os
import signal
import subprocess
import time
from queue import Empty

import pytest
from client import HANG, Kernel

CODES = {"idle": "1", "pending timers": "setInterval(() => {}, 1000); 1", "an open server": "require('net').createServer().listen(0); 1"}


def has_ended(kernel, timeout=HANG):
    end = time.monotonic() + timeout
    while kernel.manager.is_alive():
        assert time.monotonic() < end, "the kernel did not end"
        time.sleep(0.05)
    return kernel.manager.provisioner.process.poll()


def left_on_iopub(kernel):
    types = []
    try:
        while True:
            types.append(kernel.client.get_iopub_msg(timeout=0.1)["msg_type"])
    except Empty:
        return types


@pytest.mark.parametrize("state", CODES)
def test_shutdown(work_folder, state):
    with Kernel(cwd=str(work_folder)) as kernel:
        kernel.run(CODES[state])
        reply = kernel.control("shutdown_request", {"restart": False})
        assert reply["content"] == {"status": "ok", "restart": False}
        kernel.wait_for(lambda m: m["msg_type"] == "shutdown_reply")
        assert has_ended(kernel) == 0
        # It was asked to end, which is no reason for last words.
        assert "stream" not in left_on_iopub(kernel)


def test_shutdown_of_a_busy_kernel(work_folder):
    with Kernel(cwd=str(work_folder)) as kernel:
        kernel.client.execute("console.log('busy'); for (;;) {}")
        kernel.wait_for_print("busy")
        assert kernel.control("shutdown_request", {"restart": True})["content"]["restart"] is True
        assert has_ended(kernel) == 0


def test_shutdown_on_the_shell(work_folder):
    with Kernel(cwd=str(work_folder)) as kernel:
        kernel.run("1")
        reply = kernel.collect_reply(kernel.request("shutdown_request", {"restart": False}))
        assert reply["content"]["status"] == "ok"
        assert has_ended(kernel) == 0


def test_restart(work_folder):
    with Kernel(cwd=str(work_folder)) as kernel:
        kernel.run("const before = 1")
        kernel.manager.restart_kernel()
        kernel.client.wait_for_ready(timeout=HANG)
        run = kernel.run("typeof globalThis['before']")
        assert run.result() == "'undefined'"
        assert run.content["execution_count"] == 1


def test_last_words(work_folder):
    with Kernel(cwd=str(work_folder)) as kernel:
        kernel.client.execute("console.log('before the end'); process.exit(3)")
        kernel.wait_for_print("before the end")
        said = kernel.wait_for(lambda m: m["msg_type"] == "stream" and m["content"]["name"] == "stderr")
        assert "exit code 3" in said["content"]["text"]
        assert has_ended(kernel) == 3


def test_terminated_by_signal(work_folder):
    with Kernel(cwd=str(work_folder)) as kernel:
        kernel.run("1")
        os.kill(kernel.manager.provisioner.pid, signal.SIGTERM)
        assert has_ended(kernel) == 143


def test_a_connection_file_that_cannot_be_used(tmp_path):
    from conftest import ROOT

    node, main = os.environ.get("NODE", "node"), str(ROOT / "lib" / "kernel" / "main.js")
    flag = "--no-force-async-hooks-checks"
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    for words, problem in (
        ([flag, main], "no connection file"),
        ([main, str(tmp_path / "none")], "cannot be read"),
        ([flag, main, str(broken)], "is not JSON"),
    ):
        ended = subprocess.run([node, *words], capture_output=True, text=True, timeout=HANG)
        assert ended.returncode == 1
        assert problem in ended.stderr
        assert (f"started without {flag}" in ended.stderr) == (flag not in words)


def test_a_taken_port_is_said(work_folder, tmp_path):
    from conftest import ROOT

    with Kernel(cwd=str(work_folder)) as kernel:
        main = ["node", "--no-force-async-hooks-checks", str(ROOT / "lib" / "kernel" / "main.js"), kernel.manager.connection_file]
        ended = subprocess.run(main, capture_output=True, text=True, timeout=HANG)
        assert ended.returncode == 1
        assert "in use" in ended.stderr.lower()
        assert kernel.client.session.key.decode() not in ended.stderr
