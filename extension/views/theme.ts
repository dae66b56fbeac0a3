import { darkTheme, lightTheme, type Theme } from "../figures/theme";

/** The page's theme from JupyterLab's variables; where one is missing, ours of the same lightness. */
export function pageTheme(node: HTMLElement): Theme {
  const style = getComputedStyle(node);
  const dark = document.body.dataset.jpThemeLight === "false";
  const base = dark ? darkTheme : lightTheme;
  const read = (variable: string, fallback: string): string => style.getPropertyValue(variable).trim() || fallback;
  return {
    dark,
    fontFamily: read("--jp-ui-font-family", base.fontFamily),
    fontSize: 12,
    text: read("--jp-content-font-color1", base.text),
    muted: read("--jp-content-font-color2", base.muted),
    faint: base.faint,
    grid: base.grid,
    background: read("--jp-layout-color0", base.background),
  };
}

const listeners = new Set<() => void>();
let observer: MutationObserver | null = null;

/** Calls back when the page changes its theme; returns what ends that. */
export function onThemeChange(listener: () => void): () => void {
  listeners.add(listener);
  observer ??= new MutationObserver(() => {
    // The style sheet of the new theme is in place one frame later.
    requestAnimationFrame(() => listeners.forEach((call) => call()));
  });
  observer.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-name", "data-jp-theme-light"] });
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) observer?.disconnect();
  };
}
