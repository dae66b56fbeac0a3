import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { Random } from "../../kernel/bytes/random";
import { memorySource } from "../../kernel/bytes/source";
import { FormatError } from "../../kernel";
import { openGguf } from "../../kernel/formats/gguf";
import { openSafetensors } from "../../kernel/formats/safetensors";
import { readSafetensorsIndex } from "../../kernel/formats/safetensors-index";
import type { Model } from "../../kernel";
import type { ByteSource } from "../../kernel/bytes/source";
import { ggufFile, pair } from "../formats/files";

/** Seeded mutations of sound files: whatever comes out opens, or is refused by a `FormatError` that points into the file; nothing
 *  is read beyond it, prototypes stay as they were, and what opens can be read. */

const mutants = 20_000;
const seed = Number(process.env.CODEBOOK_FUZZ_SEED ?? 20260104);

interface Fixture {
  file: string;
}
const fixture = (name: string): Uint8Array[] => {
  const cases: Record<string, Fixture> = JSON.parse(
    readFileSync(resolve(__dirname, "../../../test/fixtures/formats", name), "utf8"),
  );
  return Object.values(cases)
    .map(({ file }) => new Uint8Array(Buffer.from(file, "base64")))
    .filter((bytes) => bytes.length < 20_000);
};

const words = [
  "__proto__",
  "9007199254740993",
  "-1",
  "1e9",
  '"',
  "{",
  "}",
  "[",
  "]",
  ",",
  "\\ud800",
  "F32",
  "__metadata__",
  "\0",
  "../",
  "null",
];
const numbers = [0n, 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 53n, 2n ** 62n, 2n ** 63n, 2n ** 64n - 1n, 2n ** 64n - 32n];

/** One to four changes, most of them near the front, where the header is. */
function mutate(bytes: Uint8Array, random: Random): Uint8Array {
  let out = Buffer.from(bytes);
  for (let changes = 1 + random.below(4); changes > 0 && out.length > 0; changes--) {
    const reach = random.below(2) === 0 ? out.length : Math.min(out.length, 256);
    const at = random.below(reach);
    const kind = random.below(8);
    if (kind === 0) out[at] ^= 1 << random.below(8);
    else if (kind === 1) out[at] = random.below(256);
    else if (kind === 2) out = out.subarray(0, at);
    else if (kind === 3) out = Buffer.concat([out, Buffer.alloc(1 + random.below(64), random.below(256))]);
    else if (kind === 4) {
      const to = Math.min(out.length, at + random.below(40));
      out = Buffer.concat([out.subarray(0, to), out.subarray(at, to), out.subarray(to)]);
    } else if (kind === 5)
      out = Buffer.concat([out.subarray(0, at), out.subarray(Math.min(out.length, at + 1 + random.below(16)))]);
    else if (kind === 6)
      out = Buffer.concat([out.subarray(0, at), Buffer.from(words[random.below(words.length)]), out.subarray(at)]);
    else if (at + 8 <= out.length) out.writeBigUInt64LE(numbers[random.below(numbers.length)], at);
  }
  return new Uint8Array(out);
}

async function readAll(model: Model): Promise<void> {
  for (const tensor of model.tensors) {
    const bytes = await tensor.readBytes();
    if (bytes.length !== tensor.sizeBytes) throw new Error(`${tensor.name} gave ${bytes.length} bytes`);
  }
  JSON.stringify(model.metadata);
}

interface Tally {
  opened: number;
  refused: number;
}

async function fuzz(corpus: readonly Uint8Array[], open: (source: ByteSource) => Promise<void>): Promise<Tally> {
  const random = new Random(seed);
  const prototype = JSON.stringify(Object.getOwnPropertyNames(Object.prototype).sort());
  const tally = { opened: 0, refused: 0 };
  for (let i = 0; i < mutants; i++) {
    const bytes = mutate(corpus[random.below(corpus.length)], random);
    const where = `seed ${seed}, mutant ${i}: ${Buffer.from(bytes.subarray(0, 200)).toString("hex")}`;
    const source = memorySource(bytes);
    const before = process.memoryUsage().arrayBuffers;
    try {
      await open(source);
      tally.opened++;
    } catch (error) {
      if (!(error instanceof FormatError)) throw new Error(where, { cause: error });
      if (!(error.offset >= 0 && error.offset <= bytes.length))
        throw new Error(`${where}: offset ${error.offset}`, { cause: error });
      tally.refused++;
    }
    // Memory grows by what the file has, not by what it claims.
    const grown = process.memoryUsage().arrayBuffers - before;
    if (source.bytesRead > 3 * bytes.length || grown > 256 * 1024 + 16 * bytes.length)
      throw new Error(`${where}: ${source.bytesRead} bytes were read and ${grown} allocated`);
  }
  expect(JSON.stringify(Object.getOwnPropertyNames(Object.prototype).sort())).toBe(prototype);
  return tally;
}

function checkTally(tally: Tally): void {
  expect(tally.opened + tally.refused).toBe(mutants);
  expect(tally.refused).toBeGreaterThan(mutants / 3);
  expect(tally.opened).toBeGreaterThan(0);
}

describe(`${mutants} mutants per format, seed ${seed}`, () => {
  it("safetensors", async () => {
    const open = async (source: ByteSource): Promise<void> => readAll(await openSafetensors(source, "m"));
    checkTally(await fuzz(fixture("safetensors.json"), open));
  }, 120_000);

  it("GGUF", async () => {
    const strings = pair("k", 9, ["u32", 8], ["u64", 2], ["string", "ab"], ["string", "é"]);
    const small = ggufFile({
      pairs: [pair("general.alignment", 4, ["u32", 32]), strings],
      tensors: [
        { name: "w", sizes: [32, 2], type: 2, offset: 0 },
        { name: "b", sizes: [3], type: 0, offset: 64 },
      ],
      dataBytes: 76,
    });
    const open = async (source: ByteSource): Promise<void> => readAll(await openGguf(source, "m"));
    checkTally(await fuzz([...fixture("gguf.json"), small], open));
  }, 120_000);

  it("index", async () => {
    const index = {
      metadata: { total_size: 12, note: ["x", { deep: null }] },
      weight_map: { "a.weight": "m-1.safetensors", b: "m-2.safetensors" },
    };
    const corpus = [JSON.stringify(index), JSON.stringify(index, undefined, 2)].map(
      (text) => new Uint8Array(Buffer.from(text)),
    );
    const open = async (source: ByteSource): Promise<void> => {
      await readSafetensorsIndex(source);
    };
    checkTally(await fuzz(corpus, open));
  }, 120_000);
});
