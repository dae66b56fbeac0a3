import { hashOfPiece } from "../../kernel/archive/model-file";
import { memorySource } from "../../kernel/bytes/source";
import { ArchivedTensor, UnchangedTensor } from "../../kernel/layer/archived-tensor";
import { archiveLayer } from "../../kernel/stored/archived/layer";
import { outlineOf } from "../../kernel/stored/outline";
import type { StoredTensor } from "../../kernel/stored/stored-tensor";

const values = Float32Array.of(0.5, -2, 3);
const bytes = new Uint8Array(values.buffer);
const place = (piece: Uint8Array) => ({
  source: memorySource(piece, "m.codebook"),
  piece: { name: "w", start: 0, byteLength: piece.length, hash: hashOfPiece(piece) },
});
const role = { role: "bias", roleReason: "its name" } as const;

test("a tensor that no step changed gives its bytes and values, and its role", async () => {
  const tensor = new UnchangedTensor(place(bytes), [3], "F32", 12, false, role);
  expect([tensor.name, tensor.parameters, tensor.role, tensor.roleReason]).toEqual(["w", 3, "bias", "its name"]);
  expect(await tensor.read()).toEqual(values);
  expect(await tensor.readBytes()).toEqual(bytes);
  const odd = new UnchangedTensor(place(bytes), [12], "X1", 12, false, role);
  await expect(odd.read()).rejects.toThrow(/values of type X1 are not decoded here/);
});

test("a layer says its scheme; whole numbers have none", async () => {
  const stored: StoredTensor = { name: "w", shape: [3], content: { kind: "values", bitsPerValue: 32, values } };
  const piece = archiveLayer(stored);
  const own = { entry: piece.entry };
  const layer = new ArchivedTensor(place(piece.bytes), outlineOf(stored), own, "magnitude 50 %", {});
  expect([layer.scheme, layer.dtype]).toEqual(["codebook magnitude 50 %", "magnitude 50 %"]);
  expect(await layer.read()).toEqual(values);
  expect(new ArchivedTensor(place(piece.bytes), outlineOf(stored), own, "I64", {}).scheme).toBeUndefined();
});
