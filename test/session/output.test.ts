import { spawnSync } from "node:child_process";
import path from "node:path";
import { stripVTControlCharacters } from "node:util";
import { Notebook } from "./notebook";

let notebook: Notebook;
beforeAll(async () => {
  notebook = await Notebook.open();
});
afterAll(() => notebook.close());

describe("console", () => {
  test("prints as Node does, to the stream that Node uses", async () => {
    const ran = await notebook.run(
      'console.log({ a: { b: { c: { d: 1 } } } }, "%s", 1); console.info("i"); console.debug("d"); console.warn("w"); console.error("e");',
    );
    expect(ran.stdout).toBe("{ a: { b: { c: [Object] } } } %s 1\ni\nd\n");
    expect(ran.stderr).toBe("w\ne\n");
  });

  test("table, count, dir, assert, group and time", async () => {
    const ran = await notebook.run(
      'console.table([{ a: 1 }]); console.count("c"); console.count("c"); console.dir({ x: { y: { z: {} } } }, { depth: 0 }); console.assert(1 > 2, "no"); console.group("G"); console.log("in"); console.time("t"); console.timeEnd("t");',
    );
    expect(ran.stdout).toMatch(/│ 0 {7}│ 1 │/);
    expect(ran.stdout).toMatch("c: 1\nc: 2\n{ x: [Object] }\nG\n  in\n  t: ");
    expect(ran.stderr).toBe("Assertion failed: no\n");
    expect((await notebook.run('console.log("not indented")')).stdout).toBe("not indented\n");
  });

  test("trace names the cell", async () => {
    const ran = await notebook.run('function traced() { console.trace("here") }\ntraced()');
    expect(ran.stderr).toMatch("Trace: here");
  });

  test("the standard streams write to the cell", async () => {
    const ran = await notebook.run(
      'process.stdout.write("raw"); process.stdout.write(Buffer.from("ü")); process.stderr.write("err"); await new Promise<void>((done) => process.stdout.write("!", () => done()));',
    );
    expect([ran.stdout, ran.stderr]).toEqual(["rawü!", "err"]);
  });
});

test("what an earlier cell's timers print goes to that cell", async () => {
  const first = await notebook.run(
    'setTimeout(() => console.log("from the first"), 30); setTimeout(async () => { await null; process.stdout.write("too") }, 40)',
  );
  const second = await notebook.run('console.log("second"); await sleep(100); console.log("end")');
  expect(first.stdout).toBe("from the first\ntoo");
  expect(second.stdout).toBe("second\nend\n");
});

test("errors that no cell waits for are printed and end nothing", () => {
  // In a process of its own: a test runner takes such errors for itself.
  const script = `
    const { createLanguage } = require(${JSON.stringify(path.resolve(__dirname, "../../kernel/session/language/cell-language"))});
    const output = { stderr: "", stream(name, text) { if (name === "stderr") this.stderr += text }, display() {}, clear() {}, signal: new AbortController().signal };
    void createLanguage({ cwd: ${JSON.stringify(notebook.folder)} }).then(async (language) => {
      const code = 'setTimeout(() => { throw new Error("in a timer") }, 1);\\nvoid Promise.reject(new Error("unhandled"));\\nawait sleep(30); "alive"';
      const result = await language.execute(code, { executionCount: 1, silent: false, output });
      language.close();
      console.log(JSON.stringify({ result, stderr: output.stderr }));
    });`;
  const { status, stdout } = spawnSync(process.execPath, ["-e", script], { encoding: "utf8", timeout: 25_000 });
  expect(status).toBe(0);
  const { result, stderr } = JSON.parse(stdout) as { result: unknown; stderr: string };
  expect(result).toMatchObject({ status: "ok", result: { data: { "text/plain": "'alive'" } } });
  expect(stripVTControlCharacters(stderr)).toMatch("Uncaught Error: in a timer\nCell [1], line 1");
  expect(stripVTControlCharacters(stderr)).toMatch("Uncaught Error: unhandled\nCell [1], line 2");
});

