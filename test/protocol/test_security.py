"""Messages that must not be obeyed: thousands of them, seeded, and the kernel neither obeys, nor dies, nor tells anything."""

import hashlib
import hmac
import json
import random
import time

import pytest
import zmq
from client import HANG, Kernel

SEED = 20_261
EVIL = "globalThis['pwned'] = true; console.log('pwned')"


@pytest.fixture(scope="module")
def watched(work_folder, tmp_path_factory):
    log = tmp_path_factory.mktemp("log") / "stderr"
    with log.open("wb") as stderr:
        with Kernel(cwd=str(work_folder), stderr=stderr, stdout=stderr) as kernel:
            kernel.log = log
            yield kernel


def dealer(kernel, port):
    socket = zmq.Context.instance().socket(zmq.DEALER)
    socket.linger = 500
    socket.connect(f"tcp://127.0.0.1:{port}")
    return socket


def frames(kernel, msg_type="execute_request", content=None, msg_id="evil", sign=True):
    header = {"msg_id": msg_id, "session": "evil", "username": "e", "date": "", "msg_type": msg_type, "version": "5.3"}
    if content is None:
        content = {"code": EVIL, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
    parts = [json.dumps(part).encode() for part in (header, {}, {}, content)]
    key = kernel.client.session.key
    signature = hmac.new(key, b"".join(parts), hashlib.sha256).hexdigest().encode() if sign else b""
    return [b"<IDS|MSG>", signature, *parts]


# What a channel would obey, were it signed.
OBEYED = {
    "shell": [("execute_request", None)],
    "control": [("shutdown_request", {"restart": False}), ("kernel_info_request", {}), ("interrupt_request", {})],
    "stdin": [("input_reply", {"value": "pwned"})],
}


def hostile(kernel, random_source, channel):
    """One message for `channel` that must be dropped, of a kind chosen at random."""
    msg_type, content = random_source.choice(OBEYED[channel])
    good = frames(kernel, msg_type, content, msg_id=str(random_source.random()))
    pick = random_source.choice
    kind = random_source.randrange(9)
    if kind == 0:
        return [good[0], b"", *good[2:]]
    if kind == 1:
        return [good[0], random_source.randbytes(32).hex().encode(), *good[2:]]
    if kind == 2:  # a good signature with one digit changed
        at = random_source.randrange(64)
        digit = pick([d for d in b"0123456789abcdef" if d != good[1][at]])
        return [good[0], good[1][:at] + bytes([digit]) + good[1][at + 1 :], *good[2:]]
    if kind == 3:  # one byte of a signed frame changed
        frame = random_source.randrange(2, 6)
        at = random_source.randrange(len(good[frame]))
        changed = good[frame][:at] + bytes([good[frame][at] ^ (1 << random_source.randrange(7))]) + good[frame][at + 1 :]
        return [*good[:frame], changed, *good[frame + 1 :]]
    if kind == 4:
        return good[: random_source.randrange(1, 6)]
    if kind == 5:
        return [random_source.randbytes(random_source.randrange(60)) for _ in range(random_source.randrange(1, 9))]
    if kind == 6:
        return [b"x"] * 40 + good
    if kind == 7:
        return [good[0], good[1] + b"00", *good[2:]]
    return [good[0], good[1].upper() if good[1].upper() != good[1] else b"x", *good[2:]]


def test_hostile_messages(watched):
    kernel = watched
    random_source = random.Random(SEED)
    listener = zmq.Context.instance().socket(zmq.SUB)
    listener.linger = 0
    listener.rcvhwm = 0
    listener.subscribe(b"")
    listener.connect(f"tcp://127.0.0.1:{kernel.client.iopub_port}")
    assert listener.poll(HANG * 1000), "no welcome"
    sockets = {name: dealer(kernel, getattr(kernel.client, f"{name}_port")) for name in OBEYED}
    for _ in range(3000):
        channel = random_source.choice(list(OBEYED))
        sockets[channel].send_multipart(hostile(kernel, random_source, channel))
    assert kernel.run("typeof globalThis['pw' + 'ned']").result() == "'undefined'"
    time.sleep(0.5)
    assert kernel.control("kernel_info_request")["content"]["status"] == "ok"
    told = b""
    while listener.poll(300):
        parts = listener.recv_multipart()
        told += b"".join(parts[2:] if len(parts) > 2 else parts)
    for socket in sockets.values():
        assert not socket.poll(0), "a hostile message was answered"
        socket.close()
    listener.close()
    told += kernel.log.read_bytes()
    assert b"pwned" not in told
    assert kernel.client.session.key not in told
    assert b"dropped a message" in kernel.log.read_bytes()
    assert kernel.log.read_bytes().count(b"dropped a message") < 20


def test_replay(watched):
    kernel = watched
    socket = dealer(kernel, kernel.client.shell_port)
    message = frames(kernel, content={"code": "globalThis['count'] = (globalThis['count'] ?? 0) + 1"}, msg_id="once")
    for _ in range(50):
        socket.send_multipart(message)
    assert socket.poll(HANG * 1000)
    assert kernel.run("globalThis['count']").result() == "1"
    other = dealer(kernel, kernel.client.control_port)
    other.send_multipart(message)
    assert kernel.run("globalThis['count']").result() == "1"
    socket.close()
    other.close()


def test_what_the_kernel_sent_is_not_obeyed_when_it_comes_back(watched):
    kernel = watched
    kernel.run(
        "import { onComm } from 'codebook'; globalThis['reflected'] = 0\n"
        "onComm('mirror', (comm) => { comm.onMessage(() => globalThis['reflected']++); comm.send('out') })"
    )
    listener = zmq.Context.instance().socket(zmq.SUB)
    listener.linger = 0
    listener.subscribe(b"")
    listener.connect(f"tcp://127.0.0.1:{kernel.client.iopub_port}")
    assert listener.poll(HANG * 1000), "no welcome"
    kernel.request("comm_open", {"comm_id": "m", "target_name": "mirror", "data": {}})
    socket = dealer(kernel, kernel.client.shell_port)
    while True:
        assert listener.poll(HANG * 1000)
        _, *own = listener.recv_multipart()
        if b'"comm_msg"' in own[2]:
            break
    socket.send_multipart(own)
    kernel.request("comm_msg", {"comm_id": "m", "data": "honest"})
    assert kernel.run("globalThis['reflected']").result() == "1"
    socket.close()
    listener.close()


def signed(kernel, code, session, date, msg_id):
    """An execute_request of another client, with a date."""
    message = frames(kernel, content={"code": code}, msg_id=msg_id)
    header = {**json.loads(message[2]), "session": session, "date": date}
    message[2] = json.dumps(header).encode()
    message[1] = hmac.new(kernel.client.session.key, b"".join(message[2:]), hashlib.sha256).hexdigest().encode()
    return message


def test_a_replay_is_known_after_a_restart(work_folder):
    with Kernel(cwd=str(work_folder)) as kernel:
        now = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
        old = [
            signed(kernel, "globalThis['ran'] = true", "one", now, "same"),
            signed(kernel, "globalThis['ran'] = true", "two", now, "same"),
            signed(kernel, "globalThis['ran'] = true", "two", "", "same"),
        ]
        socket = dealer(kernel, kernel.client.shell_port)
        for message in old:  # an equal msg_id of another client is no replay
            socket.send_multipart(message)
            assert socket.poll(HANG * 1000)
            assert json.loads(socket.recv_multipart()[-1])["status"] == "ok"
        kernel.manager.restart_kernel(now=True)
        kernel.client.wait_for_ready(timeout=HANG)
        again = dealer(kernel, kernel.client.shell_port)
        for message in old:
            again.send_multipart(message)
        later = time.strftime("%Y-%m-%dT%H:%M:%S.999Z", time.gmtime(time.time() + 1))
        again.send_multipart(signed(kernel, "1", "one", later, "same"))
        assert again.poll(HANG * 1000)
        again.recv_multipart()
        assert not again.poll(0), "a replay was answered"
        assert kernel.run("'ran' in globalThis").result() == "false"
        for one in (socket, again):
            one.close()


def test_oversize(watched):
    kernel = watched
    socket = dealer(kernel, kernel.client.shell_port)
    good = frames(kernel, msg_id="big")
    socket.send_multipart([*good, *[b""] * 5000])
    socket.send_multipart([good[0], good[1], b"{" + b" " * (2 << 20), *good[3:]])
    heartbeat = dealer(kernel, kernel.client.hb_port)
    heartbeat.send(b"x" * (1 << 20))
    assert kernel.run("1").status == "ok"
    assert not socket.poll(200)
    for one in (socket, heartbeat):
        one.close()


def test_signed_but_malformed(watched):
    kernel = watched
    socket = dealer(kernel, kernel.client.control_port)
    for content in ({"restart": [1]}, {"code": {}}, {"a": "\u0000"}, {"x": 1e400}):
        socket.send_multipart(frames(kernel, "comm_info_request", content, msg_id=str(content)))
    deep = frames(kernel, msg_id="deep")
    key = kernel.client.session.key
    deep[5] = b'{"code":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    deep[1] = hmac.new(key, b"".join(deep[2:]), hashlib.sha256).hexdigest().encode()
    socket.send_multipart(deep)
    assert kernel.run("1").status == "ok"
    socket.close()
