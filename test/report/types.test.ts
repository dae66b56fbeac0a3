import { levelLimit, viewMimeType, viewVersion } from "../../kernel/report/types";

test("saved notebooks hold these: their views are drawn as long as the name and the version stay", () => {
  expect([viewMimeType, viewVersion, levelLimit]).toEqual(["application/vnd.codebook.view+json", 2, 256]);
});
