"""What every kernel must do, on the real process: the behaviours that the public conformance suites for kernels look at,
and those that front ends rely on."""

import pytest
from client import HANG


def is_idle(message, msg_id):
    return message["parent_header"].get("msg_id") == msg_id and message["content"].get("execution_state") == "idle"


def test_heartbeat(kernel):
    kernel.client.hb_channel.unpause()
    assert kernel.client.is_alive()
    import zmq

    socket = zmq.Context.instance().socket(zmq.REQ)
    socket.linger = 0
    socket.connect(f"tcp://{kernel.client.ip}:{kernel.client.hb_port}")
    for text in (b"ping", b"", b"\x00" * 200):
        socket.send(text)
        assert socket.poll(HANG * 1000)
        assert socket.recv() == text
    socket.close()


def test_kernel_info(kernel):
    run = kernel.collect(kernel.client.kernel_info())
    info = run.content
    assert info["status"] == "ok"
    assert info["protocol_version"] == "5.5"
    assert info["implementation"] == "codebook"
    assert info["language_info"]["name"] == "typescript"
    assert info["language_info"]["file_extension"] == ".ts"
    assert run.types() == ["status", "status"]
    assert kernel.control("kernel_info_request")["content"] == info


def test_connect(kernel):
    reply = kernel.collect(kernel.request("connect_request", {}))
    assert reply.content["shell_port"] == kernel.client.shell_port
    assert reply.content["hb_port"] == kernel.client.hb_port


def test_streams(kernel):
    run = kernel.run("console.log('to stdout'); console.error('to stderr'); console.log('again')")
    assert run.status == "ok"
    assert [(m["content"]["name"], m["content"]["text"]) for m in run.of("stream")] == [
        ("stdout", "to stdout\n"),
        ("stderr", "to stderr\n"),
        ("stdout", "again\n"),
    ]


def test_life_of_a_request(kernel):
    run = kernel.run("const answer: number = 42; answer")
    assert run.types() == ["status", "execute_input", "execute_result", "status"]
    assert [m["content"]["execution_state"] for m in run.of("status")] == ["busy", "idle"]
    (shown,) = run.of("execute_input")
    assert shown["content"]["code"].startswith("const answer")
    assert shown["content"]["execution_count"] == run.content["execution_count"]
    assert run.result() == "42"
    assert run.reply["metadata"]["started"]
    parent = run.reply["parent_header"]
    assert all(m["parent_header"]["msg_id"] == parent["msg_id"] for m in run.messages)
    assert run.reply["header"]["session"] != parent["session"]


def test_execution_count(kernel):
    first = kernel.run("1").content["execution_count"]
    assert kernel.run("2").content["execution_count"] == first + 1
    assert kernel.run("3", store_history=False).content["execution_count"] == first + 1
    assert kernel.run("4", silent=True).content["execution_count"] == first + 1
    assert kernel.run("5").content["execution_count"] == first + 2


def test_silent(kernel):
    run = kernel.run("let quiet = 5; console.log('never seen'); quiet", silent=True)
    assert run.status == "ok"
    assert run.types() == ["status", "status"]
    failed = kernel.run("throw new Error('quietly')", silent=True)
    assert failed.status == "error"
    assert failed.types() == ["status", "status"]
    assert kernel.run("quiet").result() == "5"


def test_rich_results(kernel):
    run = kernel.run("({ [Symbol.for('Jupyter.display')]: () => ({ 'text/html': '<i>x</i>', 'text/plain': 'x' }) })")
    assert run.result("text/html") == "<i>x</i>"
    assert run.result("text/plain") == "x"


def test_nothing_to_show(kernel):
    assert kernel.run("undefined").of("execute_result") == []
    assert kernel.run("").status == "ok"
    assert kernel.run("const unseen = 1").of("execute_result") == []


def test_awaited(kernel):
    assert kernel.run("Promise.resolve(3)").result() == "3"
    assert kernel.run("const late = await new Promise<number>((r) => setTimeout(() => r(7), 5)); late").result() == "7"


def test_error_in_the_cells_lines(kernel):
    run = kernel.run("const before = 1\nfunction fail(): never {\n  throw new RangeError('too far')\n}\nfail()")
    assert run.status == "error"
    (message,) = run.of("error")
    for content in (run.content, message["content"]):
        assert content["ename"] == "RangeError"
        assert content["evalue"] == "too far"
        trace = "\n".join(content["traceback"])
        assert "3" in trace and "5" in trace and "fail" in trace
    assert kernel.run("1").status == "ok"


def test_error_of_types(kernel):
    run = kernel.run("const text: string = 5")
    assert run.status == "error"
    assert "not assignable" in run.content["evalue"] + "".join(run.content["traceback"])


def test_user_expressions(kernel):
    run = kernel.run("const width = 6", user_expressions={"twice": "width * 2", "wrong": "nowhere.at", "__proto__": "1"})
    values = run.content["user_expressions"]
    assert values["twice"]["status"] == "ok"
    assert values["twice"]["data"]["text/plain"] == "12"
    assert values["wrong"]["status"] == "error"
    assert values["wrong"]["ename"]
    assert values["__proto__"]["status"] == "ok"


def test_stop_on_error(kernel):
    ids = [kernel.client.execute(code) for code in ("await sleep(300); throw new Error('stop')", "1 + 1", "2 + 2")]
    info = kernel.request("is_complete_request", {"code": "1"})
    assert [kernel.collect_reply(i)["content"]["status"] for i in ids] == ["error", "aborted", "aborted"]
    assert kernel.collect_reply(info)["content"]["status"] == "complete"
    assert kernel.run("3").status == "ok"
    ids = [kernel.client.execute("await sleep(300); throw new Error('go on')", stop_on_error=False), kernel.client.execute("1")]
    assert [kernel.collect_reply(i)["content"]["status"] for i in ids] == ["error", "ok"]


