import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { compress, linear, open } from "../../../kernel";
import { memorySource } from "../../../kernel/bytes/source";
import { openingNotes } from "../../../kernel/checkpoints/select-part";
import { openOnnx } from "../../../kernel/formats/onnx/onnx";
import type { Axes } from "../../../kernel/tensor/role";

/** Files of ONNX, and what onnx reads in them: test/fixtures/formats/make_onnx.py. */
interface Case {
  readonly file: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly tensors: Readonly<
    Record<string, { shape: number[]; values: string; role?: string | null; axes?: Axes | null; scheme?: string }>
  >;
  readonly says?: string;
  readonly note?: string;
  readonly raw?: boolean;
  /** Tensors whose values are not read. */
  readonly unread?: string[];
}
const cases: Readonly<Record<string, Case>> = JSON.parse(
  readFileSync(resolve(__dirname, "../../../../test/fixtures/formats/onnx.json"), "utf8"),
);
const sha256 = (values: Float32Array): string =>
  createHash("sha256")
    .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    .digest("hex");

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "codebook-onnx-"))));
afterEach(() => rmSync(folder, { recursive: true }));
const write = (name: string): string => {
  const { file, files = {} } = cases[name];
  for (const [path, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), Buffer.from(bytes, "base64"));
  }
  const path = join(folder, "model.onnx");
  writeFileSync(path, Buffer.from(file, "base64"));
  return path;
};

describe("a model of ONNX gives the values that onnx reads, and says what each tensor is", () => {
  it.each(Object.entries(cases).filter(([, { says }]) => says === undefined))("%s", async (name, fixture) => {
    const { tensors, note, raw = false, unread = [] } = fixture;
    const model = await open(write(name), { raw });
    expect(model.format).toBe("onnx");
    expect(model.tensors.map((tensor) => tensor.name).sort()).toEqual([...Object.keys(tensors), ...unread].sort());
    for (const [own, expected] of Object.entries(tensors)) {
      const tensor = model.tensor(own);
      expect([own, [...tensor.shape]]).toEqual([own, expected.shape]);
      expect([own, sha256(await tensor.read())]).toEqual([own, expected.values]);
      if (tensor.scheme === undefined) expect((await tensor.readBytes()).length).toBe(tensor.sizeBytes);
      if (expected.role) expect([own, tensor.role]).toEqual([own, expected.role]);
      if (expected.axes) expect([own, tensor.axes]).toEqual([own, expected.axes]);
      if (expected.scheme !== undefined) expect([own, tensor.scheme]).toEqual([own, expected.scheme]);
    }
    for (const own of unread) await expect(model.tensor(own).read()).rejects.toThrow("are not decoded here");
    if (note !== undefined) expect(openingNotes(model).join()).toContain(note);
  });

  it.each(Object.entries(cases).filter(([, { says }]) => says !== undefined))(
    "%s: refused",
    async (name, { says = "" }) => {
      await expect(open(write(name))).rejects.toMatchObject({ code: "FORMAT", message: expect.stringContaining(says) });
    },
  );
});

it("reads what stands beside values, no values", async () => {
  const floats = 1 << 20;
  const sized = (length: number): number[] => [
    (length & 127) | 128,
    ((length >> 7) & 127) | 128,
    ((length >> 14) & 127) | 128,
    length >> 21,
  ];
  const tensor = [0x08, ...sized(floats).slice(0, 3), 0, 0x10, 1, 0x42, 1, 0x77, 0x4a, ...sized(4 * floats)].map(
    (byte) => byte & 255,
  );
  // dims: 2^20 takes three bytes, the last without a sign that more follow.
  tensor.splice(1, 4, 0x80, 0x80, 0x40);
  const graph = [0x2a, ...sized(tensor.length + 4 * floats), ...tensor];
  const head = Buffer.from([0x08, 8, 0x3a, ...sized(graph.length + 4 * floats), ...graph]);
  const source = memorySource(new Uint8Array(Buffer.concat([head, Buffer.alloc(4 * floats)])), "big.onnx");
  const model = await openOnnx(source, "big");
  expect(model.tensor("w").parameters).toBe(floats);
  expect(source.bytesRead).toBeLessThan(2000);
});

it("weights of codes are compressed as weights, their scales are gone", async () => {
  const small = await compress(await open(write("codes")), linear({ bits: 4 }));
  expect(small.report.layers.map(({ name }) => name).sort()).toEqual(["a", "b", "c", "d", "e", "f", "g"]);
});
