import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { explainLastEnd, watchMemory } from "../../kernel/session/out-of-memory";

const folder = mkdtempSync(path.join(tmpdir(), "memory-"));
const connection = path.join(folder, "kernel-1.json");
afterAll(() => rmSync(folder, { recursive: true }));

test("a report that was written while a cell ran becomes a sentence, once; another kernel's stays", () => {
  expect(explainLastEnd(connection)).toBeUndefined();
  const note = watchMemory(connection);
  note(7, "\n  const big = new Map()\nfill(big)");
  writeFileSync(
    path.join(folder, process.report.filename),
    JSON.stringify({ javascriptHeap: { heapSizeLimit: 96 * 2 ** 20 } }),
  );
  expect(process.report.directory).toBe(folder);
  expect(explainLastEnd(path.join(folder, "kernel-2.json"))).toBeUndefined();
  const said = explainLastEnd(connection);
  expect(said).toContain("while Cell [7] ran, which begins with `const big = new Map()`");
  expect(said).toContain("all of their 96 MB");
  expect(readdirSync(folder)).toEqual([]);
  expect(explainLastEnd(connection)).toBeUndefined();
});

test("a torn report, and one from before the first cell, say what they can", () => {
  watchMemory(connection);
  writeFileSync(path.join(folder, process.report.filename), '{"javascriptHeap": ');
  expect(explainLastEnd(connection)).toMatch(/before a cell ran: .* all of their [\d,]+ MB/);
});
