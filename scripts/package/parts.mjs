// The parts of the npm package as a CycloneDX document: what npm lists of its tree, and the packages that went into a module of another.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../setup/process.mjs";
import { partsFile } from "./stage.mjs";

/** The document of a staged tree. The time and the serial number of npm's go: equal trees give equal documents. */
export async function partsOf(tree) {
  const text = await run("npm", ["sbom", "--sbom-format=cyclonedx"], { cwd: tree });
  const { serialNumber, ...document } = JSON.parse(text);
  delete document.metadata.timestamp;
  const known = new Set(document.components.map(({ purl }) => purl));
  for (const { name, version, license } of JSON.parse(readFileSync(join(tree, "..", partsFile), "utf8"))) {
    const purl = `pkg:npm/${name.replace("@", "%40")}@${version}`;
    if (known.has(purl)) continue;
    known.add(purl);
    document.components.push({
      "bom-ref": `${name}@${version}`,
      type: "library",
      name,
      version,
      purl,
      licenses: [{ license: { id: license } }],
      properties: [{ name: "bundled", value: "true" }],
    });
  }
  return document;
}
