import { awq } from "../../kernel/stored-codes/awq";
import { filled, found, type Stored } from "./files";

const gemm = { quant_method: "awq", bits: 4, version: "gemm" };
const layer: Record<string, Stored> = {
  // The lowest four bits are output 0, the next output 2, then 4, 6, 1, 3, 5, 7.
  "a.qweight": ["I32", [4, 1], filled(4, 0x75316420)],
  "a.qzeros": ["I32", [1, 1], [0]],
  "a.scales": ["F32", [1, 8], filled(8, 1)],
};

test("outputs come back into their order", async () => {
  const [tensor] = await found(awq, layer, gemm);
  expect(tensor).toMatchObject({ name: "a.weight", shape: [8, 4], scheme: "AWQ 4-bit per channel" });
  expect([...(await tensor.read())].filter((_, i) => i % 4 === 0)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});

test("other layouts and widths are refused by name; other methods are left to others", async () => {
  await expect(found(awq, layer, { ...gemm, version: "gemv_fast" })).rejects.toThrow('AWQ layout "gemv_fast"');
  await expect(found(awq, layer, { ...gemm, bits: 3 })).rejects.toThrow("the settings say 3 bits");
  await expect(found(awq, { ...layer, "a.qzeros": ["I32", [2, 1], [0, 0]] }, gemm)).rejects.toThrow(
    "expected the shape [1, 1]",
  );
  expect(await found(awq, layer, { quant_method: "gptq" })).toEqual([]);
});
