import { mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Random } from "../../kernel/bytes/random";
import { compress, linear, open } from "../../kernel";
import { redirectTarget } from "../../kernel/bytes/http";
import { setHostProvider } from "../../kernel/host";
import type { Progress } from "../../kernel/host";
import { entry, fields, ggufFile, pair, safetensorsFile } from "../formats/files";
import { HubServer, gitHash, sha256 } from "./hub-server";

/** open("hf:…") against a small Hub on this machine (hub-server.ts). */

/** Pauses between tries, in milliseconds. They are noted and take no time, but for one whose beginning a test asks to be told of: it is
 *  kept to. */
const mockPauses: number[] = [];
const mockEndless: { begun: (() => void) | undefined } = { begun: undefined };
jest.mock("node:timers/promises", () => {
  const real = jest.requireActual<{ setTimeout: (...words: unknown[]) => Promise<unknown> }>("node:timers/promises");
  return {
    ...real,
    setTimeout: (ms: number, ...words: unknown[]) => {
      mockPauses.push(ms);
      mockEndless.begun?.();
      return real.setTimeout(mockEndless.begun ? ms : 0, ...words);
    },
  };
});

const random = new Random(20261201);
const bytesOf = (size: number): Buffer => Buffer.from(Uint8Array.from({ length: size }, () => random.below(256)));

/** Two tensors of 1 MB and 200 kB behind a short header. */
const data = bytesOf(1_200_000).map((byte) => byte & 0x3b) as Buffer; // finite in both types
const header = `{"__metadata__":{"format":"pt"},${entry("big", "F32", [500, 500], 0, 1_000_000)},${entry("small.weight", "F16", [100, 1000], 1_000_000, 1_200_000)}}`;
const weights = Buffer.from(safetensorsFile(header, data));
const shard = (name: string, fill: number): Buffer =>
  Buffer.from(
    safetensorsFile(`{${entry(name, "F32", [100, 100], 0, 40_000)}}`.padEnd(400), Buffer.alloc(40_000, fill)),
  );
const gguf = Buffer.from(
  ggufFile({
    pairs: [pair("general.architecture", 8, ["string", "llama"])],
    tensors: [{ name: "w", sizes: [1024], type: 0, offset: 0 }],
    dataBytes: 4096,
  }),
);

const names = [
  "HF_ENDPOINT",
  "HF_HOME",
  "HF_HUB_CACHE",
  "HUGGINGFACE_HUB_CACHE",
  "HF_TOKEN",
  "HUGGING_FACE_HUB_TOKEN",
  "HF_TOKEN_PATH",
  "HF_HUB_OFFLINE",
  "TRANSFORMERS_OFFLINE",
  "HF_HUB_DISABLE_IMPLICIT_TOKEN",
  "XDG_CACHE_HOME",
];
const before = Object.fromEntries(names.map((name) => [name, process.env[name]]));
let hub: HubServer;
let home: string;

beforeEach(async () => {
  mockPauses.splice(0);
  for (const name of names) delete process.env[name];
  home = mkdtempSync(join(tmpdir(), "codebook-hub-"));
  hub = new HubServer();
  await hub.start();
  process.env.HF_ENDPOINT = hub.endpoint;
  process.env.HF_HOME = home;
  hub.add("owner/tiny-model", { "model.safetensors": weights, "config.json": "{}", "README.md": "# tiny" });
});
afterEach(async () => {
  await hub.stop();
  rmSync(home, { recursive: true, force: true });
  for (const name of names)
    if (before[name] === undefined) delete process.env[name];
    else process.env[name] = before[name];
});

const folderOf = (name: string): string => join(home, "hub", `models--${name.replace("/", "--")}`);
const commitOf = (name: string): string => hub.repositories.get(name)?.commit ?? "";
const failure = async (call: Promise<unknown>): Promise<Error & { code?: string }> =>
  call.then(
    () => Promise.reject(new Error("it opened")),
    (error: unknown) => error as Error,
  );

/** A download that is stopped once 450,000 bytes are written. */
async function stoppedInTheMiddle(): Promise<Error & { code?: string }> {
  const stop = new AbortController();
  setHostProvider(() => ({ progress: ({ done }) => done >= 450_000 && stop.abort() }));
  hub.faults.store.push({ stallAfter: 500_000 });
  const error = await failure(open("hf:owner/tiny-model", { download: true, signal: stop.signal }));
  setHostProvider(() => ({}));
  return error;
}

