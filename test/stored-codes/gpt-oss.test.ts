import { gptOss } from "../../kernel/stored-codes/gpt-oss";
import { decodesByRows, headers, weightsOf } from "./weights";

test.each(["gpt-oss", "gpt-oss-original"])("%s decodes by rows as at once", async (name) => {
  const weights = await weightsOf(gptOss, name);
  expect(weights).toHaveLength(1);
  expect(await decodesByRows(weights[0])).toBe(true);
});

test("transformers' names stand for (E, in, out), OpenAI's for (E, out, in)", async () => {
  expect((await weightsOf(gptOss, "gpt-oss"))[0]).toMatchObject({ shape: [2, 96, 10], scheme: "MXFP4" });
  expect((await weightsOf(gptOss, "gpt-oss-original"))[0]).toMatchObject({ shape: [2, 10, 96] });
});

test("blocks that are none, or scales of another shape, are an error", () => {
  expect(() => gptOss.find(headers({ a_blocks: ["U8", 2, 4, 3, 8], a_scales: ["U8", 2, 4, 3] }))).toThrow(
    '"a_blocks" has the shape [2, 4, 3, 8]; expected (experts, out, in/32, 16)',
  );
  expect(() => gptOss.find(headers({ a_blocks: ["U8", 2, 4, 3, 16], a_scales: ["U8", 2, 4, 2] }))).toThrow(
    '"a_scales" is U8 [2, 4, 2]; expected the shape [2, 4, 3]',
  );
  expect(gptOss.find(headers({ a_blocks: ["F32", 2, 4, 3, 16], a_scales: ["U8", 2, 4, 3] }))).toEqual([]);
  expect(gptOss.find(headers({ a_blocks: ["U8", 2, 4, 3, 16] }))).toEqual([]);
});
