import { hqq } from "../../kernel/stored-codes/hqq";
import { found, type Stored } from "./files";

const text = (word: string): Stored => ["U8", [word.length], Buffer.from(word)];
const layer: Record<string, Stored> = {
  // Groups of two along the rows of (4, 2): rows 0 and 1 in the high halves, 2 and 3 in the low ones.
  "a.W_q": ["U8", [2, 2], [0x15, 0x26, 0x37, 0x48]],
  "a.scale": ["F32", [4, 1], [1, 1, 1, 10]],
  "a.zero": ["F32", [4, 1], [0, 0, 0, 1]],
  "a.nbits": ["I32", [], [4]],
  "a.group_size": ["I32", [], [2]],
  "a.axis": ["I32", [], [1]],
  "a.shape": ["I64", [2], [4, 2]],
  "a.packing": text("4bit_u8"),
  "a.optimize": ["U8", [], [1]],
};

test("bands of rows come apart, and the description is part of the weight", async () => {
  const [tensor] = await found(hqq, layer);
  expect(tensor).toMatchObject({ name: "a.weight", shape: [4, 2], scheme: "HQQ 4-bit g2" });
  expect([...(await tensor.read())]).toEqual([1, 2, 3, 4, 5, 6, 60, 70]);
  expect(tensor.stored).toHaveLength(9);
});

test("a description that makes no sense is refused", async () => {
  const wrong = (more: Record<string, Stored>) => expect(found(hqq, { ...layer, ...more })).rejects;
  await wrong({ "a.packing": text("9bit") }).toThrow('packing "9bit"');
  await wrong({ "a.axis": ["I32", [], [2]] }).toThrow("axis 2");
  await wrong({ "a.group_size": ["I32", [], [3]] }).toThrow("group_size 3");
  await wrong({ "a.shape": ["I64", [2], [4, 4]] }).toThrow('"a.W_q" has 4 bytes; expected 8');
  await wrong({ "a.shape": ["I64", [2], [-4, -2]] }).toThrow("shape [-4, -2]");
  await wrong({ "a.shape": ["F32", [2], [0.5, 16]] }).toThrow("shape [0.5, 16]");
  await wrong({ "a.scale": ["F32", [1], [1]] }).toThrow("4 elements");
  await wrong({ "a.scale": ["U8", [4, 1], [1, 1, 1, 1]] }).toThrow("the type F16");
});

test("with a second scale the names are SINQ's, and left to those who refuse it", async () => {
  expect(await found(hqq, { ...layer, "a.scale2": ["F32", [2], [1, 1]] })).toEqual([]);
});
