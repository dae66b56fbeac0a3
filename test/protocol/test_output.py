"""Much output, and output while the main thread is busy."""


def test_a_hundred_thousand_lines(kernel):
    run = kernel.run("for (let i = 0; i < 100_000; i++) console.log('line ' + i)")
    assert run.status == "ok"
    assert run.text().splitlines() == [f"line {i}" for i in range(100_000)]
    assert run.messages[-1]["msg_type"] == "status"
    assert len(run.messages) < 2_000


def test_much_text_at_once(kernel):
    run = kernel.run("console.log('é𝒳'.repeat(3_000_000))")
    assert run.text() == "é𝒳" * 3_000_000 + "\n"


def test_many_displays(kernel):
    run = kernel.run("for (let i = 0; i < 5000; i++) { display(i); if (i % 10 === 0) console.log(i) }")
    assert [m["content"]["data"]["text/plain"] for m in run.of("display_data")] == [str(i) for i in range(5000)]
    assert run.text().splitlines() == [str(i) for i in range(0, 5000, 10)]


def test_seen_inside_a_busy_loop(kernel):
    running = kernel.client.execute("console.log('now'); console.error('and now'); for (;;) {}")
    kernel.wait_for_print("and now")
    kernel.control("interrupt_request")
    assert kernel.collect(running).status == "error"


def test_progress(kernel):
    run = kernel.run(
        "import { currentHost } from " + repr(host()) + "\n"
        "for (let i = 0; i <= 30; i++) { currentHost().progress?.({ task: 'quantizing', done: i, total: 30, unit: 'layers',"
        " item: 'layer.' + i }); await sleep(30) }"
    )
    assert run.status == "ok", run.content
    (first,) = run.of("display_data")
    updates = run.of("update_display_data")
    assert "quantizing" in first["content"]["data"]["text/plain"]
    assert "<progress" in first["content"]["data"]["text/html"]
    assert 1 <= len(updates) <= 14
    # Nothing is left of a line that was the cell's only output.
    assert run.types()[-2:] == ["clear_output", "status"]
    ids = {m["content"]["transient"]["display_id"] for m in [first, *updates]}
    assert len(ids) == 1


def host():
    from conftest import ROOT

    return str(ROOT / "lib" / "kernel" / "host")
