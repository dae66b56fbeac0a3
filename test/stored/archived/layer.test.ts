/** A layer as a piece: w′ comes back to the bit, and lies are refused. */
import { encode, linear, rans } from "../../../kernel";
import { quantizerOf } from "../../../kernel/quantize";
import { restoreValues } from "../../../kernel/stored/restored-weights";
import { archiveLayer, layerFromArchive, partsOfLayer } from "../../../kernel/stored/archived/layer";
import { packCodes, packMask } from "../../../kernel/stored/packed-codes";
import type { StoredTensor } from "../../../kernel/stored/stored-tensor";

const shape = [6, 32];
const weights = Float32Array.from({ length: 192 }, (_, i) => Math.sin(i));
const step = linear({ bits: 4, group: 32 });
const { codes, tables, codeBits } = quantizerOf(step).quantize(weights, shape, step);
const keep = Uint8Array.from({ length: 192 }, (_, i) => (i % 3 === 0 ? 1 : 0));
const kept = weights.filter((_, i) => keep[i] === 1);
const coded = { coder: rans(), bytes: encode(codes, rans()).bytes };
const bytesOf = (values: Float32Array) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

const layers: Record<string, StoredTensor> = {
  codes: { name: "w", shape, content: { kind: "codes", quantizer: step, codes: packCodes(codes, codeBits), tables } },
  "coded codes": { name: "w", shape, content: { kind: "codes", quantizer: step, codes: coded, tables } },
  "kept values": {
    ...{ name: "w", shape, mask: packMask(keep), sparse: true },
    index: { scheme: "bitmask", indexBits: 192, storedWeights: 64 },
    content: { kind: "values", bitsPerValue: 32, values: kept },
  },
  "coded values": {
    ...{ name: "w", shape },
    content: {
      kind: "values",
      bitsPerValue: 32,
      values: { coder: rans(), bytes: encode(bytesOf(weights), rans()).bytes },
    },
  },
  bytes: {
    ...{ name: "w", shape },
    content: { kind: "bytes", dtype: "F32", bytes: { coder: rans(), bytes: encode(bytesOf(weights), rans()).bytes } },
  },
  factors: {
    ...{ name: "w", shape },
    content: { kind: "factors", rank: 2, bitsPerValue: 32, bytes: bytesOf(weights.slice(0, 2 * (6 + 32))) },
  },
  "a matrix that lies (in, out)": {
    ...{ name: "w", shape: [32, 6], axes: { stacked: [], output: [1], input: [0] } },
    content: { kind: "codes", quantizer: step, codes: packCodes(codes, codeBits), tables },
  },
};

test.each(Object.entries(layers))("%s", (_, stored) => {
  const { bytes, entry } = archiveLayer(stored);
  const told: unknown = JSON.parse(JSON.stringify(entry));
  const back = layerFromArchive({ ...stored, quantizer: step }, bytes, told, "m.codebook");
  expect(restoreValues(back)).toEqual(restoreValues(stored));
  expect(archiveLayer(back).entry).toEqual(entry);
  const parts = partsOfLayer(entry, "w");
  expect(parts.reduce((sum, part) => sum + part.bytes, 0)).toBe(bytes.length);
});

test("parts have names", () => {
  expect(partsOfLayer(archiveLayer(layers.codes).entry, "w").map(({ name }) => name)).toEqual(["w.codes", "w.scale"]);
  expect(partsOfLayer(archiveLayer(layers["kept values"]).entry, "w").map(({ name }) => name)).toEqual([
    "w.mask",
    "w.values",
  ]);
  expect(partsOfLayer("none", "w")).toEqual([]);
});

const { bytes, entry } = archiveLayer(layers["coded codes"]);
const content = entry.content as unknown as Record<string, unknown>;
test.each([
  ["another shape", { ...entry }, [7, 32], /192 coded symbols; expected 224/],
  ["no mask", { ...entry, sparse: true }, shape, /no mask says which/],
  ["axes of another rank", { ...entry, axes: { output: [2], input: [0], stacked: [] } }, shape, /axes are none/],
  ["an unknown content", { content: { ...content, kind: "wishes" } }, shape, /the content is "wishes"/],
  ["no coder", { content: { ...content, codes: { coder: 3, part: { bytes: 1 } } } }, shape, /no(t named| coder)/],
  ["tables without end", { content: { ...content, tables: Array(17).fill(0) } }, shape, /the content is "codes"/],
  ["bytes left over", { content: { ...content, tables: [] } }, shape, /bytes are left over/],
  ["nothing", undefined, shape, /the content is none/],
])("refused: %s", (_, lie, size, says) => {
  expect(() => layerFromArchive({ name: "w", shape: size, quantizer: step }, bytes, lie, "m")).toThrow(says);
});
