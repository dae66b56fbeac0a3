import { gptq } from "../../kernel/stored-codes/gptq";
import { filled, found, type Stored } from "./files";

const v1 = { quant_method: "gptq", bits: 4, group_size: 32, checkpoint_format: "gptq", sym: false };

/** 32 inputs, eight outputs, one group: all codes are 9, all zero points stored as `zero`. */
const layer = (zero: number, more: Record<string, Stored> = {}): Record<string, Stored> => ({
  "a.qweight": ["I32", [4, 8], filled(32, 0x99999999 | 0)],
  "a.qzeros": ["I32", [1, 1], [(zero * 0x11111111) | 0]],
  "a.scales": ["F32", [1, 8], [1, 2, 3, 4, 5, 6, 7, 8]],
  ...more,
});

async function decoded(zero: number, settings: Record<string, unknown> | undefined, more?: Record<string, Stored>) {
  const [tensor] = await found(gptq, layer(zero, more), settings);
  const values = await tensor.read();
  return { tensor, values, notes: tensor.notes };
}

test("a row of the weight is a column of the codes", async () => {
  const { tensor, values } = await decoded(3, v1);
  expect(tensor).toMatchObject({ name: "a.weight", shape: [8, 32], scheme: "GPTQ 4-bit per channel", parameters: 256 });
  expect([...values.subarray(0, 32)]).toEqual(filled(32, 5));
  expect([...values.subarray(224)]).toEqual(filled(32, 40));
});

test("a zero point stored as 15 is 0 that had 1 taken off, and is noted", async () => {
  const { values, notes } = await decoded(15, v1);
  expect(values[0]).toBe(9);
  expect(notes).toEqual([expect.stringContaining("8 of 8 zero points are stored as 15")]);
});

test("symmetric codes tell by themselves whether 1 was taken off, whatever the field says", async () => {
  const symmetric = { ...v1, sym: true };
  expect((await decoded(7, symmetric)).values[0]).toBe(1);
  expect((await decoded(7, symmetric)).notes).toEqual([]);
  expect((await decoded(8, symmetric)).values[0]).toBe(1);
  expect((await decoded(8, symmetric)).notes).toEqual([
    expect.stringContaining("as gptq_v2 stores those of symmetric codes"),
  ]);
  expect((await decoded(7, { ...symmetric, checkpoint_format: "gptq_v2" })).values[0]).toBe(1);
  // Asymmetric codes may have a zero point of 9 or 8 everywhere: then the field is all there is.
  expect((await decoded(8, v1)).values[0]).toBe(0);
});

test("without settings, zero points that do not tell are refused when they are read", async () => {
  expect((await decoded(8, undefined, { "a.g_idx": ["I32", [32], filled(32)] })).values[0]).toBe(1);
  await expect(decoded(3, undefined, { "a.g_idx": ["I32", [32], filled(32)] })).rejects.toThrow(
    "holds zero points from 3 to 3, and no settings say whether 1 was taken off",
  );
});

test("bits that the rows do not hold are corrected, or refused", async () => {
  const { tensor } = await decoded(3, { ...v1, bits: 3 }, { "a.g_idx": ["I32", [32], filled(32)] });
  expect(tensor.scheme).toBe("GPTQ 4-bit per channel");
  await expect(found(gptq, layer(3, { "a.g_idx": ["I32", [99], filled(99)] }), v1)).rejects.toThrow("for 99 inputs");
  await expect(found(gptq, layer(3), { quant_method: "gptq" })).rejects.toThrow("the settings say nothing of the bits");
});

test("parts that do not fit, and layouts of other kinds, are refused", async () => {
  await expect(found(gptq, { ...layer(3), "a.qzeros": ["I32", [2, 1], [0, 0]] }, v1)).rejects.toThrow(
    "expected the shape [1, 1]",
  );
  await expect(found(gptq, layer(3), { ...v1, is_marlin_format: true })).rejects.toThrow('GPTQ layout "marlin"');
  await expect(decoded(3, v1, { "a.g_idx": ["I32", [32], filled(32, 5)] })).rejects.toThrow("input 0 is of group 5");
  expect(await found(gptq, layer(3), { quant_method: "awq" })).toEqual([]);
});

test("groups of another size than the scales have, or in an order that nothing tells, are refused", async () => {
  // 64 inputs with two groups, eight outputs.
  const two: Record<string, Stored> = {
    "a.qweight": ["I32", [8, 8], filled(64, 0x11111111)],
    "a.qzeros": ["I32", [2, 1], filled(2)],
    "a.scales": ["F32", [2, 8], filled(16, 1)],
  };
  await found(gptq, two, v1);
  for (const group_size of [64, 16])
    await expect(found(gptq, two, { ...v1, group_size })).rejects.toThrow(
      `has 2 groups for 64 inputs, and the settings say groups of ${group_size}`,
    );
  await expect(found(gptq, two, { ...v1, desc_act: true })).rejects.toThrow("the settings say desc_act");
  await found(gptq, { ...two, "a.g_idx": ["I32", [64], filled(64)] }, { ...v1, desc_act: true });
  await expect(found(gptq, two, { ...v1, checkpoint_format: "__proto__" })).rejects.toThrow('layout "__proto__"');
});
