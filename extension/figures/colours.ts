import {
  cividis as cividisSteps,
  shareScale as shareColours,
  variantColours,
  variantSymbols,
} from "../../kernel/report/colours";
import { variantLimit } from "../../kernel/report/layout";
import type { Theme } from "./theme";

/** A scale as plotly takes it: colours at shares from 0 to 1. */
export type ColourScale = readonly (readonly [number, string])[];

/** How a variant is told from the others. */
export interface Paint {
  readonly colour: string;
  /** The second cue, for grey print, under plotly's name. */
  readonly symbol: string;
}

/** Colour and shape of each of the report's variants. They belong to the variant, so that switching another off changes nothing; only
 *  where there are more variants than colours do the visible ones share the palette out, or have one colour when they are too many. */
export function paints(count: number, visible: readonly number[]): readonly Paint[] {
  return Array.from({ length: count }, (_, variant) => {
    const index = count <= variantLimit ? variant : visible.length <= variantLimit ? visible.indexOf(variant) : 0;
    return { colour: variantColours[Math.max(0, index)], symbol: variantSymbols[Math.max(0, index)] };
  });
}

/** Equal steps as plotly takes them. */
const scaleOf = (steps: readonly string[]): ColourScale =>
  steps.map((colour, i) => [Math.round((i / (steps.length - 1)) * 1e6) / 1e6, colour] as const);

/** Cividis as plotly takes it. */
export const cividis: ColourScale = scaleOf(cividisSteps);

/** The scale read from its other end, for measures where less is better: dark is always the worse. */
export const reversed = (scale: ColourScale): ColourScale =>
  [...scale].reverse().map(([at, colour]) => [Math.round((1 - at) * 1e6) / 1e6, colour] as const);

/** One hue from the page's background to full: a share from none to all. */
export const shareScale = (theme: Theme): ColourScale => scaleOf(theme.dark ? shareColours.dark : shareColours.light);