describe("display", () => {
  test("shows values and bundles, and updates them", async () => {
    const ran = await notebook.run(
      'const h = display("a"); h.update("b"); display({ data: { "text/html": "<i>" }, metadata: { isolated: true } }, { displayId: "mine" }); display({ "image/png": "AA==" }); undefined',
    );
    expect(ran.shown).toHaveLength(4);
    const [first, second, third, fourth] = ran.shown;
    expect(first).toMatchObject({ bundle: { data: { "text/plain": "'a'" } }, update: false });
    expect(second).toMatchObject({
      bundle: { data: { "text/plain": "'b'" } },
      update: true,
      displayId: first?.displayId,
    });
    expect(third).toMatchObject({
      bundle: { data: { "text/html": "<i>" }, metadata: { isolated: true } },
      displayId: "mine",
    });
    expect(fourth).toMatchObject({ bundle: { data: { "image/png": "AA==" } } });
    // Clients that execute notebooks listen to the running cell only: an update goes out as output of the cell that makes it.
    const later = await notebook.run('h.update("from a later cell")');
    expect(later.shown).toMatchObject([{ update: true, displayId: first?.displayId }]);
    expect(ran.shown).toHaveLength(4);
  });

  test("as the last expression shows once", async () => {
    const ran = await notebook.run('display("once")');
    expect(ran.shown).toHaveLength(1);
    expect(ran.result).toEqual({ status: "ok" });
  });

  test("html and markdown", async () => {
    const ran = await notebook.run('const evil = "<script>"; html`<b>${evil}</b>${html("<i>")}`');
    expect(ran.result).toMatchObject({ result: { data: { "text/html": "<b>&lt;script&gt;</b><i>" } } });
    expect((await notebook.run('markdown("# T")')).result).toMatchObject({
      result: { data: { "text/markdown": "# T" } },
    });
  });

  test("a value shows itself by Jupyter.display, in time or later", async () => {
    await notebook.run(
      'class Shows { constructor(private how: () => any) {} [Symbol.for("Jupyter.display")]() { return this.how() } }',
    );
    expect((await notebook.run('new Shows(() => ({ "text/html": "<p>" }))')).result).toMatchObject({
      result: { data: { "text/html": "<p>", "text/plain": expect.stringContaining("Shows") as string } },
    });
    expect(
      (await notebook.run('new Shows(async () => ({ data: { "text/plain": "async" }, metadata: { m: 1 } }))')).result,
    ).toEqual({
      status: "ok",
      result: { data: { "text/plain": "async" }, metadata: { m: 1 } },
    });
    for (const how of ['() => { throw new Error("broken") }', "() => 5", 'async () => { throw new Error("broken") }'])
      expect((await notebook.run(`new Shows(${how})`)).text).toMatch("Jupyter.display method failed");
  });

  test("clearOutput, input, prompt and password", async () => {
    const ran = await notebook.run('clearOutput(true); clearOutput(); [input("a"), await prompt("b"), password("c")]');
    expect(ran.cleared).toEqual([true, false]);
    expect(ran.asked).toEqual([
      ["a", false],
      ["b", false],
      ["c", true],
    ]);
    expect(ran.text).toBe("[ 'answer to a', 'answer to b', 'answer to c' ]");
  });
});

describe("values of every kind are printed, none throws", () => {
  test.each([
    [
      'new Proxy({}, { get() { throw new Error("trap") }, has() { throw 1 }, getPrototypeOf() { throw 2 }, getOwnPropertyDescriptor() { throw 3 }, ownKeys() { throw 4 } })',
      /^Proxy/,
    ],
    ["Proxy.revocable({}, {}).proxy", /Proxy/],
    ["(() => { const r = Proxy.revocable({}, {}); r.revoke(); return r.proxy })()", /^<Revoked Proxy>$/],
    ["({ get boom(): number { throw new Error() } })", /\{ boom: \[Getter\] \}/],
    ["(() => { const o: any = {}; o.self = o; return o })()", /Circular \*1/],
    ["({ get [Symbol.toStringTag](): string { throw new Error() } })", /^[[{].*[\]}]$/],
    ['({ [Symbol.for("nodejs.util.inspect.custom")]() { throw new Error("custom") } })', /cannot be printed: custom/],
    ["Object.create(null)", /null prototype/],
    ["new Float32Array(1000)", /900 more items/],
    ["Symbol('s')", /Symbol\(s\)/],
    ["10n", /^10n$/],
    ["() => 1", /\[Function/],
    ["new Error('as a value')", /Error: as a value/],
    [
      "({ get [Symbol.for('Jupyter.display')](): any { throw 1 } })",
      // Node 24 writes a symbol without brackets.
      /^\{ (\[Symbol\(Jupyter\.display\)\]|Symbol\(Jupyter\.display\)): \[Getter\] \}$/,
    ],
  ])("%s", async (code, pattern) => {
    expect(await notebook.value(code)).toMatch(pattern);
  });
});
