"""TCP and IPC, with and without CurveZMQ."""

import json

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


def test_the_welcome_comes_first(work_folder):
    """While a cell shows a line a millisecond when they subscribe, and what they have seen of it goes on without a gap."""
    with Kernel(cwd=str(work_folder)) as kernel:
        running = kernel.client.execute(
            "for (let i = 0; !globalThis['enough']; i++) { display(i); await new Promise((turn) => setTimeout(turn, 1)); }"
            "\nsetTimeout(() => undefined)"
        )
        kernel.wait_for(lambda message: message["msg_type"] == "display_data")
        for _ in range(60):
            socket = zmq.Context.instance().socket(zmq.SUB)
            socket.linger = 0
            socket.rcvhwm = 0
            socket.connect(f"tcp://127.0.0.1:{kernel.client.iopub_port}")
            socket.subscribe(b"")
            shown = []
            for place in range(4):
                assert socket.poll(HANG * 1000)
                header, _, _, content = map(json.loads, socket.recv_multipart()[3:7])
                if place == 0:
                    assert (header["msg_type"], content) == ("iopub_welcome", {"subscription": ""})
                else:
                    shown.append(int(content["data"]["text/plain"]))
            assert shown == list(range(shown[0], shown[0] + 3))
            socket.close()
        kernel.manager.interrupt_kernel()
        assert kernel.collect(running).status == "error"


def test_a_topic_of_its_own(work_folder):
    """A subscriber gets its own topic's messages, until it no longer wants them."""
    with Kernel(cwd=str(work_folder)) as kernel:
        session = kernel.run("1").of("status")[0]["header"]["session"]
        topic = f"kernel.{session}.stream.stderr".encode()
        socket = zmq.Context.instance().socket(zmq.SUB)
        socket.linger = 0
        socket.connect(f"tcp://127.0.0.1:{kernel.client.iopub_port}")
        socket.subscribe(topic)
        assert socket.poll(HANG * 1000)
        first = socket.recv_multipart()
        assert first[0] == topic and b'"iopub_welcome"' in first[3]
        kernel.run("console.log('not this'); console.error('this')")
        assert socket.poll(HANG * 1000)
        assert b"this" in socket.recv_multipart()[6]
        socket.unsubscribe(topic)
        kernel.run("console.error('first')")
        while socket.poll(500):
            socket.recv_multipart()
        kernel.run("console.error('no longer')")
        assert not socket.poll(500)
        socket.close()