def test_stop_on_error_spares_other_clients(kernel):
    other = kernel.manager.client()
    other.session.session = "another-client"
    other.start_channels()
    other.wait_for_ready(timeout=HANG)
    try:
        failing = kernel.client.execute("await sleep(500); throw new Error('mine')")
        kernel.wait_for(lambda m: m["msg_type"] == "execute_input" and m["parent_header"]["msg_id"] == failing)
        own, theirs = kernel.client.execute("1"), other.execute("2")
        assert kernel.collect_reply(own)["content"]["status"] == "aborted"
        assert kernel.collect_reply(theirs, other)["content"]["status"] == "ok"
    finally:
        other.stop_channels()


def test_display_and_update(kernel):
    run = kernel.run("const bar = display('one', { displayId: 'bar' }); bar.update(html('<b>two</b>'))")
    shown, changed = run.of("display_data", "update_display_data")
    assert shown["msg_type"] == "display_data"
    assert changed["msg_type"] == "update_display_data"
    assert shown["content"]["transient"] == changed["content"]["transient"] == {"display_id": "bar"}
    assert changed["content"]["data"]["text/html"] == "<b>two</b>"
    later = kernel.run("bar.update('three')")
    (update,) = later.of("update_display_data")
    assert update["content"]["transient"]["display_id"] == "bar"


def test_display_bundle(kernel):
    run = kernel.run("display({ data: { 'application/x+json': { a: [1] }, 'text/plain': 'a' }, metadata: { 'text/plain': { w: 1 } } })")
    (shown,) = run.of("display_data")
    assert shown["content"]["data"] == {"application/x+json": {"a": [1]}, "text/plain": "a"}
    assert shown["content"]["metadata"] == {"text/plain": {"w": 1}}


def test_order_of_everything(kernel):
    run = kernel.run("for (let i = 0; i < 50; i++) { console.log(i); display(i); console.error(-i) } clearOutput(true)")
    kinds = [m["msg_type"] + m["content"].get("name", "") for m in run.messages[2:-1]]
    assert kinds == ["streamstdout", "display_data", "streamstderr"] * 50 + ["clear_output"]
    assert run.of("clear_output")[0]["content"] == {"wait": True}


def test_late_output_belongs_to_its_cell(kernel):
    first = kernel.client.execute("setTimeout(() => console.log('late'), 400)")
    kernel.collect(first)
    kernel.run("'another cell'")
    late = kernel.wait_for(lambda m: m["msg_type"] == "stream")
    assert late["content"]["text"] == "late\n"
    assert late["parent_header"]["msg_id"] == first


@pytest.mark.parametrize(
    "code", ["void Promise.reject(new Error('nobody cares'))", "setTimeout(() => { throw new Error('nobody cares') }, 1)"]
)
def test_uncaught_is_shown_and_not_fatal(kernel, code):
    first = kernel.client.execute(code)
    shown = kernel.wait_for(lambda m: m["msg_type"] == "stream" and m["content"]["name"] == "stderr")
    assert "nobody cares" in shown["content"]["text"]
    assert shown["parent_header"]["msg_id"] == first
    assert kernel.run("1").status == "ok"


def test_complete(kernel):
    kernel.run("const wonderful = { value: 1 }")
    code = "'𝒳𝒳'; wonderf"
    reply = kernel.collect(kernel.client.complete(code, len(code))).content
    assert reply["status"] == "ok"
    assert "wonderful" in reply["matches"]
    assert code[reply["cursor_start"] : reply["cursor_end"]] == "wonderf"


def test_inspect(kernel):
    kernel.run("/** Half of a number. */ function half(x: number) { return x / 2 }")
    code = "'𝒳'; half(2)"
    reply = kernel.collect(kernel.client.inspect(code, code.index("half") + 2, 0)).content
    assert reply["found"]
    assert "Half of a number" in reply["data"]["text/plain"]
    assert not kernel.collect(kernel.client.inspect("   ", 1)).content["found"]


def test_is_complete(kernel):
    def ask(code):
        return kernel.collect(kernel.client.is_complete(code)).content

    assert ask("1 + 1")["status"] == "complete"
    assert ask("function f() {") | {"indent": ""} == {"status": "incomplete", "indent": ""}
    assert ask("const = ;")["status"] == "invalid"


def test_usage(kernel):
    usage = kernel.control("usage_request")["content"]
    assert usage["pid"] == kernel.manager.provisioner.pid
    assert usage["kernel_memory"] > 1e7
    assert usage["cpu_count"] >= 1


def test_control_while_busy(kernel):
    running = kernel.client.execute("console.log('started'); for (;;) {}")
    kernel.wait_for_print("started")
    assert kernel.control("kernel_info_request")["content"]["status"] == "ok"
    assert kernel.control("usage_request")["content"]["pid"]
    assert kernel.control("comm_info_request")["content"]["comms"] == {}
    kernel.control("interrupt_request")
    assert kernel.collect(running).status == "error"


def test_unknown_and_malformed_requests(kernel):
    unknown = kernel.request("no_such_request", {})
    kernel.wait_for(lambda m: is_idle(m, unknown))
    for content in ({}, {"code": 5}, {"code": None}):
        assert kernel.collect(kernel.request("execute_request", content)).status == "error"
    assert kernel.collect(kernel.request("complete_request", {"code": [], "cursor_pos": "x"})).status == "error"
    assert kernel.collect(kernel.request("history_request", {"hist_access_type": 7, "n": "all"})).status == "ok"
    assert kernel.run("1").status == "ok"
