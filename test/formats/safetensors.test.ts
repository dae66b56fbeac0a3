import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import fc from "fast-check";
import { memorySource } from "../../kernel/bytes/source";
import { float32FromBits } from "../../kernel/bytes/half-float";
import { e2m1Values } from "../../kernel/bytes/small-float";
import { openSource } from "../../kernel/open/open";
import { safetensorsBits } from "../../kernel/formats/safetensors";
import { saveSafetensors } from "../../kernel/formats/safetensors-writer";
import { fromArrays, open } from "../../kernel";
import type { Model } from "../../kernel";
import { ggufFile } from "./files";

interface Case {
  file: string;
  metadata: Record<string, string>;
  tensors: Record<string, { shape: number[]; bytes: string; values?: string }>;
}
const cases: Record<string, Case> = JSON.parse(
  readFileSync(resolve(__dirname, "../../../test/fixtures/formats/safetensors.json"), "utf8"),
);
const sha256 = (bytes: ArrayBufferView): string =>
  createHash("sha256")
    .update(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength))
    .digest("hex");
const openCase = (name: string): Promise<Model> =>
  openSource(memorySource(Buffer.from(cases[name].file, "base64"), name));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "codebook-safetensors-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(Object.keys(cases))("files of the reference library: %s", (name) => {
  it("open with the same names, shapes, bytes and values", async () => {
    const model = await openCase(name);
    expect(model.tensors.map((t) => t.name).sort()).toEqual(Object.keys(cases[name].tensors).sort());
    expect({ ...model.metadata }).toEqual(cases[name].metadata);
    for (const tensor of model.tensors) {
      const expected = cases[name].tensors[tensor.name];
      expect([tensor.name, tensor.shape]).toEqual([tensor.name, expected.shape]);
      expect([tensor.name, sha256(await tensor.readBytes())]).toEqual([tensor.name, expected.bytes]);
      if (expected.values) expect([tensor.name, sha256(await tensor.read())]).toEqual([tensor.name, expected.values]);
    }
  });

  it("are written again with the same bytes", async () => {
    const path = join(folder, "again.safetensors");
    const model = await openCase(name);
    const size = await saveSafetensors({ tensors: [...model.tensors].reverse(), metadata: model.metadata }, path);
    const written = readFileSync(path);
    expect(written.toString("base64")).toBe(cases[name].file);
    expect(size).toBe(written.length);
    expect(readdirSync(folder)).toEqual(["again.safetensors"]);
    rmSync(path);
  });
});

describe("small types", () => {
  it("F4 has two numbers in a byte, the first in the low nibble", async () => {
    const tensor = (await openCase("small floats")).tensor("e2m1");
    expect([...(await tensor.read())]).toEqual([...e2m1Values]);
  });

  it("8-bit floats and BF16 have the values of their definition", async () => {
    const model = await openCase("small floats");
    const e5m2 = await model.tensor("e5m2").read();
    const e4m3 = await model.tensor("e4m3").read();
    const e8m0 = await model.tensor("e8m0").read();
    const bf16 = await model.tensor("bf16").read();
    const raw = await model.tensor("bf16").readBytes();
    for (let i = 0; i < 6; i++)
      expect(bf16[i]).toBe(float32FromBits(((raw[2 * i] | (raw[2 * i + 1] << 8)) << 16) >>> 0));
    expect([e5m2[0x3c], e5m2[0x7b], e5m2[0x7c], e5m2[0x7f], e5m2[0x81]]).toEqual([
      1,
      57344,
      Infinity,
      NaN,
      -(2 ** -16),
    ]);
    expect([e4m3[0x38], e4m3[0x7e], e4m3[0x7f], e4m3[0x81]]).toEqual([1, 448, NaN, -(2 ** -9)]);
    expect([e8m0[127], e8m0[0], e8m0[255]]).toEqual([1, 2 ** -127, NaN]);
  });

  it("types without values here still give their bytes", async () => {
    const tensor = (await openCase("small floats")).tensor("complex");
    expect(tensor).toMatchObject({ dtype: "C64", sizeBytes: 16 });
    await expect(tensor.read()).rejects.toMatchObject({
      code: "UNSUPPORTED",
      message: expect.stringContaining("values of type C64"),
    });
    expect([...(await tensor.readBytes())]).toEqual(Array.from({ length: 16 }, (_, i) => i));
  });
});

