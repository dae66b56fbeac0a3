import { createHash } from "node:crypto";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { open } from "../../kernel";
import { parametersOf } from "../../kernel/tensor/tensor";

/** A checkpoint of the corpus; test/fixtures/stored-codes/README.md says what its fields mean. */
interface Case {
  readonly trap: string;
  readonly writtenBy: string;
  readonly decodedBy: string;
  readonly values?: Readonly<Record<string, { shape: number[]; sha256: string; scheme?: string }>>;
  readonly refused?: string;
}

const root = join(__dirname, "../../../test/fixtures/stored-codes");
const names = readdirSync(root).filter((name) => statSync(join(root, name)).isDirectory());
const caseOf = (name: string): Case => JSON.parse(readFileSync(join(root, name, "case.json"), "utf8"));
const read = names.filter((name) => !caseOf(name).refused);
const refused = names.filter((name) => caseOf(name).refused);

test.each(read)("%s: every weight has the reference's values, in its own name and shape", async (name) => {
  const { values = {} } = caseOf(name);
  const model = await open(join(root, name));
  let parameters = 0;
  for (const [weight, { shape, sha256, scheme }] of Object.entries(values)) {
    const tensor = model.tensor(weight);
    const array = await tensor.read();
    const hash = createHash("sha256").update(new Uint8Array(array.buffer)).digest("hex");
    expect([weight, tensor.shape, hash]).toEqual([weight, shape, sha256]);
    if (scheme !== undefined) expect(tensor.scheme).toBe(scheme);
    const middle = shape[0] >> 1;
    const rows = await tensor.readRows?.(middle, shape[0]);
    if (rows) expect(Buffer.compare(bytes(rows), bytes(array.subarray((middle * array.length) / shape[0])))).toBe(0);
    parameters += parametersOf(shape);
  }
  const rest = model.tensors.filter((tensor) => !(tensor.name in values));
  expect(rest.filter(({ scheme }) => scheme !== undefined)).toEqual([]);
  expect(model.parameters).toBe(parameters + rest.reduce((sum, tensor) => sum + tensor.parameters, 0));
  const raw = await open(join(root, name), { raw: true });
  expect(raw.sizeBytes).toBe(model.sizeBytes);
});

test.each(refused)("%s: is refused by name, and shown as it is when asked", async (name) => {
  await expect(open(join(root, name))).rejects.toThrow(caseOf(name).refused);
  expect((await open(join(root, name), { raw: true })).tensors.length).toBeGreaterThan(0);
});

test("the corpus stays small", () => {
  const bytes = names.flatMap((name) =>
    readdirSync(join(root, name)).map((file) => statSync(join(root, name, file)).size),
  );
  expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThan(1024 * 1024);
});

const bytes = ({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);
