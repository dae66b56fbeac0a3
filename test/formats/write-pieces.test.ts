import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hashOf, inOrder, keyOf, writePieces } from "../../kernel/formats/write-pieces";

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "pieces-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const bytes = (text: string) => new Uint8Array(Buffer.from(text));
const piece = (text: string) => ({ bytes: text.length, make: () => bytes(text) });
const model = { sha256: async () => "abc" };

test.each([false, true])(
  "a header and its pieces are written in order, then what belongs to the file (resume: %p)",
  async (resume) => {
    const file = join(folder, "f");
    const seen: string[] = [];
    const finish = async () => void seen.push(readFileSync(file, "utf8"));
    expect(
      await writePieces("save", file, model, bytes("head "), [piece("one "), piece("two")], { resume, finish }),
    ).toBe(12);
    expect(seen).toEqual(["head one two"]);
    expect(readdirSync(folder)).toEqual(["f"]);
  },
);

test("what decides a file's bytes is in its key", async () => {
  const key = (own: { sha256(): Promise<string> }, told: string) => keyOf("save", own, told, undefined);
  const other = { sha256: async () => "def" };
  expect(await key(model, "a")).toBe(await key(model, "a"));
  expect(new Set([await key(model, "a"), await key(model, "b"), await key(other, "a")]).size).toBe(3);
});

test("tensors alone cannot be taken up again", async () => {
  await expect(writePieces("save", join(folder, "f"), {}, bytes(""), [], { resume: true })).rejects.toThrow(
    "save(): resume goes with a model that has a sha256()",
  );
});

test("a model's hash goes on to tensors that it decides", async () => {
  expect(await hashOf(model).sha256?.()).toBe("abc");
  expect(hashOf({}).sha256).toBeUndefined();
});

test("pieces are made one by one, as they are asked for", async () => {
  const made: string[] = [];
  const pieces = ["a", "b"].map((text) => ({ bytes: 1, make: () => (made.push(text), bytes(text)) }));
  const order = inOrder(pieces);
  await order.next();
  expect(made).toEqual(["a"]);
});
