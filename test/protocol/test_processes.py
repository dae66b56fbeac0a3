"""Children of cells, what is written beneath JavaScript, and what would end the kernel."""

import json
import os
import subprocess
import time

import pytest
from client import HANG, Kernel
from jupyter_client.kernelspec import KernelSpecManager

IMPORTS = "import { execSync, spawn, spawnSync } from 'node:child_process'; import fs from 'node:fs'"


@pytest.fixture(scope="module")
def owner(work_folder):
    with Kernel(cwd=str(work_folder)) as kernel:
        assert kernel.run(IMPORTS).status == "ok"
        yield kernel


def interrupted(kernel, code):
    running = kernel.client.execute("console.log('started');\n" + code)
    kernel.wait_for(lambda m: m["msg_type"] == "stream" and m["parent_header"]["msg_id"] == running)
    time.sleep(0.2)
    kernel.control("interrupt_request")
    return kernel.collect(running)


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")")[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until_gone(pid):
    end = time.monotonic() + HANG
    while is_running(pid):
        assert time.monotonic() < end, "the child did not end"
        time.sleep(0.02)


def test_writes_beneath_javascript_keep_their_place(owner):
    run = owner.run(
        "console.log('a'); execSync('echo b', { stdio: 'inherit' }); console.log('c'); fs.writeSync(1, 'd\\n'); console.log('e');\n"
        "spawnSync('sh', ['-c', 'echo f'], { stdio: 'inherit' }); console.log('g');\n"
        "await new Promise((r) => spawn('sh', ['-c', 'echo h; echo i >&2'], { stdio: 'inherit' }).on('exit', r))"
    )
    assert run.text() == "a\nb\nc\nd\ne\nf\ng\nh\n"
    assert run.text("stderr") == "i\n"


def test_a_character_in_two_writes_stays_whole(owner):
    run = owner.run(
        "for (const byte of Buffer.from('é😀')) fs.writeSync(1, Buffer.from([byte])); console.log();\n"
        "for (const byte of Buffer.from('é😀')) process.stdout.write(Buffer.from([byte])); console.log();\n"
        "for (const byte of Buffer.from('ü')) process.stderr.write(Buffer.from([byte]))"
    )
    assert run.text() == "é😀\né😀\n"
    assert run.text("stderr") == "ü"


@pytest.mark.parametrize(
    "code",
    [
        "execSync('sleep 600')",
        "spawnSync('sh', ['-c', 'sleep 600; true'])",
        "for (;;) try { execSync('sleep 600') } catch {}",
        "execSync('yes', { stdio: 'inherit' })",
    ],
)
def test_an_interrupt_reaches_the_child_that_is_waited_for(owner, code):
    assert interrupted(owner, code).content["ename"] == "Interrupted"
    assert owner.run("1").status == "ok"


def test_an_interrupt_stops_the_children_of_its_cell_only(owner):
    other = int(owner.run("const other = spawn('sleep', ['600']); other.pid").result())
    ended = interrupted(owner, "globalThis['own'] = spawn('sh', ['-c', 'sleep 600; true']).pid; await new Promise(() => {})")
    assert ended.status == "error"
    wait_until_gone(int(owner.run("globalThis['own']").result()))
    assert is_running(other)


def test_timers_end_with_the_interrupt(owner):
    ended = interrupted(
        owner,
        "globalThis['ticks'] = 0; setInterval(() => globalThis['ticks']++, 1);\n"
        "const chain = () => setImmediate(() => { globalThis['ticks']++; chain() }); chain(); await new Promise(() => {})",
    )
    assert ended.status == "error"
    assert owner.run("const ticks = globalThis['ticks']; await sleep(50); globalThis['ticks'] - ticks").result() == "0"


def test_a_cell_that_clears_listeners_does_not_end_the_kernel(owner):
    owner.run("process.removeAllListeners(); process.removeAllListeners('SIGINT')")
    run = owner.run("setTimeout(() => { throw new Error('stray') }, 1); void Promise.reject(new Error('lost')); await sleep(50)")
    assert "stray" in run.text("stderr") and "lost" in run.text("stderr")
    os.kill(owner.manager.provisioner.pid, 2)
    assert owner.run("1").status == "ok"


def test_children_end_with_the_kernel_and_detached_ones_do_not(work_folder):
    with Kernel(cwd=str(work_folder)) as kernel:
        kernel.run(IMPORTS)
        pids = json.loads(
            kernel.run(
                "const stubborn = spawn('sh', ['-c', \"trap '' TERM INT; sleep 600\"]);\n"
                "const free = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' });\n"
                "JSON.stringify([spawn('sleep', ['600']).pid, stubborn.pid, free.pid])"
            ).result()[1:-1]
        )
        kernel.control("shutdown_request", {"restart": False})
        for pid in pids[:2]:
            wait_until_gone(pid)
        assert is_running(pids[2])
        os.kill(pids[2], 9)


def test_exit_in_a_cell_answers_it(work_folder):
    with Kernel(cwd=str(work_folder)) as kernel:
        run = kernel.run("process.exit(3)")
        assert run.content["ename"] == "KernelEnded"
        assert "exit code 3" in run.text("stderr")


def test_out_of_memory_is_explained_after_the_restart(work_folder, tmp_path):
    spec = KernelSpecManager().get_kernel_spec("codebook").to_dict()
    spec["argv"][1:1] = ["--max-old-space-size=96"]
    folder = os.path.join(os.environ["JUPYTER_DATA_DIR"], "kernels", "small")
    os.makedirs(folder)
    with open(os.path.join(folder, "kernel.json"), "w") as file:
        json.dump(spec, file)
    from jupyter_client.manager import KernelManager

    with Kernel(KernelManager(kernel_name="small"), cwd=str(work_folder), stderr=subprocess.DEVNULL) as kernel:
        kernel.run("1")
        kernel.client.execute("const kept: unknown[] = []; for (;;) kept.push(new Array(1_000).fill(0.5))")
        end = time.monotonic() + HANG
        while kernel.manager.is_alive():
            assert time.monotonic() < end, "the memory did not run out"
            time.sleep(0.05)
        kernel.manager.restart_kernel(now=True)
        kernel.client.wait_for_ready(timeout=HANG)
        said = kernel.run("2").text("stderr")
        assert "ran out of memory while Cell [2] ran" in said
        assert "const kept: unknown[] = []" in said
        assert "--max-old-space-size" in said
        assert kernel.run("3").text("stderr") == ""
        folder, own = os.path.split(kernel.manager.connection_file)
        assert [name for name in os.listdir(folder) if name.startswith(own[:-5] + ".out-of-memory")] == []
