import { curvesFigure, initialCurvesState } from "../../../extension/figures/curves";
import { glyphs, withHead } from "../../../extension/figures/legend";
import { lightTheme } from "../../../extension/figures/theme";
import { variantSymbols } from "../../../kernel/report/colours";
import { rateCurves } from "../../fixtures/report/curves";
import { payloads } from "../payloads";
import { expectPlainText } from "../placed";

const { figure } = curvesFigure(rateCurves(), initialCurvesState, lightTheme, 400);
const entry = (text: string) => ({ mark: glyphs.circle, colour: "#0072b2", text });

test("every mark of a variant is a character", () => {
  for (const symbol of variantSymbols) expect([...glyphs[symbol]]).toHaveLength(1);
});

test("the head takes a line for the name and as many as the entries need; the drawing keeps its size", () => {
  const one = withHead(figure, { name: "m", facts: "f" }, [entry("a"), entry("b")], lightTheme);
  const two = withHead(figure, { name: "m", facts: "f" }, [entry("a".repeat(48)), entry("b".repeat(48))], lightTheme);
  expect(one.layout.height - figure.layout.height).toBe(50);
  expect(two.layout.height - figure.layout.height).toBe(70);
  const plot = ({ height, margin }: typeof figure.layout) => height - margin.t - margin.b;
  expect(plot(two.layout)).toBe(plot(figure.layout));
  expect(figure.layout.annotations).toEqual([]);
});

test("names in the head are text", () => {
  for (const payload of payloads) {
    const { layout } = withHead(figure, { name: payload, facts: payload }, [entry(payload)], lightTheme);
    for (const { text } of layout.annotations) expectPlainText(text);
  }
});
