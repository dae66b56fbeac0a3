import { Notebook } from "./notebook";

let notebook: Notebook;
beforeAll(async () => {
  notebook = await Notebook.open();
  await notebook.run("let ticks = 0; async function forever() { for (;;) { await sleep(1); ticks++ } }");
});
afterAll(() => notebook.close());

const interrupted = "KeyboardInterrupt: Execution interrupted";

/** Whether `ticks` still grows. */
async function isQuiet(): Promise<string | undefined> {
  return notebook.value("{ const seen = ticks; await sleep(60); var quiet = seen === ticks } quiet");
}

test.each([
  "await new Promise(() => {})",
  "new Promise(() => {})",
  "await forever()",
  "forever()",
  "for (;;) { await sleep(1); ticks++ }",
  "for await (const x of (async function* () { for (;;) { await sleep(1); yield ticks++ } })());",
  "for await (const x of (async function* () { await new Promise(() => {}) })());",
  "await Promise.all([forever(), forever()])",
  "await new Promise((_, reject) => setTimeout(reject, 100000, new Error()).unref())",
])("%s ends, and stays ended", async (code) => {
  const ran = await notebook.runInterrupted(code);
  expect(ran.error).toBe(interrupted);
  expect(await isQuiet()).toBe("true");
});

test("finally runs, and may await", async () => {
  const ran = await notebook.runInterrupted(
    'try { await new Promise(() => {}) } finally { await null; console.log("cleaned up") }',
  );
  expect(ran.stdout).toBe("cleaned up\n");
});

test("a loop that catches the interrupt ends too", async () => {
  const ran = await notebook.runInterrupted("for (;;) { try { await sleep(1); ticks++ } catch {} }");
  expect(ran.error).toBe(interrupted);
  await notebook.value("await sleep(1100)");
  expect(await isQuiet()).toBe("true");
});

test("state set before the interrupt stays, and types do", async () => {
  await notebook.runInterrupted("let half = 'set'; await new Promise(() => {}); half = 'never'");
  expect(await notebook.value("half.toUpperCase()")).toBe("'SET'");
});

test("a cell that catches still reports the interrupt", async () => {
  const ran = await notebook.runInterrupted("try { await new Promise(() => {}) } catch (error) { 'caught' }");
  expect(ran.error).toBe(interrupted);
});

test("cells that are not interrupted go on", async () => {
  await notebook.run("let own = 0; const timer = setInterval(async () => { await null; own++ }, 1);");
  await notebook.runInterrupted("await new Promise(() => {})");
  expect(
    await notebook.value("{ const seen = own; await sleep(60); var grew = own > seen } clearInterval(timer); grew"),
  ).toBe("true");
});

test("an interrupt when nothing runs does nothing", async () => {
  notebook.language.interrupt(new Error("late"));
  expect(await notebook.value("await sleep(5); 'ran'")).toBe("'ran'");
});
