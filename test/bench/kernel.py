"""Times a kernel from outside, as a front end sees it, beside ipykernel in the same run; prints JSON. Driven by kernel.mjs:

    python kernel.py --root PROJECT --node NODE [--rounds 9] [--trips 100] [--lines 100000] [--interrupts 10]

The client speaks to the kernels' sockets itself: jupyter_client's waits 100 ms between attempts to connect, which would drown
what is measured. Kernels take turns, so that whatever else the machine does falls on both."""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from queue import Empty

import zmq
from jupyter_client.connect import write_connection_file
from jupyter_client.session import Session

PATIENCE = 60  # seconds that any one reply may take


class Kernel:
    """A running kernel and the sockets of one client."""

    def __init__(self, argv, folder, interrupt_by_message):
        handle, self.file = tempfile.mkstemp(suffix=".json", dir=folder)
        os.close(handle)
        key = os.urandom(16).hex().encode()
        _, info = write_connection_file(self.file, key=key, ip="127.0.0.1")
        self.session = Session(key=key)
        self.by_message = interrupt_by_message
        self.context = zmq.Context()
        self.shell = self._connect(zmq.DEALER, info["shell_port"])
        self.control = self._connect(zmq.DEALER, info["control_port"])
        self.iopub = self._connect(zmq.SUB, info["iopub_port"])
        argv = [self.file if word == "{connection_file}" else word for word in argv]
        environment = {**os.environ, "IPYTHONDIR": folder, "CODEBOOK_HISTORY": folder}
        self.started = time.perf_counter()
        self.process = subprocess.Popen(argv, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def _connect(self, kind, port):
        socket = self.context.socket(kind)
        socket.setsockopt(zmq.LINGER, 0)
        socket.setsockopt(zmq.RECONNECT_IVL, 1)
        socket.setsockopt(zmq.RCVHWM, 0)
        if kind == zmq.SUB:
            socket.setsockopt(zmq.SUBSCRIBE, b"")
        socket.connect(f"tcp://127.0.0.1:{port}")
        return socket

    def receive(self, socket, seconds=PATIENCE):
        deadline = time.perf_counter() + seconds
        while not socket.poll(1000 * min(1, max(0, deadline - time.perf_counter()))):
            if self.process.poll() is not None:
                raise RuntimeError(f"the kernel ended with exit code {self.process.returncode}")
            if time.perf_counter() >= deadline:
                raise Empty
        _, message = self.session.recv(socket, mode=0)
        return message

    def reply_to(self, request, socket=None, seconds=PATIENCE):
        deadline = time.perf_counter() + seconds
        while True:
            message = self.receive(socket or self.shell, deadline - time.perf_counter())
            if message["parent_header"].get("msg_id") == request["header"]["msg_id"]:
                return message

    def send(self, kind, content, socket=None):
        return self.session.send(socket or self.shell, kind, content)

    def ready(self):
        """Seconds from the start of the process to the reply to kernel_info_request."""
        self.reply_to(self.send("kernel_info_request", {}))
        return time.perf_counter() - self.started

    def listen(self):
        """Returns once the subscription to iopub works: a kernel says nothing to those who come late."""
        for _ in range(200):
            request = self.send("kernel_info_request", {})
            self.reply_to(request)
            try:
                while self.receive(self.iopub, 0.05)["parent_header"].get("msg_id") != request["header"]["msg_id"]:
                    pass
                return
            except Empty:
                continue
        raise RuntimeError("nothing came on iopub")

    def start_cell(self, code):
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False, "stop_on_error": False}  # fmt: skip
        return self.send("execute_request", content)

    def run(self, code):
        """Runs a cell until its reply and its idle have come. Returns (seconds, reply, what it published)."""
        start = time.perf_counter()
        request = self.start_cell(code)
        published = self.until_idle(request)
        reply = self.reply_to(request)
        return time.perf_counter() - start, reply["content"], published

    def until_idle(self, request):
        published = []
        while True:
            message = self.receive(self.iopub)
            if message["parent_header"].get("msg_id") != request["header"]["msg_id"]:
                continue
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                return published
            published.append((message["msg_type"], message["content"]))

    def interrupt(self):
        if self.by_message:
            self.send("interrupt_request", {}, self.control)
        else:
            self.process.send_signal(signal.SIGINT)

    def close(self):
        try:
            request = self.send("shutdown_request", {"restart": False}, self.control)
            self.reply_to(request, self.control, 3)
            self.process.wait(3)
        except (Empty, RuntimeError, subprocess.TimeoutExpired):
            self.process.kill()
        self.process.wait()
        self.context.destroy(linger=0)


