import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { open } from "../../kernel";

const corpus = join(__dirname, "../../../test/fixtures/stored-codes");

interface Case {
  readonly scheme: string;
  readonly trap: string;
  readonly bytes: string;
  readonly values?: string;
  readonly tensors?: Readonly<Record<string, { readonly shape: number[]; readonly sha256: string }>>;
  readonly parts?: Readonly<Record<string, readonly string[]>>;
  readonly refused?: string;
}

const cases = readdirSync(corpus)
  .filter((name) => existsSync(join(corpus, name, "case.json")))
  .map((name) => ({ name, ...(JSON.parse(readFileSync(join(corpus, name, "case.json"), "utf8")) as Case) }));

/** Libraries differ in which NaN they give; all count as 0x7fc00000. */
function sha256(values: Float32Array): string {
  const bits = Uint32Array.from(new Uint32Array(values.slice().buffer), (one, i) =>
    Number.isNaN(values[i]) ? 0x7fc00000 : one,
  );
  return createHash("sha256").update(new Uint8Array(bits.buffer)).digest("hex");
}

test.each(cases.filter(({ refused }) => refused === undefined))(
  "$name opens to the values of its library",
  async ({ name, tensors = {}, parts = {} }) => {
    const model = await open(join(corpus, name));
    const read = await Promise.all(
      model.tensors.map(async (tensor) => [
        tensor.name,
        { shape: [...tensor.shape], sha256: sha256(await tensor.read()) },
      ]),
    );
    expect(Object.fromEntries(read)).toEqual(tensors);
    expect(
      Object.fromEntries(
        model.tensors.flatMap((tensor) =>
          tensor.stored ? [[tensor.name, tensor.stored.map((part) => part.name).sort()]] : [],
        ),
      ),
    ).toEqual(Object.fromEntries(Object.entries(parts).map(([weight, names]) => [weight, [...names].sort()])));
    expect(model.parameters).toBe(
      Object.values(tensors).reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0),
    );
    const raw = await open(join(corpus, name), { raw: true });
    expect(raw.tensors.some(({ scheme }) => scheme !== undefined)).toBe(false);
    expect(raw.sizeBytes).toBe(model.sizeBytes);
  },
);

test.each(cases.filter(({ refused }) => refused !== undefined))(
  "$name is refused by its name",
  async ({ name, refused = "" }) => {
    await expect(open(join(corpus, name))).rejects.toThrow(refused);
    await expect(open(join(corpus, name))).rejects.toMatchObject({ code: "FORMAT" });
    expect((await open(join(corpus, name), { raw: true })).tensors.length).toBeGreaterThan(1);
  },
);
