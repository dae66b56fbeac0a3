// A compressed model in one file: all-MiniLM-L6-v2 at 4.5 bits by a trellis and a range coder as `.codebook`, its bits per weight and how fast
// all of w′ are read from it. Beside it the same codes by Zstandard, so at the same error, and nncodec (PyPI, the coder of the standard NNC) at
// the step at which its error over the same weights is nearest to ours; it wants numpy 1, so that CODEBOOK_NNCODEC_PYTHON may name a Python of
// its own that has it (pip install nncodec builds it with gcc in some minutes). Bits count what the file holds of the layers that the recipe touched.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { limited, summary, times } from "./timing.mjs";

export const name = "codebook";

const what = "MiniLM as one file";
const targetBits = 4.5;

export async function run({ python, peerPython = python, root }) {
  const nncodecPython = process.env.CODEBOOK_NNCODEC_PYTHON ?? peerPython;
  const folder = join(root, "models", "all-MiniLM-L6-v2");
  if (!existsSync(folder)) return [{ what, who: "skipped", note: "models/all-MiniLM-L6-v2 is missing" }];
  const { compress, open, rans, trellis, zstd } = createRequire(import.meta.url)(join(root, "lib", "kernel"));
  const model = await open(folder);
  const small = await compress(model, [trellis({ targetBits }), rans()]);
  const steps = small.tensors.map(({ outline }) => outline?.content.quantizer).find((step) => step !== undefined);
  const other = await compress(model, [steps, zstd()]);
  const own = mkdtempSync(join(tmpdir(), "bench-codebook-"));
  try {
    const touched = small.report.layers.map(({ name: layer }) => layer);
    const { sqnrDb, bytes: counted } = small.report.variants[0].touched;
    const rows = [];
    for (const [who, one] of [
      ["ours: rans", small],
      ["the same codes by zstd", other],
    ])
      rows.push(await fileRow(who, one, join(own, `${rows.length}.codebook`), { touched, open, model }));
    const most = counted + 65_536 + 100 * model.tensors.length;
    Object.assign(rows[0], limited("the bytes that the report counts, and 64 kB", rows[0].bytes <= most));
    return [...rows, await nncodec(model, touched, sqnrDb, { own, nncodecPython })].map(({ bytes: _, ...row }) => row);
  } finally {
    rmSync(own, { recursive: true });
  }
}

/** The row of a file: bits per weight of the touched layers, and the time in which all of them are read and decoded. */
async function fileRow(who, small, path, { touched, open, model }) {
  const { layers } = await small.save(path);
  const names = new Set(touched);
  const bytes = layers.filter((layer) => names.has(layer.name)).reduce((sum, layer) => sum + layer.bytes, 0);
  const weights = touched.reduce((sum, layer) => sum + model.tensor(layer).parameters, 0);
  const read = async () => {
    const opened = await open(path);
    for (const layer of touched) await opened.tensor(layer).read();
  };
  return { ...rowOf(who, bytes, weights, summary(await times(read, { least: 3, warmUp: 1 }))), bytes };
}

function rowOf(who, bytes, weights, { milliseconds, spread }, more = "") {
  const note = `${((8 * bytes) / weights).toFixed(3)} bits a weight${more}`;
  const rate = (4 * weights) / milliseconds / 1e3;
  return {
    what: `${what}, decode`,
    who,
    milliseconds,
    ...(spread !== undefined && { spread }),
    rate,
    unit: "MB/s",
    note,
  };
}

async function nncodec(model, touched, sqnrDb, { own, nncodecPython }) {
  const row = { what: `${what}, decode`, who: "nncodec" };
  if (nncodecPython === undefined) return { ...row, note: "skipped: there is no Python" };
  const shapes = [];
  for (const [at, layer] of touched.entries()) {
    const values = await model.tensor(layer).read();
    writeFileSync(join(own, `${at}.f32`), new Uint8Array(values.buffer));
    shapes.push(model.tensor(layer).shape);
  }
  writeFileSync(join(own, "shapes.json"), JSON.stringify(shapes));
  const script = join(dirname(fileURLToPath(import.meta.url)), "codebook_peers.py");
  const found = JSON.parse(
    execFileSync(nncodecPython, [script, own, String(sqnrDb)], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }),
  );
  if (found.missing !== undefined) return { ...row, note: `skipped: ${found.missing}` };
  const { bytes, weights, milliseconds, qp, sqnrDb: theirs } = found;
  return rowOf(
    "nncodec",
    bytes,
    weights,
    { milliseconds },
    `, qp ${qp}, ${theirs.toFixed(2)} dB beside ${sqnrDb.toFixed(2)}`,
  );
}
