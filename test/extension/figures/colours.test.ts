import { cividis, paints, reversed, shareScale } from "../../../extension/figures/colours";
import { darkTheme, lightTheme } from "../../../extension/figures/theme";
import { shareScale as shareColours, variantColours, variantSymbols } from "../../../kernel/report/colours";

test("a colour belongs to its variant: switching another off changes nothing", () => {
  expect(paints(3, [0, 1, 2])[2]).toEqual({ colour: variantColours[2], symbol: variantSymbols[2] });
  expect(paints(3, [2])[2]).toEqual(paints(3, [0, 1, 2])[2]);
});

test("of more variants than colours the visible ones share the palette out; too many have one colour", () => {
  expect(paints(10, [8, 9])[9].colour).toBe(variantColours[1]);
  const all = paints(
    10,
    Array.from({ length: 10 }, (_, i) => i),
  );
  expect(new Set(all.map(({ colour }) => colour)).size).toBe(1);
});

test("scales run from 0 to 1 in equal steps; reversed has the other end first", () => {
  expect([cividis[0][0], cividis[cividis.length - 1][0]]).toEqual([0, 1]);
  expect(reversed(cividis).map(([at]) => at)).toEqual(cividis.map(([at]) => at));
  expect(reversed(cividis)[0][1]).toBe(cividis[cividis.length - 1][1]);
});

test("the scale of shares begins at the page's own background", () => {
  expect(shareScale(lightTheme).map(([, colour]) => colour)).toEqual([...shareColours.light]);
  expect(shareScale(darkTheme).map(([, colour]) => colour)).toEqual([...shareColours.dark]);
});
