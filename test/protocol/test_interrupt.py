"""The interrupt button on every kind of code: the cell ends with an error, the session keeps its state."""

import os
import signal
import time

import pytest
from client import HANG

CELLS = {
    "a loop": "for (;;) {}",
    "a loop after an await": "await null; for (;;) {}",
    "a loop after a timer": "await sleep(5); for (;;) {}",
    "an await that never ends": "await new Promise(() => {})",
    "awaits of nothing": "for (;;) { await null }",
    "awaits of timers": "for (;;) { await sleep(1) }",
    "try and finally": "try { for (;;) {} } catch (error) {} finally { for (let i = 0; i < 10; i++); }",
    "a sort": "[...Array(1e5).keys()].sort(() => { let s = 0; for (let i = 0; i < 1e4; i++) s += i; return s - 1 })",
    "a native call": "JSON.parse('[' + '1,'.repeat(3e6) + '1]'); for (;;) {}",
    "a tick": "process.nextTick(() => { for (;;) {} }); await new Promise(() => {})",
    "a microtask": "queueMicrotask(() => { for (;;) {} }); await new Promise(() => {})",
    "an immediate": "setImmediate(() => { for (;;) {} }); await new Promise(() => {})",
    "a loop that catches": "while (true) { try { while (true) {} } catch (error) {} }",
    "a timer's callback": "setTimeout(() => { for (;;) {} }, 1); await new Promise(() => {})",
    "a file's callback": "require('fs').readFile('/', () => { for (;;) {} }); await new Promise(() => {})",
    "awaits that catch": "for (;;) { try { await sleep(1) } catch (error) {} }",
    "endless printing": "for (;;) console.log('x'.repeat(100))",
}


def interrupt_when_started(kernel, code, how):
    run = kernel.client.execute("console.log('started');\n" + code, allow_stdin=False)
    kernel.wait_for(lambda m: m["msg_type"] == "stream" and m["parent_header"]["msg_id"] == run)
    time.sleep(0.1)
    how()
    return kernel.collect(run)


@pytest.mark.parametrize("kind", CELLS)
def test_every_kind_of_code(kernel, kind):
    kernel.run("globalThis['kept'] = 41")
    ended = interrupt_when_started(kernel, CELLS[kind], lambda: kernel.control("interrupt_request"))
    assert ended.status == "error"
    assert ended.content["ename"] == "Interrupted"
    assert ended.content["traceback"]
    assert kernel.run("globalThis['kept'] + 1").result() == "42"


def test_by_signal(kernel):
    pid = kernel.manager.provisioner.pid
    for code in ("for (;;) {}", "await null; for (;;) {}", "await new Promise(() => {})"):
        assert interrupt_when_started(kernel, code, lambda: os.kill(pid, signal.SIGINT)).status == "error"
    for _ in range(20):
        os.kill(pid, signal.SIGINT)
    time.sleep(0.3)  # a signal that is still on its way belongs to whatever runs when it arrives
    kernel.run("0")
    assert kernel.run("1").status == "ok"


def test_nothing_to_interrupt(kernel):
    for _ in range(5):
        assert kernel.control("interrupt_request")["content"]["status"] == "ok"
    time.sleep(0.3)
    assert kernel.run("1 + 1").result() == "2"


def test_the_cells_own_loops_stop(kernel):
    interrupt_when_started(
        kernel,
        "globalThis['ticks'] = 0; const tick = async () => { for (;;) { await sleep(1); globalThis['ticks']++ } }; await tick()",
        lambda: kernel.control("interrupt_request"),
    )
    before = kernel.run("globalThis['ticks']").result()
    time.sleep(0.2)
    assert kernel.run("globalThis['ticks']").result() == before


def test_async_storage_does_not_matter(kernel):
    kernel.run("import { AsyncLocalStorage } from 'node:async_hooks'; const storage = new AsyncLocalStorage<number>()")
    for code in ("await sleep(1); for (;;) {}", "setTimeout(() => { for (;;) {} }, 1); await new Promise(() => {})"):
        wrapped = f"await storage.run(1, async () => {{ {code} }})"
        ended = interrupt_when_started(kernel, wrapped, lambda: kernel.control("interrupt_request"))
        assert ended.status == "error"
    assert kernel.run("storage.run(5, () => storage.getStore())").result() == "5"


def test_what_was_queued_is_aborted(kernel):
    running = kernel.client.execute("console.log('started'); for (;;) {}")
    queued = kernel.client.execute("1")
    kernel.wait_for_print("started")
    kernel.control("interrupt_request")
    assert kernel.collect_reply(running)["content"]["status"] == "error"
    assert kernel.collect_reply(queued)["content"]["status"] == "aborted"
