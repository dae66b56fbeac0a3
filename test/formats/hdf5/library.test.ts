import { listContents, readBlock, type Library } from "../../../kernel/formats/hdf5/library";

/** A library whose file has a group that holds itself, and an array of two bytes. */
function fake(): Library {
  const heap = new Uint8Array(16).fill(9);
  const metadata = { shape: [2], type: 0, size: 1, total_size: 2, signed: true, littleEndian: true, vlen: false };
  const module = {
    H5G_GROUP: 0,
    H5G_DATASET: 1,
    HEAPU8: heap,
    FS: { createFile: () => ({ stream_ops: {} }) },
    _malloc: () => 4,
    _free: () => undefined,
    get_names: () => ["again", "w", "broken"],
    get_type: (_: bigint, path: string) => (path.endsWith("w") ? 1 : path.endsWith("broken") ? 3 : 0),
    get_attribute_names: () => [],
    get_attribute_metadata: () => metadata,
    get_dataset_metadata: () => metadata,
    get_dataset_filters: () => [],
    get_dataset_data: () => 0,
  };
  return {
    module,
    File: class {
      readonly file_id = 1n;
    },
  };
}

it("ends where groups hold themselves", () => {
  expect(() => listContents(fake(), 1n, 1000)).toThrow("nest more than 64 deep");
  expect(() => listContents(fake(), 1n, 10)).toThrow("more than 10 objects");
});

it("gives no memory of others where the library reads nothing, and no other shape", () => {
  expect(readBlock(fake(), 1n, { path: "w", from: [0], count: [2] })).toEqual(new Uint8Array(2));
  expect(() => readBlock(fake(), 1n, { path: "w", from: [0, 0], count: [1, 2] })).toThrow("another array");
  expect(() => readBlock(fake(), 1n, { path: "w", from: [0], count: [2 ** 40] })).toThrow("at once");
});
