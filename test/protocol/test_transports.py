"""TCP and IPC, with and without CurveZMQ."""

import pytest
import zmq
from client import HANG, Kernel
from jupyter_client.manager import KernelManager


@pytest.mark.parametrize("encryption", ["disabled", "required"])
@pytest.mark.parametrize("transport", ["tcp", "ipc"])
def test_transports(work_folder, transport, encryption, tmp_path):
    manager = KernelManager(kernel_name="codebook", transport=transport)
    manager.transport_encryption = encryption
    if transport == "ipc":
        manager.ip = str(tmp_path / "k")
    with Kernel(manager, cwd=str(work_folder)) as kernel:
        assert (manager.curve_secretkey is not None) == (encryption == "required")
        assert kernel.run("'through ' + 'it'").result() == "'through it'"
        assert kernel.run("console.log('printed')").text() == "printed\n"
        running = kernel.client.execute("input('?')", allow_stdin=True)
        kernel.client.get_stdin_msg(timeout=HANG)
        kernel.client.input("answer")
        assert kernel.collect(running).result() == "'answer'"
        assert kernel.control("usage_request")["content"]["pid"]


def test_curve_keeps_plain_clients_out(work_folder):
    manager = KernelManager(kernel_name="codebook")
    manager.transport_encryption = "required"
    with Kernel(manager, cwd=str(work_folder)) as kernel:
        socket = zmq.Context.instance().socket(zmq.SUB)
        socket.linger = 0
        socket.subscribe(b"")
        socket.connect(f"tcp://127.0.0.1:{kernel.client.iopub_port}")
        assert not socket.poll(500)
        kernel.run("console.log('secret')")
        assert not socket.poll(500)
        socket.close()
