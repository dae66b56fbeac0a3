"""Values that show themselves, results by number, magics, and the list of variables."""


def shown(kernel, code):
    run = kernel.run(code)
    assert run.status == "ok", run.content
    (message,) = run.of("execute_result")
    return message["content"]["data"]


def test_tensors_and_typed_arrays(kernel):
    text = shown(kernel, "new Float32Array(1e6).map((_, i) => i / 2)")["text/plain"]
    assert text.startswith("Float32Array(1000000) [") and len(text) < 3000
    assert text.endswith("shape (1000000), float32, range 0 … 500000")
    text = shown(
        kernel,
        "import { fromArrays } from 'codebook'\n"
        "fromArrays({ w: { values: new Float32Array([1, 2, 3, 4]), shape: [2, 2] } }).tensor('w')",
    )["text/plain"]
    assert text == "Tensor w: F32 [2, 2], 16 bytes\nrange 1 … 4, values [1, 2, 3, 4]"


def test_tables(kernel):
    data = shown(kernel, "[{ name: '<img src=x onerror=alert(1)>', n: 0.123456789 }, { name: 'b', n: 2 }]")
    assert data["application/vnd.codebook.view+json"]["kind"] == "table"
    assert "&lt;img" in data["text/html"] and "<img" not in data["text/html"] and "0.12346" in data["text/html"]
    run = kernel.run("console.table([{ a: 'x'.repeat(500), b: 1 }])")
    (message,) = run.of("display_data")
    assert all(len(line) <= 100 for line in message["content"]["data"]["text/plain"].splitlines())
    many = shown(kernel, "Array.from({ length: 1e6 }, (_, i) => ({ i }))")
    assert sum(len(str(part)) for part in many.values()) < 200_000


def test_foreign_figures(kernel):
    png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    assert shown(kernel, f"Buffer.from('{png}', 'base64')")["image/png"] == png
    assert "image/png" not in shown(kernel, "new Uint8Array(100)")
    spec = "{ $schema: 'https://vega.github.io/schema/vega-lite/v5.json', mark: 'bar' }"
    assert "application/vnd.vegalite.v5+json" in shown(kernel, f"({{ toSpec: () => ({spec}) }})")
    figure = shown(kernel, "({ data: [{ type: 'bar', y: new Float64Array([1, NaN]) }], layout: {} })")
    assert figure["application/vnd.plotly.v1+json"]["data"] == [{"type": "bar", "y": [1, None]}]
    assert shown(kernel, "({ outerHTML: '<b>b</b>' })")["text/html"] == "<b>b</b>"
    assert shown(kernel, "svg`<rect width=${'\"><script>'} />`")["image/svg+xml"].count("<script>") == 0
    assert "image/svg+xml" not in shown(kernel, "'<svg></svg>'")
    assert shown(kernel, "markdown`${'*a*'} **b**`")["text/markdown"] == "\\*a\\* **b**"


def test_displayed_text_has_no_quotes(kernel):
    run = kernel.run("const bar = display('0 %'); bar.update('100 %')")
    texts = [m["content"]["data"]["text/plain"] for m in run.of("display_data", "update_display_data")]
    assert texts == ["0 %", "100 %"]


def test_awkward_values_end_nothing(kernel):
    for code in (
        "({ get a() { throw new Error('no') } })",
        "new Proxy([{ a: 1 }], { get() { throw new Error('no') }, ownKeys() { throw new Error('no') } })",
        "const cyclic: any = [{ a: 1 }]; cyclic[0].self = cyclic; cyclic",
        "({ toSpec() { throw new Error('no') }, toDataURL() { throw new Error('no') }, getContext() {} })",
        "({ [Symbol.for('nodejs.util.inspect.custom')]() { throw new Error('no') } })",
        "[new Map([[1, 2]]), new Set([1]), new Date(0), /a/g, 5n, Symbol('s'), undefined]",
        "Array.from({ length: 1e6 }, (_, i) => i)",
    ):
        assert len(shown(kernel, code)["text/plain"]) < 20_000, code
    assert kernel.run("1 + 1").result() == "2"


def test_results_by_number(kernel):
    first = kernel.run("({ answer: 42 })").content["execution_count"]
    assert kernel.run("_.answer").result() == "42"
    assert kernel.run(f"__.answer + Out[{first}].answer").result() == "84"
    assert "has given no value" in kernel.run("Out[100000]").content["evalue"]
    assert kernel.run("const _ = 'mine'").status == "ok"
    kernel.run("99")
    assert kernel.run("_").result() == "'mine'"


def test_time_and_who(kernel):
    run = kernel.run("%time [1, 2].map((x) => x * 2)")
    assert "Wall time: " in run.text() and run.result() == "[ 2, 4 ]"
    assert "Wall time: " in kernel.run("%time const timed = await sleep(5)").text()
    run = kernel.run("%%time\nlet sum = 0\nfor (let i = 0; i < 10; i++) sum += i\nsum")
    assert "Wall time: " in run.text() and run.result() == "45"
    assert "sum" in kernel.run("%who").text().split()
    run = kernel.run("%time missing()")
    assert run.status == "error" and "line 1:7" in run.content["evalue"]


def test_commands(kernel):
    run = kernel.run("!echo out; echo err >&2; exit 3")
    assert run.status == "ok"
    assert run.text() == "out\n" and run.text("stderr") == "err\nThe command ended with 3.\n"
    kernel.run("const ready = true")
    assert kernel.run("!ready").result() == "false"
    running = kernel.client.execute("!echo begun; sleep 60 & sleep 60")
    kernel.wait_for_print("begun")
    kernel.control("interrupt_request")
    assert kernel.collect(running).status == "error"


def test_other_magics_are_answered_by_a_sentence(kernel):
    for code in ("%timeit f()", "%matplotlib inline", "%%bash\nls", "%pip install x"):
        content = kernel.run(code).content
        assert content["status"] == "error" and "\n" not in content["evalue"]
        assert "this kernel does not have" in content["evalue"]


def test_variables(kernel):
    kernel.run("const weights = new Float32Array(12)")
    kernel.request("comm_open", {"comm_id": "panel", "target_name": "codebook.variables", "data": {}})

    def listed():
        message = kernel.wait_for(lambda m: m["msg_type"] == "comm_msg" and m["content"]["comm_id"] == "panel")
        return {line["name"]: line for line in message["content"]["data"]["variables"]}

    line = listed()["weights"]
    assert (line["type"], line["shape"], line["dtype"], line["bytes"]) == ("Float32Array", "(12)", "float32", 48)
    kernel.client.execute("const later = 'text'")
    assert listed()["later"]["type"] == "string"
    kernel.request("comm_close", {"comm_id": "panel", "data": {}})


def test_no_result_keeps_memory(kernel):
    code = "new Float32Array(2e7).fill(1)"
    for _ in range(12):
        assert kernel.run(code).status == "ok"
    run = kernel.run("for (let i = 0; i < 20; i++) { new Float32Array(2e7); await sleep(5) }\nprocess.memoryUsage().arrayBuffers")
    assert int(run.result()) < 12 * 8e7


def test_a_debugger_is_not_advertised(kernel):
    kernel.client.kernel_info()
    reply = kernel.client.get_shell_msg(timeout=40)
    while reply["msg_type"] != "kernel_info_reply":
        reply = kernel.client.get_shell_msg(timeout=40)
    assert reply["content"]["debugger"] is False
