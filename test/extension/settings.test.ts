import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ISettingRegistry } from "@jupyterlab/settingregistry";
import { defaultPreferences } from "../../extension/figures/state";
import { toPreferences, withChoices } from "../../extension/settings";

const schema = JSON.parse(
  readFileSync(join(__dirname, "../../../extension/schema/views.json"), "utf8"),
) as ISettingRegistry.ISchema;
const plugin: ISettingRegistry.IPlugin = {
  id: "jupyterlab-codebook:views",
  version: "0",
  raw: "{}",
  data: { composite: {}, user: {} },
  schema,
};

test("the settings offer every measure of error and every form, with the defaults of the figures", () => {
  const { measure, layout } = withChoices(plugin).schema.properties ?? {};
  expect(measure).toMatchObject({ type: "string", enum: ["sqnr", "t2", "rmse", "mse", "cosine"], default: "sqnr" });
  expect(layout).toMatchObject({ enum: ["automatic", "layers", "map", "table"], default: "automatic" });
  expect(measure.title).toBe(schema.properties?.measure.title);
});

test("the registry is asked to wait for these choices, and the plugin that it gave stays as it was", () => {
  const before = JSON.stringify(plugin);
  withChoices(plugin);
  expect(schema["jupyter.lab.transform"]).toBe(true);
  expect(JSON.stringify(plugin)).toBe(before);
});

test("what a reader set becomes what figures first show; an unknown word is as if nothing were set", () => {
  expect(toPreferences({ measure: "rmse", layout: "table" })).toEqual({
    measure: "rootMeanSquareError",
    layout: "table",
  });
  expect(toPreferences({ measure: "sqnrDb", layout: 3 })).toEqual(defaultPreferences);
  expect(toPreferences({})).toEqual(defaultPreferences);
});
