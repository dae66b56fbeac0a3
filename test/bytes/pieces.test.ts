import { piecesInOrder } from "../../kernel/bytes/pieces";

const piece = (bytes: number, made = bytes) => ({ bytes, make: () => new Uint8Array(made).fill(bytes) });
const kept = (bytes: number) => ({ bytes, sha256: "", note: "" });
const madeOf = async (source: ReturnType<typeof piecesInOrder>) => {
  const sizes: number[] = [];
  for await (const { bytes } of source.make()) sizes.push(bytes.length);
  return sizes;
};

describe("pieces in order", () => {
  test("are made from the first that is not kept", async () => {
    const source = piecesInOrder([piece(3), piece(4), piece(5)]);
    expect(await source.keep(kept(3))).toBe(true);
    expect(source.isWhole).toBe(false);
    expect(await madeOf(source)).toEqual([4, 5]);
    expect(source.isWhole).toBe(true);
  });

  test("are not kept where the size is another, or there is no further one", async () => {
    const source = piecesInOrder([piece(3)]);
    expect(await source.keep(kept(4))).toBe(false);
    expect(await source.keep(kept(3))).toBe(true);
    expect(await source.keep(kept(3))).toBe(false);
    expect(source.isWhole).toBe(true);
    expect(await madeOf(source)).toEqual([]);
  });

  test("none at all are whole", () => {
    expect(piecesInOrder([]).isWhole).toBe(true);
  });

  test("that have another size than was announced are an error", async () => {
    await expect(madeOf(piecesInOrder([piece(3), piece(4, 5)]))).rejects.toThrow(
      "piece 1 has 5 bytes, and 4 were announced",
    );
  });
});
