/** A large layer goes through steps of groups, rows and blocks in pieces: what is resident grows by its codes, not by its weights. Each step runs
 *  in a process of its own, whose peak is measured from inside (test/bench/layer-memory.mjs). */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { compress, fromArrays, kMeans, lowRank, merge, nf4, OptionError } from "../../kernel";
import { isFull } from "../tiers";

const bench = pathToFileURL(join(__dirname, "..", "..", "..", "test", "bench", "layer-memory.mjs")).href;
/** A layer of 64 MiB and less is held between the passes, so that a smaller one shows nothing. */
const mebibytes = isFull ? 256 : 72;

test(`a layer of ${mebibytes} MiB stays under ${isFull ? 300 : 210} MB resident`, () => {
  const folder = mkdtempSync(join(tmpdir(), "layer-memory-"));
  const file = join(folder, "layer.safetensors");
  const chosen = isFull
    ? "inPieces"
    : '["nvfp4()", "hqq({ iterations: 3 })", "magnitude({ sparsity: 0.5 }), linear({ bits: 4, group: 128 }), rans()"]';
  const program = `import { inPieces, peakOf, writeLayer } from ${JSON.stringify(bench)};
    const [file] = process.argv.slice(1);
    writeLayer(file, ${mebibytes});
    console.log(JSON.stringify(${chosen}.map((steps) => [steps, Math.round(peakOf(file, steps) / 1e6)])));`;
  try {
    const args = ["--input-type=module", "-e", program, file];
    const peaks = JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" })) as [string, number][];
    expect(peaks.length).toBeGreaterThanOrEqual(3);
    expect(peaks.filter(([, peak]) => peak > (isFull ? 300 : 210))).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 1_800_000);

describe("what needs more memory than the limit does not begin", () => {
  const values = Float32Array.from({ length: 64 * 48 }, (_, i) => Math.sin(i));
  const model = fromArrays({ "fc.weight": { values, shape: [64, 48] } });

  test("it says how much it needs, of what, and how the limit is raised", async () => {
    await expect(compress(model, lowRank({ rank: 4 }), { memoryLimit: 50_000 })).rejects.toThrow(
      "lowRank() needs about 0.0952 MB of memory for fc.weight (64, 48), and the limit is 0.05 MB; { memoryLimit: 1000000 } raises it",
    );
    await expect(compress(model, kMeans({ bits: 4 }), { memoryLimit: 50_000 })).rejects.toBeInstanceOf(OptionError);
    await compress(model, lowRank({ rank: 4 }), { memoryLimit: 1_000_000 });
    await compress(model, nf4(), { memoryLimit: 50_000 });
    for (const wrong of [0, -1, NaN, "1 GB"])
      await expect(compress(model, nf4(), { memoryLimit: wrong as number })).rejects.toThrow("memoryLimit");
  });

  test("merging neurons too", async () => {
    const matrix = (rows: number, columns: number) => ({
      values: Float32Array.from({ length: rows * columns }, (_, i) => Math.cos(i)),
      shape: [rows, columns],
    });
    const chain = fromArrays({ "0.weight": matrix(32, 16), "2.weight": matrix(4, 32) });
    const step = merge({ keep: 8 });
    await expect(compress(chain, step, { memoryLimit: 10_000 })).rejects.toThrow(/merge\(\) needs about 0.0123 MB/);
    await compress(chain, step, { memoryLimit: 1_000_000 });
  });
});
