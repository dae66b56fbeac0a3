import { Image } from "../../kernel/widgets/image";
import { FrontEnd } from "./fake-comms";

test("bytes travel as a buffer, and what is no bytes is refused", () => {
  const frontEnd = new FrontEnd();
  const image = new Image();
  image.value = new Uint8Array([1, 2, 3, 4]).subarray(1, 3);
  expect(frontEnd.sent.at(-1)).toMatchObject({
    data: { method: "update", state: {}, buffer_paths: [["value"]] },
    buffers: [new Uint8Array([2, 3])],
  });
  expect(() => (image.value = "data:…" as unknown as Uint8Array)).toThrow("it takes the bytes of a picture");
});
