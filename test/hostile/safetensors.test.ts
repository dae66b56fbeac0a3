import { memorySource } from "../../kernel/bytes/source";
import { readSafetensorsHeader } from "../../kernel/formats/safetensors";
import { entry, safetensorsFile } from "../formats/files";
import { hostileSafetensors } from "./safetensors-cases";

describe("hostile safetensors files", () => {
  it(`there are ${hostileSafetensors.length}`, () => expect(hostileSafetensors.length).toBeGreaterThanOrEqual(60));

  it.each(hostileSafetensors)("%s", async (_, content, offset, says) => {
    const error = await readSafetensorsHeader(memorySource(content, "model.safetensors")).then(
      () => undefined,
      (reason) => reason,
    );
    expect(error?.message).toMatch(says);
    expect(error).toMatchObject({ code: "FORMAT", file: "model.safetensors", offset });
    expect(error.expected.length).toBeGreaterThan(0);
  });

  it("names of properties are names like any other", async () => {
    const names = ["constructor", "toString", "hasOwnProperty", "__defineGetter__", "prototype"];
    const header = `{"__metadata__":{"constructor":"x","toString":"y"},${names.map((name) => entry(name, "U8", [0], 0, 0)).join(",")}}`;
    const read = await readSafetensorsHeader(memorySource(safetensorsFile(header)));
    expect(read.entries.map(({ name }) => name)).toEqual(names);
    expect(Object.entries(read.metadata)).toEqual([
      ["constructor", "x"],
      ["toString", "y"],
    ]);
    expect(Object.getPrototypeOf(read.metadata)).toBe(null);
  });
});
