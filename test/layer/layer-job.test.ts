import { typeOfBytes, valuesOf } from "../../kernel/layer/layer-job";

test("values are taken as they are, bytes are decoded by their type", () => {
  const values = Float32Array.of(1, 2);
  expect(valuesOf({ values }, "F16", [2])).toBe(values);
  const bytes = Uint8Array.of(0, 0x3c, 0, 0xc0);
  expect(valuesOf({ bytes }, "F16", [2])).toEqual(Float32Array.of(1, -2));
});

test("a type that is read keeps its name; the bytes of a compressed tensor are float32", () => {
  expect(typeOfBytes("Q4_0")).toBe("Q4_0");
  expect(typeOfBytes("linear 4-bit g128")).toBe("F32");
  const bytes = new Uint8Array(Float32Array.of(5).buffer);
  expect(valuesOf({ bytes }, "linear 4-bit g128", [1])).toEqual(Float32Array.of(5));
});