describe("ranges", () => {
  it("opening fetches the header, reading a tensor its own bytes", async () => {
    const model = await open("hf:owner/tiny-model");
    expect(model.name).toBe("tiny-model");
    expect(model.tensors.map((tensor) => tensor.name)).toEqual(["big", "small.weight"]);
    expect(hub.sent("store")).toBe(64 * 1024);
    const from = hub.asked.length;
    const bytes = await model.tensor("small.weight").readBytes();
    expect(Buffer.compare(bytes, data.subarray(1_000_000))).toBe(0);
    expect(hub.sent("store", from)).toBe(200_000);
    const values = await model.tensor("big").read();
    expect(Buffer.compare(new Uint8Array(values.buffer), data.subarray(0, 1_000_000))).toBe(0);
    // The front that is here already is not fetched again, and the redirect is followed once.
    expect(hub.sent("store", from)).toBeLessThan(1_200_000);
    expect(hub.asked.slice(from).every((asked) => asked.host === "store")).toBe(true);
  });

  it("pins the commit, in the metadata and in the report", async () => {
    const model = await open("hf:owner/tiny-model");
    const source = `hf:owner/tiny-model@${commitOf("owner/tiny-model")}/model.safetensors`;
    expect(model.metadata).toEqual({ format: "pt", "codebook.source": source });
    expect(await model.sha256()).toBe(sha256(weights));
    const small = await compress(model, linear({ bits: 4, group: 100 }), { only: "small.weight", workers: 1 });
    expect(small.report.model).toMatchObject({ sha256: sha256(weights), source });
    const again = await open(source);
    expect(again.metadata["codebook.source"]).toBe(source);
  });

  it("stays at its commit when the branch moves on", async () => {
    const model = await open("hf:owner/tiny-model");
    const old = commitOf("owner/tiny-model");
    hub.add("owner/tiny-model", { "model.safetensors": Buffer.concat([weights.subarray(0, -1), Buffer.from([1])]) });
    await expect(model.tensor("small.weight").read()).resolves.toHaveLength(100_000);
    // The branch's commit was kept; only `refresh` asks for a newer one.
    process.env.HF_HUB_OFFLINE = "1";
    const error = await failure(open(`hf:owner/tiny-model@${old}`));
    expect(error.message).toMatch(/HF_HUB_OFFLINE is set, and it is not in the cache/);
    delete process.env.HF_HUB_OFFLINE;
    const fresh = await open("hf:owner/tiny-model", { refresh: true });
    expect(fresh.metadata["codebook.source"]).toContain(commitOf("owner/tiny-model"));
  });

  it("takes addresses as the browser shows them, revisions, sub-folders and files", async () => {
    hub.add("owner/many", { "deep/er/model.safetensors": weights, "a.gguf": gguf });
    const many = hub.repositories.get("owner/many");
    many?.revisions.set("refs/pr/1", many.commit);
    many?.revisions.set("v1.0", many.commit);
    for (const name of [
      "hf://owner/many@v1.0/a.gguf",
      "hf:owner/many@refs/pr/1/a.gguf",
      "hf:owner/many@refs%2Fpr%2F1/a.gguf",
      `${hub.endpoint}/owner/many/blob/v1.0/a.gguf`,
      `${hub.endpoint}/owner/many/resolve/main/a.gguf?download=true`,
    ])
      expect((await open(name)).name).toBe("a");
    expect((await open("hf:owner/many/deep/er")).tensors).toHaveLength(2);
    expect((await open(`${hub.endpoint}/owner/many/tree/main/deep/er`)).tensors).toHaveLength(2);
    expect((await open(`${hub.endpoint}/owner/tiny-model`)).name).toBe("tiny-model");
  });

  it("reads a long GGUF header in few requests", async () => {
    const words = Buffer.concat(Array.from({ length: 100_000 }, (_, i) => fields(["string", `token number ${i}`])));
    const tokens = pair("tokenizer.ggml.tokens", 9, ["u32", 8], ["u64", 100_000], ["bytes", words]);
    hub.add("owner/gguf", {
      "m.gguf": Buffer.from(
        ggufFile({ pairs: [tokens], tensors: [{ name: "w", sizes: [32], type: 0, offset: 0 }], dataBytes: 128 }),
      ),
    });
    const from = hub.asked.length;
    const model = await open("hf:owner/gguf");
    expect(model.metadata["tokenizer.ggml.tokens"]).toHaveLength(100_000);
    expect(hub.asked.slice(from).filter((asked) => asked.host === "store").length).toBeLessThanOrEqual(5);
  });
});

