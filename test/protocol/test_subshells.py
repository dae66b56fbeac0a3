"""What is answered while a cell awaits: comms, questions of editors, subshells (JEP 91)."""

import pytest


@pytest.fixture(scope="module", autouse=True)
def echo(kernel):
    run = kernel.run(
        "import { onComm } from 'codebook'\n"
        "globalThis['seen'] = []; let release = () => {}\n"
        "onComm('echo', (comm) => comm.onMessage(({ data }) => { globalThis['seen'].push(data); comm.send({ back: data }) }))"
    )
    assert run.status == "ok", run.content
    kernel.collect_idle(kernel.request("comm_open", {"comm_id": "e", "target_name": "echo", "data": {}}))


def test_the_feature_is_announced(kernel):
    assert kernel.control("kernel_info_request")["content"]["supported_features"] == ["kernel subshells"]


def test_comm_messages_while_a_cell_awaits(kernel):
    cell = kernel.client.execute("console.log('waits'); await new Promise<void>((r) => { release = r }); globalThis['seen']")
    kernel.wait_for_print("waits")
    for i in range(3):
        messages = kernel.collect_idle(kernel.request("comm_msg", {"comm_id": "e", "data": i}))
        assert [m["msg_type"] for m in messages] == ["status", "comm_msg", "status"]
        assert [m["content"].get("execution_state") for m in messages] == ["busy", None, "idle"]
        assert messages[1]["content"]["data"] == {"back": i}
    again = kernel.wait_for(lambda m: m["msg_type"] == "status")
    assert again["content"]["execution_state"] == "busy"  # front ends take the last status as the kernel's
    assert again["parent_header"]["msg_id"] == cell
    for request, content in (
        ("is_complete_request", {"code": "1"}),
        ("complete_request", {"code": "Math.hypo", "cursor_pos": 9}),
        ("history_request", {"hist_access_type": "tail", "n": 1, "output": False, "raw": True}),
    ):
        kernel.collect_reply(kernel.request(request, content))
    release(kernel)
    assert kernel.collect(cell).result() == "[ 0, 1, 2 ]"


def release(kernel):
    """Lets the waiting cell end, by a cell of a subshell."""
    shell = kernel.control("create_subshell_request")["content"]["subshell_id"]
    assert kernel.collect_reply(kernel.execute_in(shell, "release()"))["content"]["status"] == "ok"
    assert kernel.control("delete_subshell_request", {"subshell_id": shell})["content"] == {"status": "ok"}


def test_a_cell_comes_after_the_comm_messages_before_it(kernel):
    kernel.run("globalThis['seen'].length = 0")
    for i in range(2_000):
        kernel.request("comm_msg", {"comm_id": "e", "data": i})
    reply = kernel.client.execute("globalThis['seen'].every((value, i) => value === i) && globalThis['seen'].length")
    assert kernel.collect(reply).result() == "2000"


def test_subshells_run_cells_beside_each_other(kernel):
    first, second = (kernel.control("create_subshell_request")["content"]["subshell_id"] for _ in range(2))
    assert kernel.control("list_subshell_request")["content"]["subshell_id"] == [first, second]
    cells = {
        shell: kernel.execute_in(shell, f"const at{i} = await new Promise((r) => {{ globalThis['end{i}'] = r }}); at{i}")
        for i, shell in enumerate((None, first))
    }
    behind = kernel.execute_in(first, "'behind'")
    ended = kernel.execute_in(second, "while (!globalThis['end0'] || !globalThis['end1']) await sleep(1); globalThis['end1'](7)")
    assert kernel.collect_reply(ended)["content"]["status"] == "ok"
    reply = kernel.collect_reply(cells[first])
    assert reply["parent_header"]["subshell_id"] == first
    assert reply["parent_header"]["msg_id"] == cells[first]
    assert kernel.collect_reply(behind)["content"]["status"] == "ok"
    assert kernel.collect_reply(kernel.execute_in(second, "globalThis['end0'](8)"))["content"]["status"] == "ok"
    assert kernel.collect_reply(cells[None])["content"]["status"] == "ok"
    assert kernel.run("[at0, at1]").result() == "[ 8, 7 ]"
    for shell in (first, second):
        assert kernel.control("delete_subshell_request", {"subshell_id": shell})["content"]["status"] == "ok"
    assert kernel.control("list_subshell_request")["content"] == {"status": "ok", "subshell_id": []}


def test_an_unknown_subshell_is_an_error(kernel):
    for shell in ("none", 5):
        asked = kernel.execute_in(shell, "globalThis['ran'] = true")
        assert kernel.collect_reply(asked)["content"]["ename"] == "SubshellError"
        assert [m["content"]["execution_state"] for m in kernel.collect_idle(asked)] == ["busy", "idle"]
        assert kernel.control("delete_subshell_request", {"subshell_id": shell})["content"]["status"] == "error"
    assert kernel.run("'ran' in globalThis").result() == "false"


def test_an_interrupt_stops_all_that_runs(kernel):
    shell = kernel.control("create_subshell_request")["content"]["subshell_id"]
    cells = [kernel.execute_in(where, "console.log('runs'); for (;;) await sleep(1)") for where in (None, shell)]
    for cell in cells:
        kernel.wait_for(lambda m, cell=cell: m["msg_type"] == "stream" and m["parent_header"]["msg_id"] == cell)
    kernel.control("interrupt_request")
    for cell in cells:
        assert kernel.collect_reply(cell)["content"]["ename"] == "Interrupted"
    kernel.control("delete_subshell_request", {"subshell_id": shell})


def test_a_handler_works_after_the_cell_that_set_it_was_interrupted(kernel):
    running = kernel.client.execute(
        "onComm('late', (comm) => comm.onMessage(async ({ data }) => {\n"
        "  for (;;) { await sleep(1); comm.send({ back: data }); if (data !== 'forever') return } }))\n"
        "console.log('set'); await new Promise(() => {})"
    )
    kernel.wait_for_print("set")
    kernel.control("interrupt_request")
    assert kernel.collect(running).status == "error"
    kernel.request("comm_open", {"comm_id": "l", "target_name": "late", "data": {}})
    kernel.request("comm_msg", {"comm_id": "l", "data": 1})
    assert kernel.wait_for(lambda m: m["msg_type"] == "comm_msg")["content"]["data"] == {"back": 1}
    # Its promises are stopped where nothing else runs.
    kernel.request("comm_msg", {"comm_id": "l", "data": "forever"})
    kernel.wait_for(lambda m: m["msg_type"] == "comm_msg")
    kernel.control("interrupt_request")
    kernel.run("await sleep(20)")
    assert "comm_msg" not in kernel.run("await sleep(20)").types() + kernel.left_types()


def test_typed_arrays_go_as_lists_and_bytes_do_not_go_silently(kernel):
    kernel.run("import { openComm } from 'codebook'; const out = openComm('view', { weights: Float32Array.of(1, 0.5) })")
    run = kernel.run("out.send({ weights: new Float32Array(1_000_000) })")
    (sent,) = run.of("comm_msg")
    assert len(sent["content"]["data"]["weights"]) == 1_000_000
    failed = kernel.run("out.send({ weights: new ArrayBuffer(8) })")
    assert failed.status == "error"
    assert "buffers" in failed.content["evalue"]
