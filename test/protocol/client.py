"""A kernel process and a client of it, for the tests."""

import time
from queue import Empty

from jupyter_client.manager import KernelManager

# How long anything may take before a test calls it a hang. Not a measure of speed.
HANG = 40


class Run:
    """What came of one request: its reply and its messages on iopub, in order."""

    def __init__(self, reply, messages):
        self.reply = reply
        self.messages = messages

    @property
    def content(self):
        return self.reply["content"]

    @property
    def status(self):
        return self.content["status"]

    def of(self, *types):
        return [message for message in self.messages if message["msg_type"] in types]

    def types(self):
        return [message["msg_type"] for message in self.messages]

    def text(self, name="stdout"):
        return "".join(m["content"]["text"] for m in self.of("stream") if m["content"]["name"] == name)

    def result(self, mime="text/plain"):
        (message,) = self.of("execute_result")
        return message["content"]["data"][mime]


class Kernel:
    """Starts a kernel on entering, and ends it on leaving."""

    def __init__(self, manager=None, **start):
        self.manager = manager or KernelManager(kernel_name="codebook")
        self.start = start

    def __enter__(self):
        self.manager.start_kernel(**self.start)
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=HANG)
        return self

    def __exit__(self, *_):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def collect(self, msg_id, client=None, timeout=HANG, until_idle=True):
        """Reply and iopub messages of the request `msg_id`, up to its idle."""
        client = client or self.client
        end = time.monotonic() + timeout
        reply, messages, idle = None, [], not until_idle
        while reply is None or not idle:
            assert time.monotonic() < end, f"no {'reply' if reply is None else 'idle'} in {timeout} s: {messages[-3:]}"
            if not idle:
                try:
                    message = client.get_iopub_msg(timeout=0.05 if reply is None else 1)
                except Empty:
                    message = None
                if message and message["parent_header"].get("msg_id") == msg_id:
                    messages.append(message)
                    idle = message["msg_type"] == "status" and message["content"]["execution_state"] == "idle"
            if reply is None:
                try:
                    message = client.get_shell_msg(timeout=0 if not idle else 1)
                except Empty:
                    continue
                if message["parent_header"].get("msg_id") == msg_id:
                    reply = message
        return Run(reply, messages)

    def collect_reply(self, msg_id, client=None, timeout=HANG):
        """The shell reply to `msg_id`; other replies wait for their turn."""
        client = client or self.client
        waiting = self.__dict__.setdefault("waiting", {})
        end = time.monotonic() + timeout
        while msg_id not in waiting:
            assert time.monotonic() < end, f"no reply in {timeout} s"
            try:
                message = client.get_shell_msg(timeout=1)
            except Empty:
                continue
            waiting[message["parent_header"].get("msg_id")] = message
        return waiting.pop(msg_id)

    def collect_idle(self, msg_id, timeout=HANG):
        """The iopub messages of the request `msg_id`, up to its idle: comm messages get no reply."""
        messages = []
        while not messages or messages[-1]["content"].get("execution_state") != "idle":
            messages.append(self.wait_for(lambda m: m["parent_header"].get("msg_id") == msg_id, timeout))
        return messages

    def left_types(self):
        """The types of the iopub messages that have come and were not read."""
        types = []
        try:
            while True:
                types.append(self.client.get_iopub_msg(timeout=0.1)["msg_type"])
        except Empty:
            return types

    def execute_in(self, subshell, code):
        """Runs code in a subshell, or in the main shell (None); gives the message id."""
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
        message = self.client.session.msg("execute_request", content)
        message["header"]["subshell_id"] = subshell
        self.client.session.send(self.client.shell_channel.socket, message)
        return message["header"]["msg_id"]

    def run(self, code, client=None, timeout=HANG, **options):
        client = client or self.client
        return self.collect(client.execute(code, **options), client, timeout)

    def request(self, msg_type, content, channel="shell", client=None, buffers=None, metadata=None):
        """Sends any request; gives its message id."""
        client = client or self.client
        message = client.session.msg(msg_type, content, metadata=metadata)
        socket = {"shell": client.shell_channel, "control": client.control_channel}[channel].socket
        client.session.send(socket, message, buffers=buffers)
        return message["header"]["msg_id"]

    def control(self, msg_type, content=None, timeout=HANG):
        """The reply to a request on the control channel."""
        msg_id = self.request(msg_type, content or {}, "control")
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            try:
                message = self.client.get_control_msg(timeout=1)
            except Empty:
                continue
            if message["parent_header"].get("msg_id") == msg_id:
                return message
        raise AssertionError(f"no answer to {msg_type} in {timeout} s")

    def wait_for(self, test, timeout=HANG, client=None):
        """The first iopub message that `test` accepts."""
        client = client or self.client
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            try:
                message = client.get_iopub_msg(timeout=0.2)
            except Empty:
                continue
            if test(message):
                return message
        raise AssertionError("the message did not come")

    def wait_for_print(self, text, timeout=HANG):
        return self.wait_for(lambda m: m["msg_type"] == "stream" and text in m["content"]["text"], timeout)
