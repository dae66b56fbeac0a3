/** The settings of the figures: their words in `schema/views.json`, their choices from the tables of measures and forms. */
import type { ISettingRegistry } from "@jupyterlab/settingregistry";
import { errorChoices, measures } from "../kernel/report/measures";
import { defaultPreferences, layoutNames, type Preferences } from "./figures/state";

const layouts = ["automatic", ...layoutNames] as const;
const settingOf = (key: Preferences["measure"]): string => measures[key].setting ?? key;

/** The plugin with the choices of its settings filled in, as the registry asks for it before it reads them. */
export function withChoices(plugin: ISettingRegistry.IPlugin): ISettingRegistry.IPlugin {
  const { properties = {} } = plugin.schema;
  const { measure, layout } = defaultPreferences;
  return {
    ...plugin,
    schema: {
      ...plugin.schema,
      properties: {
        ...properties,
        measure: { ...properties.measure, enum: errorChoices.map(settingOf), default: settingOf(measure) },
        layout: { ...properties.layout, enum: [...layouts], default: layout },
      },
    },
  };
}

/** What the settings say; the default where they hold no such word. */
export function toPreferences(values: Readonly<Record<string, unknown>>): Preferences {
  return {
    measure: errorChoices.find((key) => settingOf(key) === values.measure) ?? defaultPreferences.measure,
    layout: layouts.find((name) => name === values.layout) ?? defaultPreferences.layout,
  };
}
