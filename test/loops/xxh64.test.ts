import { finishHash, firstLanes, hash64, mix } from "../../kernel/loops/xxh64";

const bytes = Uint8Array.from({ length: 101 }, (_, i) => (i * 37) & 255);

test("values that xxhash prints for texts of each way through the last bytes", () => {
  expect(hash64(new Uint8Array(0))).toBe(0xef46db3751d8e999n);
  expect(hash64(Buffer.from("a"))).toBe(0xd24ec4f1a98c6e5bn);
  expect(hash64(Buffer.from("abc"))).toBe(0x44bc2cf5ad770999n);
  expect(hash64(Buffer.from("Nobody inspects the spammish repetition"))).toBe(0xfbcea83c8a378bf1n);
});

test("lanes that took 32 bytes at a time finish to the hash of the whole", () => {
  const lanes = [...firstLanes];
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < 96; at += 8) lanes[(at / 8) % 4] = mix(lanes[(at / 8) % 4], view.getBigUint64(at, true));
  expect(finishHash(lanes, bytes.subarray(96), bytes.length)).toBe(hash64(bytes));
});

test("it is the hash of the bytes that a view shows", () => {
  expect(hash64(bytes.subarray(3, 50))).toBe(hash64(bytes.slice(3, 50)));
  expect(hash64(bytes.subarray(3, 50))).not.toBe(hash64(bytes.subarray(4, 51)));
});
