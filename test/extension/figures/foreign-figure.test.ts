import { readFileSync } from "node:fs";
import { join } from "node:path";
import { drawnTraces, foreignFigure } from "../../../extension/figures/foreign-figure";
import { darkTheme } from "../../../extension/figures/theme";

test("the kinds of traces are those of our build of plotly", () => {
  const index = readFileSync(join(__dirname, "../../../../node_modules/plotly.js/lib/index-cartesian.js"), "utf8");
  const built = [...index.matchAll(/require\('\.\/(\w+)'\)/g)].map(([, name]) => name);
  const traces = built.filter((name) => !["core", "calendars"].includes(name));
  expect([...drawnTraces].sort()).toEqual([...traces, "scatter"].sort());
});

test("a figure without colours takes the page's, one with colours keeps them", () => {
  const plain = foreignFigure({ data: [{ type: "bar" }], layout: { xaxis: { title: "bits" } } }, darkTheme);
  expect(plain).toMatchObject({
    ok: true,
    figure: {
      data: [{ type: "bar" }],
      layout: { font: { color: darkTheme.text }, xaxis: { title: "bits", gridcolor: darkTheme.grid } },
      config: { plotlyServerURL: "", typesetMath: false },
      frames: [],
    },
  });
  const own = { paper_bgcolor: "white", font: { color: "red" }, xaxis: { gridcolor: "blue" } };
  const kept = foreignFigure(
    { data: [{}], layout: own, config: { plotlyServerURL: "https://x" }, frames: [{}, 5] },
    darkTheme,
  );
  expect(kept).toMatchObject({ ok: true, figure: { layout: own, config: { plotlyServerURL: "" }, frames: [{}] } });
});

test("what is no figure, and what our build cannot draw, is named", () => {
  const sentence = (data: unknown) => {
    const checked = foreignFigure(data, darkTheme);
    return checked.ok ? "" : checked.sentence;
  };
  for (const none of [null, 5, {}, { data: {} }, { data: [5] }]) expect(sentence(none)).toContain("it is not { data");
  expect(sentence({ data: [{ type: "surface" }, { type: "mesh3d" }] })).toContain(
    "surface, mesh3d are not in this build",
  );
  expect(sentence({ data: [{ type: "scattergl" }] })).toBe("");
});
