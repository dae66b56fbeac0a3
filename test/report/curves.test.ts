import { checkCurves } from "../../kernel/report/curves";
import { validate } from "../../kernel/report/validate";
import { rateCurves } from "../fixtures/report/curves";

const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as Record<string, unknown>;
const check = (data: unknown) => validate(data, { curves: checkCurves });

test("curves pass as they are; what the contract does not know is dropped", () => {
  const view = rateCurves();
  expect(check(plain(view))).toEqual({ ok: true, view });
  expect(check({ ...plain(view), more: 1 })).toEqual({ ok: true, view });
});

test.each<[string, (v: Record<string, unknown>) => void, RegExp]>([
  ["no axis", (v) => delete v.x, /its x is missing/],
  ["a strange scale", (v) => ((v.y as Record<string, unknown>).scale = "cubic"), /y\.scale is "cubic"/],
  [
    "a strange kind",
    (v) => ((v.curves as Record<string, unknown>[])[0].kind = "dream"),
    /curves\[0\]\.kind is "dream"/,
  ],
  [
    "text for a number",
    (v) => ((v.curves as { points: { x: unknown }[] }[])[1].points[0].x = "4"),
    /points\[0\]\.x is not a finite/,
  ],
  ["65 curves", (v) => (v.curves = Array(65).fill((v.curves as unknown[])[0])), /holds 65 entries; at most 64/],
])("refuses %s with its place", (_, change, says) => {
  const copy = plain(rateCurves());
  change(copy);
  const checked = check(copy);
  expect(checked.ok).toBe(false);
  expect("sentence" in checked ? checked.sentence : "").toMatch(says);
});
