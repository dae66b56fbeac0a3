import { control, described, fontWords, styled } from "../../kernel/widgets/controls";

test("the models of controls carry the version that their front end registers", () => {
  expect(control("IntProgress", "Progress")).toEqual({
    module: "@jupyter-widgets/controls",
    version: "2.0.0",
    model: "IntProgressModel",
    view: "ProgressView",
  });
  expect(styled("SliderStyle", "handleColor")).toEqual({
    model: "SliderStyleModel",
    words: { descriptionWidth: "", handleColor: null },
  });
  expect(Object.keys(described)).toEqual(["description", "descriptionAllowHtml"]);
  expect(new Set(fontWords).size).toBe(7);
});