describe("saving", () => {
  const special = Uint32Array.of(0x7fc00001, 0x80000000, 0x7f800000, 1, 0x3f800000, 0xff7fffff);
  const model = fromArrays(
    { b: { shape: [2, 3], values: new Float32Array(special.buffer) }, a: { shape: [], values: Float32Array.of(0.1) } },
    { name: "toy" },
  );

  it("keeps NaN payloads and −0", async () => {
    const path = join(folder, "special.safetensors");
    await saveSafetensors(model, path, { metadata: { z: "1", a: "2" } });
    const again = await open(path);
    expect(new Uint32Array((await again.tensor("b").read()).buffer)).toEqual(special);
    expect(Object.entries(again.metadata)).toEqual([
      ["a", "2"],
      ["z", "1"],
    ]);
    rmSync(path);
  });

  it("rounds to BF16 and F16, and says which value float16 cannot hold", async () => {
    const path = join(folder, "half.safetensors");
    await saveSafetensors(model, path, { dtype: "BF16" });
    expect(await (await open(path)).tensor("a").readBytes()).toEqual(Uint8Array.of(0xcd, 0x3d));
    expect((await open(path)).tensor("b")).toMatchObject({ dtype: "BF16", sizeBytes: 12 });
    await expect(saveSafetensors(model, path, { dtype: "F16" })).rejects.toThrow(/b: value 5 is -3.4.*BF16 or F32/);
    expect((await open(path)).tensor("b").dtype).toBe("BF16");
    await saveSafetensors(model, path, { dtype: (tensor) => (tensor.name === "a" ? "F16" : undefined) });
    const mixed = await open(path);
    expect(mixed.tensors.map((t) => [t.name, t.dtype])).toEqual([
      ["b", "F32"],
      ["a", "F16"],
    ]);
    expect(await mixed.tensor("a").readBytes()).toEqual(Uint8Array.of(0x66, 0x2e));
    rmSync(path);
  });

  it("refuses what the format cannot hold", async () => {
    const path = join(folder, "none.safetensors");
    const gguf = await openSource(
      memorySource(ggufFile({ tensors: [{ name: "w", sizes: [32], type: 2, offset: 0 }], dataBytes: 18 })),
    );
    await expect(saveSafetensors(gguf, path)).rejects.toThrow(/no type Q4_0 \(w\).*dtype: "F32"/);
    await saveSafetensors(gguf, path, { dtype: "F32" });
    expect((await open(path)).tensor("w").sizeBytes).toBe(128);
    rmSync(path);
    const one = { shape: [1], values: new Float32Array(1) };
    for (const bad of ["__metadata__", "\ud800", "a\0b"])
      await expect(saveSafetensors(fromArrays({ [bad]: one }), path)).rejects.toMatchObject({ code: "OPTION" });
    await expect(saveSafetensors(model, path, { dtpye: "F16" } as object)).rejects.toThrow('did you mean "dtype"?');
    await expect(saveSafetensors(model, path, { dtype: "F8" as "F16" })).rejects.toThrow(/dtype is "F8"/);
    await expect(saveSafetensors(model, path, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "CANCELLED",
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  it("gives every type and shape back, byte for byte", async () => {
    const path = join(folder, "round.safetensors");
    const tensor = fc
      .tuple(
        fc.constantFrom(...safetensorsBits.keys()),
        fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }),
        fc.infiniteStream(fc.integer({ min: 0, max: 255 })),
      )
      .map(([dtype, shape, stream]) => {
        const elements = shape.reduce((a, b) => a * b, 1);
        const bits = safetensorsBits.get(dtype) ?? 0;
        const fits = (elements * bits) % 8 === 0 ? shape : [...shape, 4];
        const size = (fits.reduce((a, b) => a * b, 1) * bits) / 8;
        return { dtype, shape: fits, bytes: Uint8Array.from({ length: size }, () => stream.next().value) };
      });
    const name = fc
      .string({ unit: "binary", maxLength: 12 })
      .filter((text) => !text.includes("\0") && !text.startsWith("__"));
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.tuple(name, tensor), { maxLength: 6, selector: ([key]) => key }),
        async (list) => {
          const tensors = list.map(([key, { dtype, shape, bytes }]) => ({
            name: key,
            shape,
            dtype,
            sizeBytes: bytes.length,
            read: () => Promise.reject(new Error("values are not needed")),
            readBytes: () => Promise.resolve(bytes),
          }));
          await saveSafetensors({ tensors }, path);
          const again = await open(path, { raw: true });
          expect(again.tensors.length).toBe(tensors.length);
          for (const [key, { dtype, shape, bytes }] of list) {
            const read = again.tensor(key);
            expect([read.dtype, read.shape]).toEqual([dtype, shape]);
            expect(await read.readBytes()).toEqual(bytes);
          }
        },
      ),
      { numRuns: 150 },
    );
    rmSync(path, { force: true });
  });
});

describe("reading", () => {
  it("a large tensor lets timers run and stops by its signal", async () => {
    const values = 8 * 1024 * 1024;
    const header = `{"w":{"dtype":"F16","shape":[${values}],"data_offsets":[0,${2 * values}]}}`;
    const bytes = Buffer.concat([Buffer.alloc(8), Buffer.from(header), Buffer.alloc(2 * values, 0x3c)]);
    bytes.writeBigUInt64LE(BigInt(header.length));
    const tensor = (await openSource(memorySource(bytes))).tensor("w");
    let turns = 0;
    let next = setImmediate(function turn() {
      turns++;
      next = setImmediate(turn);
    });
    const read = await tensor.read();
    clearImmediate(next);
    expect(turns).toBeGreaterThan(5);
    expect(read[values - 1]).toBe(Math.fround(1 + 60 / 1024));
    const stop = new AbortController();
    const reading = tensor.read({ signal: stop.signal });
    setImmediate(() => stop.abort());
    await expect(reading).rejects.toMatchObject({ code: "CANCELLED" });
  });
});
