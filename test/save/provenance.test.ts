/** What files say of what they were made by. */
import { compress, fromArrays, linear, type Report } from "../../kernel";
import { plainName, provenanceOf, provenanceText } from "../../kernel/save/provenance";
import { packageVersion } from "../../kernel/version";

const model = fromArrays({ "a.weight": { shape: [4, 32], values: new Float32Array(128).fill(1) } }, { name: "net" });

test("recipe with all defaults, selection, seed, version and source", async () => {
  const { report } = await compress(model, linear({ bits: 4, group: 32 }), { only: "a.*", seed: 7 });
  const recipe = [
    { kind: "linear", bits: 4, symmetric: true, per: "group", group: 32, range: "minmax", scaleDtype: "F16" },
  ];
  const sha256 = await model.sha256();
  expect(provenanceOf({ report })).toEqual({
    version: packageVersion,
    recipe,
    selection: { only: "a.*" },
    seed: 7,
    source: { name: "net", sha256 },
  });
  expect(provenanceText({ report })).toEqual({
    "codebook.version": packageVersion,
    "codebook.recipe": JSON.stringify(recipe),
    "codebook.selection": '{"only":"a.*"}',
    "codebook.seed": "7",
    "codebook.source_name": "net",
    "codebook.source_sha256": sha256,
  });
});

test("no path of this machine, the address where there is one, and nothing without a report", async () => {
  const { report } = await compress(model, linear({ bits: 4, group: 32 }));
  const address = "hf:owner/net@0123";
  const elsewhere: Report = { ...report, model: { ...report.model, name: "/home/me/models/net", source: address } };
  expect(provenanceText({ report: elsewhere })).toMatchObject({
    "codebook.source_name": "net",
    "codebook.source": address,
  });
  expect([provenanceOf({}), provenanceText({})]).toEqual([undefined, {}]);
  expect(["C:\\models\\net", "net", "a/b/"].map(plainName)).toEqual(["net", "net", "b"]);
});
