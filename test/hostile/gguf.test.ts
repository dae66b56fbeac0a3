import { memorySource } from "../../kernel/bytes/source";
import { openGguf } from "../../kernel/formats/gguf/gguf";
import { hostileGguf, two, whole } from "./gguf-cases";

describe("hostile GGUF files", () => {
  it(`there are ${hostileGguf.length}`, () => expect(hostileGguf.length).toBeGreaterThanOrEqual(60));
  it("the file that they are made from is sound", async () => {
    expect((await openGguf(memorySource(whole), "m")).tensors.length).toBe(1);
    expect((await openGguf(memorySource(two({})), "m")).tensors.length).toBe(2);
  });

  it.each(hostileGguf)("%s", async (_, content, offset, says) => {
    const source = memorySource(content, "model.gguf");
    const error = await openGguf(source, "m").then(
      () => undefined,
      (reason) => reason,
    );
    expect(error?.message).toMatch(says);
    expect(error).toMatchObject({ code: "FORMAT", file: "model.gguf", offset });
    expect(source.bytesRead).toBeLessThanOrEqual(content.length);
  });
});
