import { escapeMarkdown, escapeMarkupText, wholePicture } from "../../../kernel/session/values/markup";

test("markup is escaped in text and attributes", () => {
  expect(escapeMarkupText(`<a b="c" d='e'>&`)).toBe("&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;");
});

test("signs of Markdown stand for themselves, and line breaks begin nothing", () => {
  expect(escapeMarkdown("plain text 4")).toBe("plain text 4");
  expect(escapeMarkdown("*a* [b](c) <d> $e$ `f`")).toBe("\\*a\\* \\[b\\]\\(c\\) \\<d\\> \\$e\\$ \\`f\\`");
  expect(escapeMarkdown("a\n\n# b\r\n- c")).toBe("a \\# b \\- c");
});

test.each([
  ["<rect/>", '<svg xmlns="http://www.w3.org/2000/svg"><rect/></svg>'],
  [" <svg><g/></svg> ", '<svg xmlns="http://www.w3.org/2000/svg"><g/></svg>'],
  ['<svg xmlns="http://www.w3.org/2000/svg"/>', '<svg xmlns="http://www.w3.org/2000/svg"/>'],
  ['<?xml version="1.0"?><!-- a --><svg/>', '<?xml version="1.0"?><!-- a --><svg xmlns="http://www.w3.org/2000/svg"/>'],
  ["<g><svg/></g>", '<svg xmlns="http://www.w3.org/2000/svg"><g><svg/></g></svg>'],
])("%p becomes a whole picture", (source, whole) => {
  expect(wholePicture(source)).toBe(whole);
});
