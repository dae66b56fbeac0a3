/** What other libraries make of the corpus: `npm run corpus`, held to the table that is committed. A library that reads better than it did is a
 *  difference too: then the table, and what its README says of faults, are renewed. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { hasModules, itWith, referencePython } from "../references";
import { inFull, isFull } from "../tiers";

const folder = join(__dirname, "../../../test/fixtures/stored-codes");
const committed = readFileSync(join(folder, "outcomes.txt"), "utf8");

/** For each checkpoint and reader one word: right, rounded, WRONG, refuses, or a dot where it does not say that it reads it, or is not here. */
function tableOf(text: string): Record<string, string> {
  const [head, ...lines] = text.split("\n").map((line) => line.split(" | ").map((cell) => cell.trim()));
  return Object.fromEntries(
    lines
      .filter(({ length }) => length === head.length)
      .flatMap(([name, ...cells]) => cells.map((cell, at) => [`${name}, ${head[at + 1]}`, cell])),
  );
}

it("the committed table shows the faults that its README tells of", () => {
  const wrong = Object.entries(tableOf(committed)).filter(([, cell]) => cell === "WRONG");
  expect(wrong.map(([name]) => name).sort()).toEqual([
    "compressed-tensors-mixed-bits, transformers, dequantize",
    "compressed-tensors-old-3-bit, compressed-tensors",
    "compressed-tensors-old-3-bit, transformers, dequantize",
    "fp8-block-ragged-600, transformers",
    "fp8-block-ragged-600, transformers, dequantize",
  ]);
  const names = Object.keys(tableOf(committed)).map((name) => name.split(",")[0]);
  expect(names.filter((name) => !existsSync(join(folder, name, "case.json")))).toEqual([]);
});

// Elsewhere nothing is asked of Python, which takes seconds to say.
const isHere = isFull && hasModules("torch", "transformers", "compressed_tensors", "bitsandbytes");

inFull(itWith(isHere))(
  "the libraries read each checkpoint as the table says",
  async () => {
    const script = join(folder, "read_corpus.py");
    const { stdout } = await promisify(execFile)(referencePython, [script], { maxBuffer: 1 << 24 });
    const [now, before] = [tableOf(stdout), tableOf(committed)];
    expect(Object.keys(now).length).toBeGreaterThan(100);
    const known = Object.entries(now).filter(([name, cell]) => cell !== "." && (before[name] ?? ".") !== ".");
    expect(Object.fromEntries(known)).toEqual(Object.fromEntries(known.map(([name]) => [name, before[name]])));
    const lost = Object.keys(before).filter((name) => !(name in now));
    expect(lost).toEqual([]);
  },
  30 * 60_000,
);
