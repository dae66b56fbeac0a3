import { darkTheme, lightTheme } from "../../../extension/figures/theme";
import { lightTheme as picture } from "../../../kernel/report/colours";

test("paper has the colours of the static picture", () => {
  expect([lightTheme.text, lightTheme.muted, lightTheme.background]).toEqual([
    picture.text,
    picture.quiet,
    picture.background,
  ]);
  expect([lightTheme.dark, darkTheme.dark]).toEqual([false, true]);
});
