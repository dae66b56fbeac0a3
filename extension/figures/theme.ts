/** What a figure takes from its surroundings. */
export interface Theme {
  readonly dark: boolean;
  readonly fontFamily: string;
  readonly fontSize: number;
  readonly text: string;
  readonly muted: string;
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
  text: "#1f2328",
  muted: "#59636e",
  faint: "#d9dde2",
  grid: "#eaecef",
  background: "#ffffff",
};

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
