"""What a user reads when something goes wrong: the names and lines of the cells, and nothing of the kernel's."""

import re

import pytest


def plain(text):
    return re.sub(r"\x1b\[\d+m", "", text)


def traceback(run):
    (message,) = run.of("error")
    return plain("\n".join(message["content"]["traceback"]))


@pytest.fixture(scope="module", autouse=True)
def names(kernel):
    assert kernel.run("const obj: any = {}; const five: any = 5; let none: any;").status == "ok"


# Sample → the message, and for the parts that a cell does not wait for, where it is said.
THROWN = [
    ("obj.nope()", "obj.nope is not a function"),
    ("five()", "five is not a function"),
    ("new five()", "five is not a constructor"),
    ("for (const x of five) x", "five is not iterable"),
    ("const { a } = none", "Cannot destructure property 'a' of 'none' as it is undefined."),
    ("((await Promise.resolve(5)) as any).nope()", "(intermediate value).nope is not a function"),
    ("await Promise.all([1].map(async (x) => obj.nope(x)))", "obj.nope is not a function"),
    ("throw 'text'", "text"),
    ("throw null", "null"),
    ("throw Object.freeze(new Error('frozen'))", "frozen"),
    ("structuredClone(() => 1)", "() => 1 could not be cloned."),
]


@pytest.mark.parametrize("code,message", THROWN, ids=[code for code, _ in THROWN])
def test_thrown(kernel, code, message):
    run = kernel.run("\n" + code)
    assert run.content["evalue"] == message
    shown = traceback(run)
    assert not re.search(r"node:|\$prev|\$cell|lib/kernel", shown)
    if not code.startswith("throw '") and not code.startswith("throw null"):
        assert f"Cell [{run.content['execution_count']}], line 2" in shown


def test_what_no_cell_waits_for(kernel):
    run = kernel.run(
        """import { EventEmitter } from "node:events";
import { Worker } from "node:worker_threads";
setTimeout(() => { throw new Error("timer") });
setImmediate(() => new EventEmitter().emit("error", new Error("unheard")));
void Promise.reject(new Error("unhandled"));
queueMicrotask(() => { throw new Error("microtask") });
const worker = new Worker("throw new Error('inside')", { eval: true });
await new Promise<void>((end) => worker.on("error", (e) => { setImmediate(end); throw new Error("of " + e.message) }));
await sleep(1)"""
    )
    assert run.status == "ok"
    shown = plain(run.text("stderr"))
    cell = f"Cell [{run.content['execution_count']}]"
    for message, line in [("timer", 3), ("unheard", 4), ("unhandled", 5), ("microtask", 6), ("of inside", 8)]:
        assert f"Uncaught Error: {message}\n{cell}, line {line}\n" in shown
    assert not re.search(r"\(node:|lib/kernel", shown)


def test_logged_and_shown(kernel):
    run = kernel.run(
        """const e: any = new TypeError("boom", { cause: new RangeError("why") }); e.code = "E_BOOM";
console.log(e); console.error([e]); console.trace("here");
await Promise.allSettled([Promise.reject(e)])"""
    )
    cell = f"Cell [{run.content['execution_count']}]"
    for shown in (run.text(), run.text("stderr"), run.result()):
        assert "TypeError: boom\n" in shown and f"at {cell}, line 1" in shown
        assert "code: 'E_BOOM'" in shown and "[cause]: RangeError: why" in shown
        assert not re.search(r"\(node:|lib/kernel", shown)
    assert f"Trace: here\n    at {cell}, line 2\n" in run.text("stderr")


def test_properties_and_circles(kernel):
    run = kernel.run("import fs from 'node:fs';\nfs.readFileSync('/no/such/file')")
    assert "code: 'ENOENT'" in traceback(run) and "line 2" in traceback(run)
    run = kernel.run("const a: any = new Error('a'); a.cause = new Error('b', { cause: a }); throw a")
    assert traceback(run).count("Error: a") == 1 and traceback(run).count("Caused by Error: b") == 1
