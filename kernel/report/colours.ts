/** The colours of every figure. Pure; imports nothing. */

/** Okabe and Ito, Color Universal Design (2008), in an order whose first three differ most; told apart by colour-blind eyes, in
 *  print, and on light and dark pages. */
export const variantColours = [
  "#0072b2",
  "#009e73",
  "#d55e00",
  "#cc79a7",
  "#e69f00",
  "#56b4e9",
  "#f0e442",
  "#7f7f7f",
] as const;

/** A second cue beside colour, for grey print: the mark of each variant, under the names that Plotly gives them. */
export const variantSymbols = [
  "circle",
  "square",
  "diamond",
  "triangle-up",
  "triangle-down",
  "pentagon",
  "hexagon",
  "star",
] as const;

/** One hue from the page's background to full, for shares from none to all. */
export const shareScale = { light: ["#eef3f7", "#0072b2"], dark: ["#1d2a35", "#56b4e9"] } as const;

/** The colour of a variant; the ninth has that of the first. */
export function variantColour(variant: number): string {
  return variantColours[variant % variantColours.length];
}

/** Cividis (Nuñez, Anderton, Renslow 2018, doi:10.1371/journal.pone.0199239): perceptually uniform, the same for colour-blind eyes.
 *  Equal steps from low to high. */
export const cividis = [
  "#00204c",
  "#002a66",
  "#00346e",
  "#273f6c",
  "#3c4a6b",
  "#4c556b",
  "#5b5f6d",
  "#686a70",
  "#757575",
  "#838178",
  "#928c78",
  "#a19876",
  "#b0a572",
  "#c0b16d",
  "#d1bf66",
  "#e1cc5c",
  "#f3db4f",
  "#ffe945",
] as const;

const channels = (hex: string): number[] => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));

/** The colour at `share` (clamped to 0–1) of a scale of equal steps, as #rrggbb. */
export function scaleColour(share: number, scale: readonly string[] = cividis): string {
  const at = Math.min(1, Math.max(0, share)) * (scale.length - 1);
  const low = Math.min(scale.length - 2, Math.floor(at));
  const [from, to] = [channels(scale[low]), channels(scale[low + 1])];
  return (
    "#" +
    from
      .map((c, k) =>
        Math.round(c + (to[k] - c) * (at - low))
          .toString(16)
          .padStart(2, "0"),
      )
      .join("")
  );
}

/** The static picture is always light: its page may be white or dark, and it brings its own background. */
export const lightTheme = {
  background: "#ffffff",
  text: "#1f2328",
  quiet: "#59636e",
  grid: "#e4e7eb",
  range: "#e1e4e8",
  bar: "#9aa3ae",
  border: "#d1d9e0",
  target: "#1f2328",
} as const;