describe("shards", () => {
  const index = JSON.stringify({ metadata: {}, weight_map: { a: "model-1.safetensors", b: "model-2.safetensors" } });
  beforeEach(() => {
    hub.add("owner/shards", {
      "model.safetensors.index.json": index,
      "model-1.safetensors": shard("a", 1),
      "model-2.safetensors": shard("b", 2),
      "config.json": "{}",
    });
  });

  it("are read by ranges; the index and the configuration are kept", async () => {
    const model = await open("hf:owner/shards");
    expect(model.tensors.map(({ name }) => name)).toEqual(["a", "b"]);
    expect([...(await model.tensor("b").readBytes())].every((byte) => byte === 2)).toBe(true);
    const snapshot = join(folderOf("owner/shards"), "snapshots", commitOf("owner/shards"));
    expect(readlinkSync(join(snapshot, "model.safetensors.index.json"))).toBe(
      `../../blobs/${gitHash(Buffer.from(index))}`,
    );
    expect(readdirSync(snapshot)).toEqual(["config.json", "model.safetensors.index.json"]);
    const from = hub.asked.length;
    await open("hf:owner/shards");
    expect(hub.asked.slice(from).some(({ url }) => url.endsWith("index.json"))).toBe(false);
  });

  it("a shard that is in the cache is read there, one that is not comes by ranges, or is named", async () => {
    await open("hf:owner/shards", { download: true });
    const snapshot = join(folderOf("owner/shards"), "snapshots", commitOf("owner/shards"));
    rmSync(join(snapshot, "model-2.safetensors"));
    const from = hub.asked.length;
    const model = await open("hf:owner/shards");
    await model.tensor("a").read();
    expect(hub.asked.slice(from).filter(({ host }) => host === "store").length).toBe(1);
    process.env.HF_HUB_OFFLINE = "1";
    expect((await failure(open("hf:owner/shards"))).message).toMatch(
      /model-2\.safetensors: HF_HUB_OFFLINE is set, and this file is not in the cache/,
    );
  });
});

