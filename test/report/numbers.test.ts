import {
  formatBits,
  formatBytes,
  formatCount,
  formatDecibels,
  formatNumber,
  formatPercent,
  formatShape,
  formatShort,
  formatTick,
  niceTicks,
} from "../../kernel/report/numbers";

test("numbers: three digits, thousands, powers of two", () => {
  expect([0, 20.76, 0.00452, 1234.5, 45.2e-6, -0.5, 999.6, 5e6, NaN, -Infinity].map(formatNumber)).toEqual([
    "0",
    "20.8",
    "0.00452",
    "1,230",
    "4.52e−5",
    "−0.500",
    "1,000",
    "5.00e6",
    "NaN",
    "−∞",
  ]);
  expect([589824, 0, -1234].map(formatCount)).toEqual(["589,824", "0", "−1,234"]);
  expect([9999, 22713216, 134515008, 7.24e9].map(formatShort)).toEqual(["9,999", "22.7 M", "135 M", "7.24 B"]);
  expect([0, 999, 1023, 1024, 90852864, 13.4 * 2 ** 30].map(formatBytes)).toEqual([
    "0 B",
    "999 B",
    "0.999 KiB",
    "1.00 KiB",
    "86.6 MiB",
    "13.4 GiB",
  ]);
  expect([null, 20.77, -0.54].map(formatDecibels)).toEqual(["∞", "20.8", "−0.5"]);
  expect([formatPercent(0.4378), formatBits(4.7099), formatShape([1536, 384]), formatShape([])]).toEqual([
    "43.8",
    "4.71",
    "1536 × 384",
    "scalar",
  ]);
  expect(niceTicks(0, 21.3, 5)).toEqual([0, 5, 10, 15, 20]);
  expect(niceTicks(-20, 20, 4)).toEqual([-20, -10, 0, 10, 20]);
  expect(niceTicks(3, 3)).toEqual([3]);
});

test("ticks are as short as they are: thousands grouped, powers of ten where the digits would run on", () => {
  expect([0, 0.5, 12, 1000, -2.5, 1e6, 2e-5, -3e7].map(formatTick)).toEqual([
    "0",
    "0.5",
    "12",
    "1,000",
    "−2.5",
    "1e6",
    "2e−5",
    "−3e7",
  ]);
});
