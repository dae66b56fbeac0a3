import { nextMark, pointQuantities, pointSentence } from "../../../extension/figures/curve-points";
import { curvesFigure, initialCurvesState } from "../../../extension/figures/curves";
import { lightTheme } from "../../../extension/figures/theme";
import { rateCurves } from "../../fixtures/report/curves";

const view = rateCurves();

test("arrows walk along a curve and to the nearest point of the next", () => {
  const { marks } = curvesFigure(view, initialCurvesState, lightTheme, 900);
  const at = (mark: (typeof marks)[number] | null) => mark && [mark.curve, mark.point];
  expect(at(nextMark(marks, null, "ArrowRight"))).toEqual([0, 0]);
  expect(at(nextMark(marks, marks[0], "ArrowRight"))).toEqual([0, 1]);
  expect(at(nextMark(marks, marks[2], "ArrowRight"))).toEqual([0, 2]);
  expect(at(nextMark(marks, marks[0], "ArrowLeft"))).toEqual([0, 0]);
  expect(at(nextMark(marks, marks[0], "ArrowDown"))).toEqual([1, 0]);
  expect(at(nextMark(marks, marks[4], "ArrowUp"))).toEqual([1, 0]);
  expect(at(nextMark(marks, marks[3], "ArrowUp"))).toEqual([0, 1]);
  expect(at(nextMark(marks, marks[1], "End"))).toEqual([2, 0]);
  expect(nextMark([], null, "Home")).toBeNull();
});

test("a point says what it is, with units and its distance to each bound", () => {
  expect(pointSentence(view, 0, 1)).toBe("linear 4-bit g64: 4.25 bits per weight, SQNR 19.1 dB");
  expect(pointSentence(view, 2, 0)).toBe("rans: 7.90 bits per weight, SQNR lossless");
  expect(pointQuantities(view, 0, 1)).toEqual([
    { label: "bits per weight", value: "4.25" },
    { label: "SQNR, dB", value: "19.1" },
    { label: "above Gaussian bound, dB", value: "−6.48" },
    { label: "above Shannon lower bound, dB", value: "−7.08" },
  ]);
});
