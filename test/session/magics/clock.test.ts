import { durationText, startClock } from "../../../kernel/session/magics/clock";

test.each([
  [0.4126, "413 µs"],
  [3.2149, "3.21 ms"],
  [999.9, "1 s"],
  [59_940, "59.9 s"],
  [65_000, "1 min 5 s"],
  [3_660_000, "1 h 1 min"],
])("%d ms are %s", (milliseconds, words) => {
  expect(durationText(milliseconds)).toBe(words);
});

test("a clock tells processor time and time on the wall", () => {
  const clock = startClock();
  const unit = "[\\d.]+ (?:µs|ms|s)";
  expect(clock()).toMatch(new RegExp(`^CPU times: user ${unit}, sys ${unit}, total ${unit}\\nWall time: ${unit}\\n$`));
});