describe("the cache", () => {
  it("download: whole, checked, linked as the Hub's clients do; then no request at all", async () => {
    const seen: Progress[] = [];
    setHostProvider(() => ({ progress: (progress) => seen.push(progress) }));
    await open("hf:owner/tiny-model", { download: true });
    setHostProvider(() => ({}));
    const folder = folderOf("owner/tiny-model");
    const commit = commitOf("owner/tiny-model");
    expect(readdirSync(join(folder, "blobs")).sort()).toEqual([sha256(weights), gitHash(Buffer.from("{}"))].sort());
    expect(readlinkSync(join(folder, "snapshots", commit, "model.safetensors"))).toBe(`../../blobs/${sha256(weights)}`);
    expect(readFileSync(join(folder, "refs", "main"), "utf8")).toBe(commit);
    expect(seen.at(-1)).toMatchObject({
      task: "downloading",
      done: weights.length + 2,
      total: weights.length + 2,
      unit: "bytes",
    });
    const from = hub.asked.length;
    for (const options of [{}, { download: true }]) {
      const model = await open("hf:owner/tiny-model", options);
      await model.tensor("big").read();
      expect(model.metadata["codebook.source"]).toContain(`@${commit}/`);
    }
    process.env.HF_HUB_OFFLINE = "1";
    await open("hf:owner/tiny-model@main/model.safetensors");
    await open(`hf:owner/tiny-model@${commit.slice(0, 8)}`);
    await open("hf:owner/tiny-model", { refresh: true });
    expect(hub.asked.length).toBe(from);
  });

  it("download takes along what a model needs and lies beside it, in a sub-folder too, and nothing else", async () => {
    const needed = ["config.json", "generation_config.json", "merges.txt", "model.safetensors", "tokenizer.model"];
    const files = Object.fromEntries(needed.map((name) => [`a/${name}`, name.endsWith(".json") ? "{}" : name]));
    hub.add("owner/deep", { ...files, "a/model.safetensors": weights, "a/notes.txt": "x", "config.json": "{}" });
    await open("hf:owner/deep/a/model.safetensors", { download: true });
    const snapshot = join(folderOf("owner/deep"), "snapshots", commitOf("owner/deep"));
    expect([readdirSync(snapshot), readdirSync(join(snapshot, "a")).sort()]).toEqual([["a"], needed]);
  });

  it("serves when the network is away", async () => {
    await open("hf:owner/tiny-model", { download: true });
    hub.add("owner/tiny-model", { "model.safetensors": weights, "config.json": "[]" });
    await hub.stop();
    const model = await open("hf:owner/tiny-model", { refresh: true });
    await expect(model.tensor("big").read()).resolves.toHaveLength(250_000);
    const error = await failure(open("hf:owner/other"));
    expect(error).toMatchObject({ code: "SOURCE" });
    expect(error.message).toMatch(
      /^hf:owner\/other@main: 127\.0\.0\.1:\d+ refuses the connection, and it is not in the cache, /,
    );
  });

  it("does not take what happens to be there for the choice of the repository", async () => {
    hub.add("owner/two", { "m-Q4_0.gguf": gguf, "m-Q8_0.gguf": gguf });
    await open("hf:owner/two/m-Q4_0.gguf", { download: true });
    const error = await failure(open("hf:owner/two"));
    expect(error.code).toBe("OPTION");
    expect(error.message).toMatch(/holds 2 \.gguf files; name one of m-Q4_0\.gguf, m-Q8_0\.gguf/);
    process.env.HF_HUB_OFFLINE = "1";
    expect((await open("hf:owner/two")).name).toBe("m-Q4_0");
  });

  it("goes on with a download that broke or was stopped, and begins anew when its bytes are wrong", async () => {
    const blobs = join(folderOf("owner/tiny-model"), "blobs");
    const error = await stoppedInTheMiddle();
    expect(error.code).toBe("CANCELLED");
    expect(readdirSync(blobs)).toEqual([expect.stringMatching(/\.incomplete$/)]);
    const from = hub.asked.length;
    hub.faults.store.push({ breakAfter: 100_000 });
    await open("hf:owner/tiny-model", { download: true });
    expect(hub.sent("store", from)).toBeLessThanOrEqual(weights.length - 400_000);
    expect(readdirSync(blobs).sort()).toEqual([sha256(weights), gitHash(Buffer.from("{}"))].sort());

    rmSync(folderOf("owner/tiny-model"), { recursive: true });
    hub.tamper = (_, body) => Buffer.concat([body.subarray(0, -1), Buffer.from([body[body.length - 1] ^ 1])]);
    const wrong = await failure(open("hf:owner/tiny-model", { download: true }));
    expect(wrong.message).toMatch(/does not have the hash/);
    expect(readdirSync(blobs).filter((name) => name !== gitHash(Buffer.from("{}")))).toEqual([]);
    hub.tamper = undefined;
    await open("hf:owner/tiny-model", { download: true });
  });

  it("takes over what a dead process left", async () => {
    const blobs = join(folderOf("owner/tiny-model"), "blobs");
    await stoppedInTheMiddle();
    const [left] = readdirSync(blobs);
    writeFileSync(join(blobs, left.replace(/-0-/, `-${process.pid}-`)), "a living one's, not to be touched");
    const from = hub.asked.length;
    await open("hf:owner/tiny-model", { download: true });
    expect(hub.sent("store", from)).toBeLessThanOrEqual(weights.length - 400_000);
    expect(readFileSync(join(blobs, left.replace(/-0-/, `-${process.pid}-`)), "utf8")).toMatch(/living/);
  });

  it("follows no link that leads out of it", async () => {
    await open("hf:owner/tiny-model", { download: true });
    const path = join(folderOf("owner/tiny-model"), "snapshots", commitOf("owner/tiny-model"), "model.safetensors");
    writeFileSync(join(home, "outside"), weights);
    rmSync(path);
    symlinkSync(join(home, "outside"), path);
    expect((await failure(open("hf:owner/tiny-model"))).message).toMatch(/is a link that leads out of the cache/);
  });

  it("that cannot be written to is done without", async () => {
    process.env.HF_HUB_CACHE = join(home, "file", "hub");
    writeFileSync(join(home, "file"), "in the way");
    hub.add("owner/shards", {
      "model.safetensors.index.json": JSON.stringify({ weight_map: { a: "m-1.safetensors" } }),
      "m-1.safetensors": shard("a", 1),
    });
    expect((await open("hf:owner/shards")).tensors).toHaveLength(1);
    expect((await failure(open("hf:owner/tiny-model", { download: true }))).code).toBe("WRITE");
  });
});

