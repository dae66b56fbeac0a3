import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageVersion } from "../kernel/version";

test("the version is that of package.json", () => {
  const text = readFileSync(join(__dirname, "..", "..", "package.json"), "utf8");
  expect(packageVersion).toBe((JSON.parse(text) as { version: string }).version);
});
