import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { scanCacheDir, snapshotDownload } from "@huggingface/hub";
import { open } from "../../kernel";
import { hasModules, itWith, referencePython } from "../references";
import { entry, safetensorsFile } from "../formats/files";
import { HubServer, sha256 } from "./hub-server";

/** One cache for all: what the Hub's own clients have fetched opens here without a network, and they find what was fetched here. It also
 *  holds hub-server.ts to what those clients expect of the Hub. */

const weights = Buffer.from(
  safetensorsFile(`{${entry("w", "F32", [50, 50], 0, 10_000)}}`.padEnd(400), Buffer.alloc(10_000, 1)),
);
const index = JSON.stringify({ weight_map: { w: "model-00001-of-00001.safetensors" } });
let hub: HubServer;
let home: string;
const kept = { ...process.env };
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), "codebook-hub-"));
  hub = new HubServer();
  await hub.start();
  hub.add("owner/one", { "model.safetensors": weights, "config.json": "{}", "sub/notes.txt": "x" });
  hub.add("owner/shards", { "model-00001-of-00001.safetensors": weights, "model.safetensors.index.json": index });
  process.env.HF_ENDPOINT = hub.endpoint;
  process.env.HF_HOME = home;
});
afterEach(async () => {
  await hub.stop();
  rmSync(home, { recursive: true, force: true });
  for (const name of ["HF_ENDPOINT", "HF_HOME", "HF_HUB_OFFLINE"])
    if (kept[name] === undefined) delete process.env[name];
    else process.env[name] = kept[name];
});

const python = async (action: string, repository: string, file: string): Promise<string> => {
  const script = join(__dirname, "../../../test/fixtures/formats/hub_client.py");
  const env = {
    ...process.env,
    HF_HUB_DISABLE_XET: "1",
    HF_HUB_DISABLE_PROGRESS_BARS: "1",
    HF_HUB_DISABLE_TELEMETRY: "1",
  };
  const done = await promisify(execFile)(referencePython, [script, action, repository, file], { env, timeout: 60_000 });
  return done.stdout.trim();
};

/** Opens both repositories with the network forbidden. */
async function opensOffline(): Promise<void> {
  process.env.HF_HUB_OFFLINE = "1";
  const asked = hub.asked.length;
  for (const name of ["owner/one", "owner/shards"]) {
    const model = await open(`hf:${name}`);
    expect((await model.tensor("w").readBytes()).every((byte) => byte === 1)).toBe(true);
    expect(model.metadata["codebook.source"]).toContain(hub.repositories.get(name)?.commit);
  }
  expect(hub.asked.length).toBe(asked);
}

describe("@huggingface/hub", () => {
  it("what it fetched opens", async () => {
    const quiet = jest.spyOn(console, "debug").mockImplementation(() => undefined);
    for (const name of ["owner/one", "owner/shards"])
      await snapshotDownload({ repo: name, hubUrl: hub.endpoint, cacheDir: join(home, "hub") });
    quiet.mockRestore();
    await opensOffline();
  });

  it("it finds what was fetched here", async () => {
    await open("hf:owner/one", { download: true });
    const { repos, warnings } = await scanCacheDir(join(home, "hub"));
    expect(warnings).toEqual([]);
    expect(repos.map(({ id }) => id)).toEqual([{ type: "model", name: "owner/one" }]);
    const [revision] = repos[0].revisions;
    expect(revision).toMatchObject({ commitOid: hub.repositories.get("owner/one")?.commit, refs: ["main"] });
    expect(revision.files.map(({ path }) => path.split("/").at(-1)).sort()).toEqual([
      "config.json",
      "model.safetensors",
    ]);
  });
});

describe("huggingface_hub (Python)", () => {
  const itWithPython = itWith(hasModules("huggingface_hub"));
  itWithPython(
    "what it fetched opens",
    async () => {
      for (const [name, file] of [
        ["owner/one", "model.safetensors"],
        ["owner/shards", "model.safetensors.index.json"],
      ])
        await python("fetch", name, file);
      await opensOffline();
    },
    120_000,
  );

  itWithPython(
    "it finds what was fetched here",
    async () => {
      for (const [name, file, bytes] of [
        ["owner/one", "model.safetensors", weights],
        ["owner/shards", "model-00001-of-00001.safetensors", weights],
      ] as const) {
        await open(`hf:${name}`, { download: true });
        const path = await python("find", name, file);
        expect(sha256(readFileSync(path))).toBe(sha256(bytes));
        expect(realpathSync(path)).toBe(
          join(realpathSync(home), "hub", `models--${name.replace("/", "--")}`, "blobs", sha256(bytes)),
        );
      }
    },
    120_000,
  );
});