class Peer:
    """A kernel to be timed, and how its language says the same things."""

    def __init__(self, name, argv, by_message, lines, state, read_state, endless):
        self.name, self.argv, self.by_message = name, argv, by_message
        self.lines, self.state, self.read_state, self.endless = lines, state, read_state, endless

    @contextmanager
    def kernel(self):
        with tempfile.TemporaryDirectory(prefix="codebook-bench-") as folder:
            kernel = Kernel(self.argv, folder, self.by_message)
            try:
                yield kernel
            finally:
                kernel.close()


# Thirteen kinds of code that does not end by itself: what runs when the interrupt comes differs in each.
ENDLESS = {
    "a busy loop": "for (;;) {}",
    "a busy loop after an await": "await null;\nfor (;;) {}",
    "a busy loop after a timer": "await pause(3);\nwhile (true) {}",
    "a promise that nobody settles": "await new Promise<void>(() => undefined);",
    "awaits without end": "while (true) await undefined;",
    "timers without end": "while (true) await pause(2);",
    "a busy loop inside try, catch and finally": "let after = 0;\ntry {\n  for (;;) {}\n} catch {\n  after = 1;\n} finally {\n  for (let k = 0; k < 5; k++) after += k;\n}",
    "a sort that calls back": "Array.from({ length: 200_000 }, (_, k) => k).sort((a, b) => {\n  let sum = 0;\n  for (let k = 0; k < 20_000; k++) sum += k;\n  return sum > 0 ? b - a : 0;\n}).length",
    "a JSON.parse of 60 MB, then a busy loop": "JSON.parse(`[${'7,'.repeat(30_000_000)}7]`);\nfor (;;) {}",
    "a busy loop in process.nextTick": "process.nextTick(() => {\n  for (;;) {}\n});\nawait new Promise<void>(() => undefined);",
    "a busy loop in a microtask": "queueMicrotask(() => {\n  for (;;) {}\n});\nawait new Promise<void>(() => undefined);",
    "a busy loop in setImmediate": "setImmediate(() => {\n  for (;;) {}\n});\nawait new Promise<void>(() => undefined);",
    "a loop that catches everything": "for (;;) {\n  try {\n    for (;;) {}\n  } catch {\n    continue;\n  }\n}",
}  # fmt: skip


