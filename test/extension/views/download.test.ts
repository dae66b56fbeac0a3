/** @jest-environment jsdom */
"use strict"; // the compiler puts its own above every comment, where Jest would not look

import { download, fileName } from "../../../extension/views/download";
import { payloads } from "../payloads";
import { all, catchFiles, files } from "./page";

test("bytes arrive as a file, and nothing stays on the page", async () => {
  catchFiles();
  download(new Blob(["a,b"]), "m-layers.csv");
  expect(files.map(({ name }) => name)).toEqual(["m-layers.csv"]);
  expect(await files[0].text()).toBe("a,b");
  expect(all(document.body, "a")).toEqual([]);
});

test("a file's name holds letters, digits, dots and dashes only, and does not begin with a dot", () => {
  expect(fileName("all-MiniLM-L6-v2", "curves", "csv")).toBe("all-MiniLM-L6-v2-curves.csv");
  expect(fileName("../../etc/passwd", "map", "png")).toBe("etc-passwd-map.png");
  expect(fileName("名前", "map", "png")).toBe("model-map.png");
  for (const payload of payloads) expect(fileName(payload, "x", "svg")).toMatch(/^[A-Za-z0-9_][A-Za-z0-9._-]*-x\.svg$/);
  expect(fileName("a".repeat(500), "x", "svg")).toHaveLength(60 + 6);
});