describe("the token", () => {
  beforeEach(() => {
    hub.add("owner/gated", { "model.safetensors": weights }, "gated");
    hub.add("owner/private", { "model.safetensors": weights }, "private");
  });

  it("from HF_TOKEN, HUGGING_FACE_HUB_TOKEN or the file of hf auth login, to the Hub alone", async () => {
    const ways: (() => void)[] = [
      () => (process.env.HF_TOKEN = ` ${hub.token}\n`),
      () => (process.env.HUGGING_FACE_HUB_TOKEN = hub.token),
      () => writeFileSync(join(home, "token"), `${hub.token}\n`),
      () => {
        writeFileSync(join(home, "elsewhere"), hub.token);
        process.env.HF_TOKEN_PATH = join(home, "elsewhere");
      },
    ];
    for (const set of ways) {
      set();
      for (const name of ["gated", "private"])
        await expect((await open(`hf:owner/${name}`)).tensor("big").read()).resolves.toHaveLength(250_000);
      delete process.env.HF_TOKEN;
      delete process.env.HUGGING_FACE_HUB_TOKEN;
      rmSync(join(home, "token"), { force: true });
      rmSync(join(home, "hub"), { recursive: true, force: true });
    }
    const told = hub.asked.filter(({ authorization }) => authorization !== undefined);
    expect(told.length).toBeGreaterThan(0);
    expect(told.every(({ host }) => host === "hub")).toBe(true);
    expect(hub.asked.filter(({ host }) => host === "store").length).toBeGreaterThan(0);
  });

  it("is not sent when it must not be, and is never written down", async () => {
    process.env.HF_TOKEN = hub.token;
    process.env.HF_HUB_DISABLE_IMPLICIT_TOKEN = "1";
    expect((await failure(open("hf:owner/private"))).message).toMatch(/is private \(401\)/);
    expect(hub.asked.some(({ authorization }) => authorization)).toBe(false);
    delete process.env.HF_HUB_DISABLE_IMPLICIT_TOKEN;
    const model = await open("hf:owner/gated");
    const small = await compress(model, linear({ bits: 4, group: 100 }), { only: "small.weight", workers: 1 });
    hub.repositories.clear();
    const errors = [await failure(open("hf:owner/nothing")), await failure(open("hf:owner/gated", { refresh: true }))];
    hub.faults.hub.push({ status: 418 });
    errors.push(await failure(open("hf:owner/private")));
    const told = JSON.stringify([
      model.metadata,
      small.report,
      errors.map((e) => [e.message, e.stack, JSON.stringify(e), String(e.cause)]),
    ]);
    expect(told).not.toContain(hub.token);
    expect(told).not.toContain("S1gnature");
    // 1 is "not found"; trouble is 2.
    expect(spawnSync("grep", ["-r", hub.token, home]).status).toBe(1);
  });

  it.each([
    ["a host that is not there", "http://127.0.0.1:1", /refuses the connection/],
    ["a file", "file:///etc", /redirects to file:/],
    ["no address", "http://[", /redirects to something that is no address/],
  ])("redirects to %s are told", async (_, elsewhere, message) => {
    process.env.HF_TOKEN = hub.token;
    hub.elsewhere = elsewhere;
    expect((await failure(open("hf:owner/gated"))).message).toMatch(message);
  });

  it("redirects from https go to https alone, and take no credentials along", () => {
    const from = new URL("https://hub.example/a/b");
    expect(() => redirectTarget(from, "http://store.example/x?s=1")).toThrow(
      "hub.example redirects to http://store.example",
    );
    expect(redirectTarget(from, "https://user:word@store.example/x").href).toBe("https://store.example/x");
    expect(redirectTarget(from, "../c").href).toBe("https://hub.example/c");
  });

  it("redirects that go round are ended", async () => {
    hub.elsewhere = `${hub.endpoint}/owner/tiny-model/resolve/main/model.safetensors?x=`;
    expect((await failure(open("hf:owner/tiny-model"))).message).toMatch(/redirects more than 5 times/);
  });
});

