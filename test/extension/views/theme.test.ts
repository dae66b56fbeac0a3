/** @jest-environment jsdom */
"use strict"; // the compiler puts its own above every comment, where Jest would not look

import { darkTheme, lightTheme } from "../../../extension/figures/theme";
import { onThemeChange, pageTheme } from "../../../extension/views/theme";
import { frame, place } from "./page";

test("a page without JupyterLab's variables has colours of the same lightness", () => {
  const root = place();
  expect(pageTheme(root)).toEqual(lightTheme);
  document.body.dataset.jpThemeLight = "false";
  expect(pageTheme(root)).toEqual(darkTheme);
  delete document.body.dataset.jpThemeLight;
});

test("JupyterLab's variables win", () => {
  const root = place();
  root.style.setProperty("--jp-content-font-color1", " #010203");
  expect(pageTheme(root).text).toBe("#010203");
});

test("a change of theme is heard one frame later, until the listener ends it", async () => {
  let heard = 0;
  const stop = onThemeChange(() => heard++);
  document.body.dataset.jpThemeName = "Dark";
  await frame();
  await frame();
  expect(heard).toBe(1);
  stop();
  document.body.dataset.jpThemeName = "Light";
  await frame();
  await frame();
  expect(heard).toBe(1);
});
