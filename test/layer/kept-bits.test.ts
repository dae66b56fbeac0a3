import { KeptBits } from "../../kernel/layer/kept-bits";
import { packMask } from "../../kernel/stored/packed-codes";

const mask = Uint8Array.from({ length: 203 }, (_, i) => Number((i * i) % 7 < 3));

test.each([[[0, 203]], [[0, 64, 128, 203]], [[0, 3, 50, 51, 58, 203]]])(
  "bits that are set in pieces (%j) are those of the whole",
  (bounds) => {
    const kept = new KeptBits(203);
    // What stood there before is gone.
    kept.set(0, new Uint8Array(203).fill(1));
    bounds.slice(1).forEach((end, at) => kept.set(bounds[at], mask.subarray(bounds[at], end)));
    expect(kept.bits).toEqual(packMask(mask));
    for (const start of [0, 5, 8, 64]) expect([...kept.mask(start, 200)]).toEqual([...mask.subarray(start, 200)]);
    const count = mask.reduce((sum, bit) => sum + bit, 0);
    expect([kept.count(0, 203), kept.count(0, 64) + kept.count(64, 203)]).toEqual([count, count]);
    const places = Int16Array.from(mask.keys());
    expect([...kept.gather(places, count)]).toEqual([...places].filter((place) => mask[place] === 1));
  },
);
