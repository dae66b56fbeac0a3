import { createHash } from "node:crypto";
import { memorySource } from "../../../kernel/bytes/source";
import { FormatError } from "../../../kernel/errors";
import { openingNotes } from "../../../kernel/checkpoints/select-part";
import { isKeras } from "../../../kernel/formats/keras/keras";
import { openSource } from "../../../kernel/open/open";
import { bytesOf, cases } from "./files";

const sound = Object.keys(cases).filter((name) => cases[name].refused === undefined);
const opened = new Map<string, ReturnType<typeof openSource>>();
/** Each file is opened once: a process of its own reads it. */
const open = (name: string): ReturnType<typeof openSource> => {
  const known = opened.get(name) ?? openSource(memorySource(bytesOf(name), `m${cases[name].ending}`), { name: "m" });
  opened.set(name, known);
  return known;
};

it.each(sound)("%s opens with Keras's names, shapes and values", async (name) => {
  const model = await open(name);
  const found: Record<string, unknown> = {};
  for (const tensor of model.tensors) {
    const values = await tensor.read();
    const sha = createHash("sha256").update(new Uint8Array(values.buffer)).digest("hex");
    found[tensor.name] = { shape: [...tensor.shape], values: sha };
    expect((await tensor.readBytes()).length).toBe(tensor.sizeBytes);
  }
  // Keras writes the name of a Sequential before its layers', and of a generator of seeds nothing else; here both stand with their layer.
  const isSeed = (key: string): boolean => key.endsWith("seed_generator_state");
  const own = (all: Readonly<Record<string, unknown>>): [string, unknown][] =>
    Object.entries(all)
      .filter(([key]) => !isSeed(key))
      .map(([key, value]): [string, unknown] => [key.replace(/^(convolutional|trained|typed|inner)\//, ""), value])
      .sort(([a], [b]) => (a < b ? -1 : 1));
  const expected = own(cases[name].tensors);
  // Without settings a class does not always tell; then the file's own word stays.
  const told = own(found).map(([key, value]): [string, unknown] => {
    const isNumber = cases[name].ending === ".weights.h5" && /\/vars\/\d+$/.test(key);
    const same = expected.find(([, other]) => JSON.stringify(other) === JSON.stringify(value));
    return [isNumber && same ? same[0] : key, value];
  });
  expect(told.sort(([a], [b]) => (a < b ? -1 : 1))).toEqual(expected);
});

it.each(Object.keys(cases).filter((name) => cases[name].refused !== undefined))("%s is refused", async (name) => {
  const error: unknown = await open(name).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(FormatError);
  expect((error as Error).message).toMatch(new RegExp(cases[name].refused ?? ""));
});

it("layers tell roles and axes", async () => {
  for (const name of ["convolutional .keras", "convolutional .h5", "before .keras", "convolutional .weights.h5"]) {
    const model = await open(name);
    const roles = Object.fromEntries(model.tensors.map((tensor) => [tensor.name, tensor.role]));
    expect(roles["stem/kernel"]).toBe("convolution");
    expect(roles["norm/gamma"]).toBe("norm");
    expect(roles["alpha/bias"]).toBe("bias");
    expect(model.tensor("alpha/kernel")).toMatchObject({
      role: "linear",
      axes: { output: [1], input: [0], stacked: [] },
      roleReason: "Keras: the kernel of a Dense",
    });
    expect(model.tensor("conv2d_transpose/kernel").axes).toMatchObject({ output: [2], input: [3] });
  }
});

it("an optimizer's state is left out, and said", async () => {
  for (const name of ["trained .keras", "trained .h5"])
    expect(openingNotes(await open(name)).join()).toMatch(/left out: \d+ arrays of the optimizer/);
});

it("what is no number in a file of no model is left out, and said", async () => {
  const [note] = openingNotes(await open("plain .h5"));
  for (const what of ["text", "records or complex numbers", "big-endian numbers", "nothing"])
    expect(note).toContain(what);
});

it("rows are read alone, over the chunks of a packed array too", async () => {
  const tensor = (await open("plain .h5")).tensor("packed");
  expect(await tensor.readRows?.(5, 9)).toEqual((await tensor.read()).slice(100, 180));
});

it("a sum that is wrong is seen before any value is given", async () => {
  const bytes = bytesOf("float16 .keras");
  const at = Buffer.from(bytes).indexOf("\x89HDF", 0, "latin1");
  const end = Buffer.from(bytes).indexOf("PK\x01\x02", 0, "latin1");
  bytes[end - 1] ^= 1;
  expect(end).toBeGreaterThan(at);
  const model = await openSource(memorySource(bytes, "m.keras")).catch((reason: unknown) => reason as FormatError);
  const error = model instanceof Error ? model : await model.tensors[0].read().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(FormatError);
});

it("a zip of other things is no model of Keras", () => {
  expect(isKeras([])).toBe(false);
});