def peers(root, node):
    ours = Peer(
        "codebook",
        [node, "--no-force-async-hooks-checks", str(root / "lib" / "kernel" / "main.js"), "{connection_file}"],
        True,
        lambda count: f"for (let i = 0; i < {count}; i++) console.log(i);",
        "let kept = 7;\nconst pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));",
        "kept",
        ENDLESS,
    )
    other = Peer(
        "ipykernel",
        [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", "--log-level=ERROR"],
        False,
        lambda count: f"for i in range({count}):\n    print(i)",
        "kept = 7",
        "kept",
        {"a busy loop": "while True:\n    pass"},
    )
    return [ours, other]


def expect_text(published, text):
    results = [content["data"]["text/plain"] for kind, content in published if kind == "execute_result"]
    if results != [text]:
        raise RuntimeError(f"expected the result {text}, got {results} among {published[:5]}")


def time_start(peer, trips, results):
    """Ready, first cell, and the round trip of a cell that changes."""
    with peer.kernel() as kernel:
        results["ready"].append(kernel.ready())
        kernel.listen()
        seconds, _, published = kernel.run("1 + 1")
        expect_text(published, "2")
        results["first cell"].append(seconds)
        for k in range(trips):
            seconds, _, published = kernel.run(f"{k} + 1")
            expect_text(published, str(k + 1))
            if k >= trips // 5:
                results["round trip"].append(seconds)


def time_library(peer, results):
    """The first cell of a study: it imports the library and calls it."""
    with peer.kernel() as kernel:
        kernel.ready()
        kernel.listen()
        seconds, reply, _ = kernel.run('import { linear } from "codebook";\nlinear({ bits: 4 }).bits')
        if reply["status"] != "ok":
            raise RuntimeError(f"the import failed: {reply}")
        results.append(seconds)


def time_first_reply(peer, code, results):
    """From the start of the process to the reply of its first cell, which is asked for at once."""
    with peer.kernel() as kernel:
        reply = kernel.reply_to(kernel.start_cell(code))
        results.append(time.perf_counter() - kernel.started)
        if reply["content"]["status"] != "ok":
            raise RuntimeError(f"the first cell failed: {reply['content']}")
        time.sleep(1.5)  # the compiler's code is kept


def time_cells(peer, count):
    """What a cell takes: a good one and one with an error, in turns; the tenth and the last of many that declare; those behind a large literal."""
    results = {"good": [], "error": [], "tenth": [], "last": [], "before literal": [], "after literal": []}
    with peer.kernel() as kernel:
        kernel.ready()
        kernel.listen()
        for k in range(count):
            seconds, reply, _ = kernel.run(f"const value{k} = {{ k: {k}, text: 'a' }};")
            if reply["status"] != "ok":
                raise RuntimeError(f"cell {k} failed: {reply}")
            if 5 <= k < 25:
                results["tenth"].append(seconds)
            if k >= count - 20:
                results["last"].append(seconds)
        for k in range(20):
            results["good"].append(kernel.run(f"value{k}.text.length + {k}")[0])
            seconds, reply, _ = kernel.run(f"value{k}.nothing + {k}")
            if reply["status"] != "error":
                raise RuntimeError("a cell with an error had none")
            results["error"].append(seconds)
        results["before literal"] = [kernel.run(f"{k} + 2")[0] for k in range(20)]
        kernel.run("const large = { " + ", ".join(f"name{k}: {{ a: {k}, b: 'text' }}" for k in range(20_000)) + " };")
        kernel.run("0")
        results["after literal"] = [kernel.run(f"{k} + 3")[0] for k in range(20)]
    return results


def time_lines(peer, count, results):
    with peer.kernel() as kernel:
        kernel.ready()
        kernel.listen()
        kernel.run(peer.lines(10))
        seconds, _, published = kernel.run(peer.lines(count))
        text = "".join(content["text"] for kind, content in published if kind == "stream")
        if text != "".join(f"{k}\n" for k in range(count)):
            raise RuntimeError(f"{peer.name}: {text.count(chr(10))} of {count} lines came, or not in order")
        results.append(seconds)


def time_interrupts(peer, rounds):
    """Seconds from the interrupt to the reply of the interrupted cell, by kind; the state is looked at each time."""
    results = {kind: [] for kind in peer.endless}
    with peer.kernel() as kernel:
        kernel.ready()
        kernel.listen()
        kernel.run(peer.state)
        for round_ in range(rounds):
            for kind, code in peer.endless.items():
                request = kernel.start_cell(code)
                # running, and some way into it; a different way in each round
                time.sleep(0.15 + 0.013 * round_)
                start = time.perf_counter()
                kernel.interrupt()
                reply = kernel.reply_to(request)
                results[kind].append(time.perf_counter() - start)
                if reply["content"]["status"] != "error":
                    raise RuntimeError(f"{peer.name}: {kind} was not interrupted: {reply['content']}")
                kernel.until_idle(request)
                _, _, published = kernel.run(peer.read_state)
                expect_text(published, "7")
    return results


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--root", type=Path, required=True)
    options.add_argument("--node", required=True)
    options.add_argument("--rounds", type=int, default=9)
    options.add_argument("--trips", type=int, default=100)
    options.add_argument("--lines", type=int, default=100_000)
    options.add_argument("--interrupts", type=int, default=10)
    options.add_argument("--cells", type=int, default=2000)
    options.add_argument("--only")
    given = options.parse_args()
    chosen = [peer for peer in peers(given.root, given.node) if given.only in (None, peer.name)]
    result = {"interrupt": {}, "lines": {}, "library": [], "first reply": [], "first reply of the library": []}
    for peer in chosen:
        time_start(peer, given.trips, {"ready": [], "first cell": [], "round trip": []})  # disk caches
        result[peer.name] = {"ready": [], "first cell": [], "round trip": []}
        result["lines"][peer.name] = []
    for _ in range(given.rounds):
        for peer in chosen:
            time_start(peer, given.trips, result[peer.name])
        if chosen[0].name == "codebook":
            time_library(chosen[0], result["library"])
            time_first_reply(chosen[0], "1 + 1", result["first reply"])
            code = 'import { linear } from "codebook";\nlinear({ bits: 4 }).bits'
            time_first_reply(chosen[0], code, result["first reply of the library"])
    for _ in range(3):
        for peer in chosen:
            time_lines(peer, given.lines, result["lines"][peer.name])
    if chosen[0].name == "codebook":
        result["cells"] = time_cells(chosen[0], given.cells)
    for peer in chosen:
        result["interrupt"][peer.name] = time_interrupts(peer, given.interrupts)
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main()
