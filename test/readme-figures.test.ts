/** The bits and decibels that README.md tells are those of the studies' own outputs, in the same digits. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const root = resolve(__dirname, "../..");

interface Notebook {
  readonly cells: readonly {
    readonly outputs?: readonly { readonly data?: Readonly<Record<string, string | readonly string[]>> }[];
  }[];
}

/** All that a study's cells show as text. */
function shownBy(study: string): string {
  const { cells } = JSON.parse(readFileSync(join(root, "examples", `${study}.ipynb`), "utf8")) as Notebook;
  const outputs = cells.flatMap(({ outputs: own }) => own ?? []);
  return outputs.map(({ data }) => [data?.["text/plain"] ?? ""].flat().join("")).join("\n");
}

const first = shownBy("01-what-four-bits-cost");
const second = shownBy("02-entropy-coded-quantization");

/** Of a study's table the bits of what was touched, and the SQNR: size, unit, share, "%", bits of all, bits of what was touched, SQNR, zeros. */
function figuresOf(text: string, variant: string): [bits: string, sqnr: string] {
  const row = text.split("\n").find((line) => line.startsWith(`${variant}  `) && / (MiB|KiB) /.test(line));
  const [, bits, sqnr] = /iB +[\d.]+ % +[\d.]+ +([\d.]+) +([\d.]+) +[\d.]+$/.exec(row ?? "") ?? [];
  if (bits === undefined) throw new Error(`no study shows ${variant}`);
  return [bits, sqnr];
}

test.each([
  ["linear, 4 bits, groups of 64", first, "linear g64"],
  ["the same, then Huffman", first, "linear g64 + huffman"],
  ["mean-constrained, 4 bits, groups of 64", first, "mean-constrained g64"],
  ["sorted (equal bins), 4 bits", first, "sorted"],
  ["magnitude, half pruned globally, float32 kept", first, "global 50 %"],
  ["nf4", second, "nf4"],
  ["ggml Q4_0", second, "Q4_0"],
  ["one step for all layers, rANS", second, "one step, rANS"],
  ["trellis of 8 states, rANS", second, "trellis, rANS"],
])("%s", (row, study, variant) => {
  const readme = readFileSync(join(root, "README.md"), "utf8").split("\n");
  const cells = readme.find((line) => line.startsWith(`| ${row} `))?.split("|") ?? [];
  const said = cells.slice(2, 4).map((cell) => cell.trim().replace(" dB", ""));
  expect(said).toEqual(figuresOf(study, variant));
});

test("each row of that table is one of these", () => {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const table = /\| recipe +\| bits per weight[^\n]*\n[^\n]*\n((?:\|[^\n]*\n)+)/.exec(readme)?.[1] ?? "";
  expect(table.trim().split("\n")).toHaveLength(9);
});