describe("plain words", () => {
  it.each<[string, string, RegExp]>([
    [
      "a model that is not there",
      "hf:owner/tiny-modell",
      /^hf:owner\/tiny-modell: there is no such model on the Hub, or it is private \(401\).*; did you mean "hf:owner\/tiny-model"\?$/,
    ],
    ["an owner that is not there", "hf:ownr/tiny-model", /did you mean "hf:owner\/tiny-model"\?/],
    ["a revision", "hf:owner/tiny-model@mian", /the repository has no revision "mian"; did you mean "main"\?/],
    [
      "a file",
      "hf:owner/tiny-model/model.safetensor",
      /there is no such file in the repository; did you mean "model\.safetensors"\?/,
    ],
    [
      "gated",
      "hf:owner/gated",
      /access to this model is gated \(401\): ask for it at http.*\/owner\/gated, then set HF_TOKEN/,
    ],
    [
      "models in sub-folders",
      "hf:owner/deep",
      /holds 2 model files; name one of a\/model\.safetensors, b\/model\.safetensors/,
    ],
    ["no model", "hf:owner/text", /the repository holds no model that is read here.*it has README\.md/],
    ["a data set", "https://huggingface.co/datasets/squad", /is one of the Hub's datasets; open\(\) takes models/],
    ["no name", "hf:owner", /there is no such model/],
    ["too much", "hf:owner/name@", /it takes hf:owner\/name\[@revision\]\[\/file\]/],
    ["a way out", "hf:owner/../secret", /is no name of a model on the Hub/],
    ["a way out of the file", "hf:owner/name/../../x", /has a file that leads elsewhere/],
    ["a way out of the revision", "hf:owner/name@%2E%2E%2Fx", /has a revision that cannot be one/],
    ["another scheme", "s3://bucket/model", /is an address that is not read here/],
  ])("%s", async (_, name, message) => {
    hub.add("owner/gated", { "model.safetensors": weights }, "gated");
    hub.add("owner/deep", { "a/model.safetensors": weights, "b/model.safetensors": weights });
    hub.add("owner/text", { "README.md": "x" });
    expect((await failure(open(name))).message).toMatch(message);
  });

  it("offline, wrong token, no access, unknown host, certificate", async () => {
    process.env.HF_HUB_OFFLINE = "1";
    expect((await failure(open("hf:owner/tiny-model"))).message).toMatch(
      /^hf:owner\/tiny-model@main: HF_HUB_OFFLINE is set, and it is not in the cache, .*models--owner--tiny-model$/,
    );
    expect(hub.asked.length).toBe(0);
    delete process.env.HF_HUB_OFFLINE;
    process.env.HF_TOKEN = "hf_wrong";
    expect((await failure(open("hf:owner/tiny-model"))).message).toMatch(/the Hub does not take the token \(401\)/);
    hub.faults.hub.push({ status: 403, headers: { "X-Error-Code": "GatedRepo" } });
    expect((await failure(open("hf:owner/tiny-model"))).message).toMatch(
      /the account of your token has none yet \(403\)/,
    );
    process.env.HF_ENDPOINT = "http://hub.invalid";
    expect((await failure(open("hf:owner/tiny-model"))).message).toMatch(/hub\.invalid cannot be found/);
    process.env.HF_ENDPOINT = hub.endpoint.replace("http:", "https:");
    expect((await failure(open("hf:owner/tiny-model"))).message).toMatch(/does not speak https/);
    process.env.HF_ENDPOINT = "huggingface";
    expect((await failure(open("hf:owner/tiny-model"))).message).toMatch(/HF_ENDPOINT is no address/);
  });

  it("options that go with the Hub alone", async () => {
    expect((await failure(open("some/folder/of/mine", { download: true }))).message).toMatch(
      /go with the name of a model on the Hub/,
    );
    expect((await failure(open("nobody/no-model"))).message).toMatch(/did you mean "hf:nobody\/no-model"\?/);
  });
});

describe("a bad line", () => {
  it("5xx, 429 and broken connections are tried again, behind the last byte", async () => {
    hub.faults.hub.push({ status: 503 }, { status: 429, headers: { "Retry-After": "11" } });
    hub.faults.store.push({ breakAfter: 10_000 });
    const model = await open("hf:owner/tiny-model");
    expect(mockPauses.slice(0, 2)).toEqual([500, 11_000]);
    const from = hub.asked.length;
    hub.faults.store.push({ breakAfter: 300_000 }, { status: 502 });
    const bytes = await model.tensor("big").readBytes();
    expect(Buffer.compare(bytes, data.subarray(0, 1_000_000))).toBe(0);
    expect(hub.sent("store", from)).toBeLessThan(1_000_000);
  });

  it("a store whose address has run out is asked for anew", async () => {
    const model = await open("hf:owner/tiny-model");
    hub.faults.store.push({ status: 403 });
    await expect(model.tensor("big").read()).resolves.toHaveLength(250_000);
  });

  // What is waited for never comes: only the signal ends it.
  it("stops at once: while it waits, while nothing comes, while bytes come; and asks no more", async () => {
    let stop = new AbortController();
    const end = (): void => void setImmediate(() => stop.abort());
    const stopped = async (work: (signal: AbortSignal) => Promise<unknown>): Promise<void> => {
      stop = new AbortController();
      const before = hub.asked.length;
      expect((await failure(work(stop.signal))).code).toBe("CANCELLED");
      expect(hub.asked).toHaveLength(before + 1);
    };
    hub.faults.hub.push({ status: 503, headers: { "Retry-After": "50" } });
    mockEndless.begun = end;
    await stopped((signal) => open("hf:owner/tiny-model", { signal }));
    mockEndless.begun = undefined;
    hub.onStall = end;
    hub.faults.hub.push({ stallAfter: 0 });
    await stopped((signal) => open("hf:owner/tiny-model", { signal }));
    const model = await open("hf:owner/tiny-model");
    hub.faults.store.push({ stallAfter: 1000 });
    await stopped((signal) => model.tensor("big").read({ signal }));
  }, 10_000);

  it("more than was asked for, another range, another size or another file is refused", async () => {
    const cases: [HubServer["tamper"], RegExp][] = [
      [
        (headers) => ((headers["Content-Range"] = "bytes 5-10/20"), Buffer.alloc(6)),
        /bytes 0 to 65536 were asked for, and the server sends "bytes 5-10\/20"/,
      ],
      [(headers, body) => (delete headers["Content-Range"], body), /the server sends "no range"/],
      [
        (headers, body) => ((headers["Content-Range"] = "bytes 0-65535/99999999"), body),
        /has 99999999 bytes on the server, and \d+ in its list/,
      ],
      [(headers, body) => ((headers["Content-Encoding"] = "br"), body), /packs what was asked for as it is/],
      [(_, body) => Buffer.concat([body, body]), /sends more than/],
    ];
    for (const [tamper, message] of cases) {
      hub.tamper = tamper;
      expect((await failure(open("hf:owner/tiny-model"))).message).toMatch(message);
    }
    hub.tamper = undefined;
    hub.faults.hub.push({ status: 200 });
    expect((await failure(open("hf:owner/tiny-model"))).message).toMatch(/no answer of the Hub/);
  });

  it("lists come in pages", async () => {
    hub.pageSize = 2;
    hub.add("owner/pages", { "a.txt": "1", "b.txt": "2", "c.txt": "3", "d.txt": "4", "z.gguf": gguf });
    expect((await open("hf:owner/pages")).name).toBe("z");
  });
});

describe("other addresses", () => {
  it("are read by ranges, with their shards; without credentials in what is said", async () => {
    const folder = (await open("hf:owner/tiny-model")).metadata["codebook.source"] as string;
    expect(folder).toMatch(/^hf:/);
    const plain = new URL(`${hub.store}/${sha256(weights)}?signature=S1gnature`);
    process.env.HF_TOKEN = hub.token;
    const from = hub.asked.length;
    const model = await open(plain.href);
    expect(model.metadata["codebook.source"]).toBe(`${hub.store}/${sha256(weights)}`);
    await expect(model.tensor("small.weight").read()).resolves.toHaveLength(100_000);
    expect(
      hub.asked.slice(from).every(({ authorization, host }) => authorization === undefined && host === "store"),
    ).toBe(true);
    hub.tamper = (headers, body) => ((headers.ETag = '"other"'), body);
    expect((await failure(model.tensor("big").read())).message).toMatch(
      /was changed on the server since it was opened/,
    );
    hub.tamper = undefined;
    plain.searchParams.set("signature", "no");
    const refused = await failure(open(plain.href));
    expect(refused.message).toMatch(/the server refuses access \(403\)/);
    expect(refused.message).not.toContain("signature");
  });
});
