/** Settings that say what the shapes do not: an error, or a note where the shapes fit one way only. */
import { FormatError } from "../../kernel/errors";
import { TensorSet } from "../../kernel/tensor/tensor-set";
import { awq } from "../../kernel/stored-codes/awq";
import { compressedTensors } from "../../kernel/stored-codes/compressed-tensors";
import { fp8 } from "../../kernel/stored-codes/fp8";
import { gptq } from "../../kernel/stored-codes/gptq";
import { hqq } from "../../kernel/stored-codes/hqq";
import { withLogicalTensors } from "../../kernel/stored-codes/logical-model";
import { fileOf, filled, found, type Stored } from "./files";

const refused = async (work: Promise<unknown>, says: string): Promise<void> => {
  await expect(work).rejects.toThrow(FormatError);
  await expect(work).rejects.toThrow(says);
};

test("AWQ: the size of a group", async () => {
  const layer: Record<string, Stored> = {
    "a.qweight": ["I32", [64, 1], filled(64)],
    "a.qzeros": ["I32", [2, 1], filled(2)],
    "a.scales": ["F32", [2, 8], filled(16, 1)],
  };
  const said = (group_size: number): Promise<unknown> =>
    found(awq, layer, { quant_method: "awq", bits: 4, group_size });
  expect(await said(32)).toMatchObject([{ scheme: "AWQ 4-bit g32" }]);
  await refused(said(64), "has 2 groups for 64 inputs, and the settings say groups of 64");
  await refused(said(-1), "the settings say one group");
});

test("HQQ: bits and packing", async () => {
  const text = (value: string): Stored => ["U8", [value.length], [...Buffer.from(value)]];
  const layer = (nbits: number): Record<string, Stored> => ({
    "a.W_q": ["U8", [2, 8], filled(16)],
    "a.scale": ["F32", [4, 1], filled(4, 1)],
    "a.zero": ["F32", [4, 1], filled(4)],
    "a.shape": ["I64", [2], [4, 8]],
    "a.packing": text("4bit_u8"),
    "a.nbits": ["F32", [1], [nbits]],
    "a.axis": ["I64", [1], [1]],
    "a.group_size": ["I64", [1], [8]],
  });
  expect(await found(hqq, layer(4))).toMatchObject([{ scheme: "HQQ 4-bit g8" }]);
  await refused(found(hqq, layer(2)), "says 2 bits, packed as 4bit_u8");
  await refused(found(hqq, layer(8)), "says 8 bits, packed as 4bit_u8");
});

test("compressed-tensors: the strategy", async () => {
  const scaled = (scales: readonly number[], weights: Record<string, unknown>): Promise<unknown> =>
    found(
      compressedTensors,
      {
        "a.weight": ["I8", [4, 64], filled(256, 1)],
        "a.weight_scale": [
          "F32",
          scales,
          filled(
            scales.reduce((a, b) => a * b),
            1,
          ),
        ],
      },
      {
        quant_method: "compressed-tensors",
        config_groups: { group_0: { targets: ["Linear"], weights: { num_bits: 8, symmetric: true, ...weights } } },
      },
    );
  expect(await scaled([4, 2], { strategy: "group", group_size: 32 })).toMatchObject([{ shape: [4, 64] }]);
  expect(await scaled([4, 1], { strategy: "group", group_size: 128 })).toMatchObject([{ shape: [4, 64] }]);
  expect(await scaled([1], { strategy: "channel" })).toMatchObject([{ shape: [4, 64] }]);
  await refused(scaled([4, 1], { strategy: "group", group_size: 32 }), 'strategy "group" with groups of 32');
  await refused(scaled([4, 2], { strategy: "channel" }), 'strategy "channel"');
  await refused(scaled([4, 1], { strategy: "tensor" }), 'strategy "tensor"');
  await refused(scaled([4, 1], { strategy: "block", block_structure: [2, 32] }), 'strategy "block"');
});

test("a weight of plain floats beside a scale of FP8", () => {
  const file = fileOf({ "a.weight": ["F32", [2, 2], filled(4)], "a.weight_scale_inv": ["F32", [1, 1], [2]] });
  expect(() => fp8.find(file)).toThrow('"a.weight" is F32 and has "a.weight_scale_inv" beside it');
});

test("GPTQ: bits and groups that the shapes do not have are noted, with how many weights", async () => {
  const layer = (name: string): Record<string, Stored> => ({
    [`${name}.qweight`]: ["I32", [8, 8], filled(64)],
    [`${name}.qzeros`]: ["I32", [2, 1], filled(2, 0x77777777)],
    [`${name}.scales`]: ["F32", [2, 8], filled(16, 1)],
    [`${name}.g_idx`]: ["I32", [64], Array.from({ length: 64 }, (_, i) => i >> 5)],
  });
  const notes = async (said: Record<string, unknown>): Promise<unknown> => {
    const { tensors } = fileOf({ ...layer("a"), ...layer("b") });
    const model = new TensorSet({
      name: "m",
      format: "memory",
      tensors: [...tensors.values()],
      sha256: async () => "",
    });
    const logical = await withLogicalTensors(model, {
      ...{ file: "m", signal: undefined, beside: async () => undefined },
      config: { quantization_config: { quant_method: "gptq", ...said } },
      schemes: [gptq],
    });
    return logical.model.metadata["codebook.notes"];
  };
  expect(await notes({ bits: 4, group_size: 32 })).toBeUndefined();
  expect(await notes({ bits: 8, group_size: 32 })).toEqual([
    '"a.weight" and 1 more: the settings say 8 bits, and its shapes 4, by which it is read',
  ]);
  expect(await notes({ bits: 4, group_size: 16 })).toEqual([
    '"a.weight" and 1 more: the settings say groups of 16, and its shapes 32, by which it is read',
  ]);
  expect(await notes({ bits: 8, group_size: 32, dynamic: { "-:.*": {} } })).toBeUndefined();
});
