import { cividis as cividisSteps, variantColours } from "../../kernel/report/colours";
import { variantLimit } from "../../kernel/report/layout";
import type { Theme } from "./theme";

export type ColourScale = readonly (readonly [number, string])[];

/** A second cue beside colour, for grey print. Plotly's names. */
const symbols = ["circle", "square", "diamond", "triangle-up", "triangle-down", "pentagon", "hexagon", "star"];

export interface Paint {
  readonly colour: string;
  readonly symbol: string;
}

/** Colour and shape of each of the report's variants. They belong to the variant, so that switching another off changes nothing; only
 *  where there are more variants than colours do the visible ones share the palette out, or have one colour when they are too many. */
export function paints(count: number, visible: readonly number[]): readonly Paint[] {
  return Array.from({ length: count }, (_, variant) => {
    const index = count <= variantLimit ? variant : visible.length <= variantLimit ? visible.indexOf(variant) : 0;
    return { colour: variantColours[Math.max(0, index)], symbol: symbols[Math.max(0, index)] };
  });
}

/** Cividis as plotly takes it. */
export const cividis: ColourScale = cividisSteps.map(
  (colour, i) => [Math.round((i / (cividisSteps.length - 1)) * 1e6) / 1e6, colour] as const,
);

/** The scale read from its other end, for measures where less is better: dark is always the worse. */
export const reversed = (scale: ColourScale): ColourScale =>
  [...scale].reverse().map(([at, colour]) => [Math.round((1 - at) * 1e6) / 1e6, colour] as const);

/** One hue from the page's background to full: a share from none to all. */
export function shareScale(theme: Theme): ColourScale {
  return theme.dark
    ? [
        [0, "#1d2a35"],
        [1, "#56b4e9"],
      ]
    : [
        [0, "#eef3f7"],
        [1, "#0072b2"],
      ];
}
