import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { compress, linear, open } from "../../kernel";
import { memorySource } from "../../kernel/bytes/source";
import { fromArrays } from "../../kernel/formats/arrays";
import { OptionError } from "../../kernel/errors";
import { displaySymbol } from "../../kernel/static/display";
import { openSource } from "../../kernel/open/open";

/** Files of numpy and torch, and the values that they read: test/fixtures/formats/make_arrays.py. */
interface Case {
  file: string;
  tensors: Record<string, { shape: number[]; values: string }>;
}
const cases: Record<string, Case> = JSON.parse(
  readFileSync(resolve(__dirname, "../../../test/fixtures/formats/arrays.json"), "utf8"),
);
const sha256 = (values: Float32Array): string =>
  createHash("sha256")
    .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    .digest("hex");

describe("numpy and torch files give the values that numpy and torch read", () => {
  it.each(Object.entries(cases))("%s", async (name, { file, tensors }) => {
    const source = memorySource(new Uint8Array(Buffer.from(file, "base64")), "m");
    const model = await openSource(source, { name: name === "npy" ? "npy" : "m" });
    expect(model.tensors.map((tensor) => tensor.name)).toEqual(Object.keys(tensors));
    expect(["npz", "npy", "pytorch"]).toContain(model.format);
    for (const tensor of model.tensors) {
      const expected = tensors[tensor.name];
      expect([tensor.name, [...tensor.shape]]).toEqual([tensor.name, expected.shape]);
      expect([tensor.name, sha256(await tensor.read())]).toEqual([tensor.name, expected.values]);
      expect((await tensor.readBytes()).length).toBe(tensor.sizeBytes);
    }
  });
});

describe("a stored member whose bytes were damaged", () => {
  const damaged = (name: string): Uint8Array => {
    const bytes = new Uint8Array(Buffer.from(cases[name].file, "base64"));
    bytes[numberIn(bytes)] ^= 1;
    return bytes;
  };
  /** A byte of the first member that holds numbers. */
  const numberIn = (bytes: Uint8Array): number => {
    const data = Buffer.from(bytes);
    let local = 0;
    for (;;) {
      const name = data.subarray(local + 30, local + 30 + data.readUInt16LE(local + 26)).toString();
      const start = local + 30 + data.readUInt16LE(local + 26) + data.readUInt16LE(local + 28);
      const next = data.indexOf("PK\x03\x04", start);
      const isNumbers = name.endsWith(".npy") || /\/data\/\d+$/.test(name);
      // torch writes a descriptor of sizes behind a member, and fills up to the next one.
      if (isNumbers) return start + (name.endsWith(".npy") ? next - start - 1 : 0);
      local = next;
    }
  };

  it.each(["npz stored", "torch state dict"])("%s: is found when the tensor is read", async (name) => {
    const model = await openSource(memorySource(damaged(name), "m"), { name: "m" });
    const outcomes = await Promise.all(
      model.tensors.map((tensor) =>
        tensor.read().then(
          () => "read",
          (error: Error) => error.message,
        ),
      ),
    );
    expect(outcomes.filter((outcome) => outcome !== "read")).toEqual([expect.stringMatching(/has another CRC-32/)]);
    // A second try finds it again, and sound ones stay sound however they are read.
    for (const [at, tensor] of model.tensors.entries()) {
      const again = Promise.all([tensor.readBytes(), tensor.read(), tensor.readBytes()]);
      if (outcomes[at] === "read") await again;
      else await expect(again).rejects.toThrow(/CRC-32/);
    }
  });
});

describe("tfjs model.json", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "codebook-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it("joins shards, dequantizes as tfjs does, and reads nothing before it is asked", async () => {
    const floats = Float32Array.of(1, -2, 3.5, 0.1, -0, NaN);
    const codes = Uint8Array.of(0, 1, 128, 255);
    const wide = Uint16Array.of(0, 65535, 1000);
    const halves = Uint16Array.of(0x3c00, 0xc000);
    const data = Buffer.concat([floats, codes, wide, halves].map((a) => Buffer.from(a.buffer)));
    writeFileSync(join(folder, "group1-shard1of2.bin"), data.subarray(0, 13));
    writeFileSync(join(folder, "group1-shard2of2.bin"), data.subarray(13));
    const affine = { dtype: "uint8", scale: 0.1, min: -3.3 };
    const manifest = {
      modelTopology: { layers: [{ deep: [[[[1]]]] }] },
      weightsManifest: [
        {
          paths: ["group1-shard1of2.bin", "group1-shard2of2.bin"],
          weights: [
            { name: "dense/kernel", shape: [2, 3], dtype: "float32" },
            { name: "q8", shape: [4], dtype: "float32", quantization: affine },
            { name: "q16", shape: [3], dtype: "int32", quantization: { dtype: "uint16", scale: 2.5, min: -7 } },
            {
              name: "half",
              shape: [2],
              dtype: "float32",
              quantization: { dtype: "float16", original_dtype: "float32" },
            },
          ],
        },
      ],
    };
    writeFileSync(join(folder, "model.json"), JSON.stringify(manifest));
    const model = await open(folder);
    expect(model.format).toBe("tfjs");
    expect(await model.tensor("dense/kernel").read()).toEqual(floats);
    expect(await model.tensor("q8").read()).toEqual(Float32Array.from(codes, (v) => v * 0.1 + -3.3));
    expect(await model.tensor("q16").read()).toEqual(Float32Array.from(wide, (v) => Math.round(v * 2.5 - 7)));
    expect(await model.tensor("half").read()).toEqual(Float32Array.of(1, -2));
    expect(model.sizeBytes).toBe(data.length);
  });

  it("compresses the values of codes in one file, not the codes", async () => {
    const own = mkdtempSync(join(tmpdir(), "codebook-affine-"));
    const weights = Uint8Array.from({ length: 256 }, (_, i) => i);
    writeFileSync(join(own, "weights.bin"), weights);
    const quantization = { dtype: "uint8", scale: 0.5, min: -64 };
    const kernel = { name: "dense/kernel", shape: [16, 16], dtype: "float32", quantization };
    const weightsManifest = [{ paths: ["weights.bin"], weights: [kernel] }];
    writeFileSync(join(own, "model.json"), JSON.stringify({ modelTopology: {}, weightsManifest }));
    const small = await compress(await open(own), linear({ step: 0.5 }));
    expect(await small.tensor("dense/kernel").read()).toEqual(Float32Array.from(weights, (v) => v * 0.5 - 64));
    rmSync(own, { recursive: true });
  });
});

describe("a model of arrays in memory", () => {
  const values = Float32Array.of(1, 2, 3, 4, 5, 6);

  it("has their names and shapes, and values that a later change does not reach", async () => {
    const model = fromArrays({ "fc.weight": { shape: [2, 3], values } }, { name: "toy" });
    values[0] = 9;
    expect([model.name, model.parameters, model.tensors.length]).toEqual(["toy", 6, 1]);
    expect([...(await model.tensor("fc.weight").read())]).toEqual([1, 2, 3, 4, 5, 6]);
    values[0] = 1;
  });

  it("is shown in a cell as a table of its tensors", () => {
    const shown = fromArrays({ "fc.weight": { shape: [2, 3], values } });
    expect(shown[displaySymbol]()["text/plain"]).toMatch(/fc\.weight .*2 × 3/);
  });

  it("refuses a shape that its values do not fill", () => {
    expect(() => fromArrays({ w: { shape: [2, 2], values } })).toThrow(OptionError);
  });
});
