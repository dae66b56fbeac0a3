import { lightTheme as paper } from "../../kernel/report/colours";

/** What a figure takes from its surroundings: type and colours, as CSS has them. */
export interface Theme {
  readonly dark: boolean;
  readonly fontFamily: string;
  /** In pixels. */
  readonly fontSize: number;
  readonly text: string;
  /** For what is read second: ticks, notes. */
  readonly muted: string;
  /** For axes and spans. */
  readonly faint: string;
  readonly grid: string;
  readonly background: string;
}

const fontFamily = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";

/** Paper: what a downloaded figure looks like, whatever the screen's theme. */
export const lightTheme: Theme = {
  dark: false,
  fontFamily,
  fontSize: 12,
  text: paper.text,
  muted: paper.quiet,
  faint: "#d9dde2",
  grid: "#eaecef",
  background: paper.background,
};

/** A dark page that has no colours of its own. */
export const darkTheme: Theme = {
  dark: true,
  fontFamily,
  fontSize: 12,
  text: "#e6e6e6",
  muted: "#a0a4a8",
  faint: "#45494d",
  grid: "#2c2f32",
  background: "#111111",
};
