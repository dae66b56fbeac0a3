import { memorySource } from "../../kernel/bytes/source";
import { openingNotes } from "../../kernel/checkpoints/select-part";
import { isNpz } from "../../kernel/formats/npz";
import { readZip } from "../../kernel/formats/zip";
import { openSource } from "../../kernel/open/open";
import { zipOf } from "../hostile/fuzz/mutate";

/** A file of one array, its header as NumPy writes it. */
function npy(descr: string, shape: string, data: Uint8Array): Uint8Array {
  const text = `{'descr': ${descr}, 'fortran_order': False, 'shape': ${shape}, }`;
  const header = Buffer.from(text.padEnd(117) + "\n");
  return new Uint8Array(
    Buffer.concat([Buffer.from("\x93NUMPY\x01\0", "latin1"), Buffer.from([header.length, 0]), header, data]),
  );
}
const npz = (arrays: Readonly<Record<string, Uint8Array>>): Uint8Array =>
  zipOf(Object.entries(arrays).map(([name, bytes]) => ({ name: `${name}.npy`, bytes, isDeflated: false })));

const others = {
  words: npy("'<U3'", "(2,)", new Uint8Array(24)),
  bytes: npy("'|S2'", "(2,)", new Uint8Array(4)),
  objects: npy("'|O'", "(1,)", new Uint8Array(40)),
  complex: npy("'<c8'", "(2,)", new Uint8Array(16)),
  brain: npy("'|V2'", "(2, 2)", new Uint8Array(8)),
  dates: npy("'<M8[ns]'", "(1,)", new Uint8Array(8)),
  records: npy("[('a', '<f4'), ('b', '<i4')]", "(1,)", new Uint8Array(8)),
  big: npy("'>f4'", "(1,)", new Uint8Array(4)),
};

it("takes the arrays of numbers, and says what the others are", async () => {
  const weights = npy("'<f4'", "(2,)", new Uint8Array(Float32Array.of(1, -2).buffer));
  const model = await openSource(memorySource(npz({ ...others, weights }), "m.npz"));
  expect(model.tensors.map(({ name }) => name)).toEqual(["weights"]);
  expect([...(await model.tensor("weights").read())]).toEqual([1, -2]);
  const [note] = openingNotes(model);
  for (const [name, what] of [
    ["words", "text ('<U3')"],
    ["objects", "Python objects, a pickle that could run code"],
    ["complex", "complex numbers ('<c8')"],
    ["brain", "elements of 2 bytes without a type (V2), as NumPy saves bfloat16"],
    ["dates", "dates ('<M8[ns]')"],
    ["records", "elements of a record"],
    ["big", "big-endian numbers"],
  ])
    expect(note).toContain(`"${name}", ${what}`);
});

it.each([
  ["words", "read are f2, f4"],
  ["objects", "an array of numbers"],
  ["brain", "array.astype(numpy.float32)"],
  ["records", "read are f2, f4"],
] as const)("refuses a file of %s alone", async (name, says) => {
  await expect(openSource(memorySource(npz({ [name]: others[name] }), "m.npz"))).rejects.toThrow(says);
  await expect(openSource(memorySource(others[name], "m.npy"))).rejects.toThrow(says);
});

it("an archive with anything beside arrays is none", async () => {
  const members = await readZip(memorySource(npz({ ...others })));
  expect([isNpz(members), isNpz([]), isNpz([...members, { ...members[0], name: "readme.txt" }])]).toEqual([
    true,
    false,
    false,
  ]);
});
