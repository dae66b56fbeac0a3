/** What the Hub says about a repository, asked of a client whose answers the test words: what is believed of them, and how failures are told. */
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { HttpClient, HttpFailure } from "../../kernel/bytes/http";
import type { HttpReply } from "../../kernel/bytes/http";
import { CancelledError, SourceError } from "../../kernel/errors";
import { HubApi } from "../../kernel/hub/api";

const commit = "c".repeat(40);
const sha1 = "1".repeat(40);
const sha256 = "2".repeat(64);

type Reply = { readonly says: unknown; readonly headers?: IncomingHttpHeaders };
/** A client that notes the paths it is asked for, and answers with what `answers` gives for one. */
class Hub extends HttpClient {
  readonly asked: string[] = [];
  constructor(
    private readonly answers: (path: string) => Reply,
    token?: string,
  ) {
    super(token === undefined ? {} : { token });
  }
  override request(url: URL): Promise<HttpReply> {
    this.asked.push(url.pathname + url.search);
    return new Promise((resolve) => {
      const { says, headers = {} } = this.answers(url.pathname + url.search);
      const body = Readable.from([
        Buffer.from(typeof says === "string" ? says : JSON.stringify(says)),
      ]) as IncomingMessage;
      resolve({ status: 200, headers, firstHeaders: headers, url, body });
    });
  }
}
const address = { repository: "owner/name", revision: "main", path: "" };
const endpoint = new URL("https://huggingface.co/");
const apiOf = (answers: (path: string) => Reply, token?: string, own: Partial<typeof address> = {}) => {
  const client = new Hub(answers, token);
  return { api: new HubApi({ ...address, ...own } as never, endpoint, client), client };
};
const failing = (facts: Partial<HttpFailure["facts"]>) => (): never => {
  throw new HttpFailure("huggingface.co answered", { mayPass: false, ...facts });
};
const info = (sha: unknown) => ({ says: { _id: "621ffdc036468d709f17434d", id: "owner/name", modelId: "name", sha } });
const entry = (path: string, more: object = {}) => ({ type: "file", path, size: 5, oid: sha1, ...more });

describe("a commit", () => {
  test("is what the revision stands at", async () => {
    const { api, client } = apiOf(() => info(commit), undefined, { revision: "a/b" });
    expect(await api.commit(undefined)).toBe(commit);
    expect(client.asked[0]).toMatch(/^\/api\/models\/owner\/name\/revision\/a%2Fb/);
  });

  test.each([["main"], ["c".repeat(39)], [7], [undefined]])("%p is none", async (sha) => {
    const { api } = apiOf(() => info(sha));
    await expect(api.commit(undefined)).rejects.toThrow(
      'hf:owner/name: huggingface.co names no commit for the revision "main"',
    );
  });

  test("of something that is no answer of the Hub is told as that", async () => {
    const { api } = apiOf(() => ({ says: "<html>" }));
    await expect(api.commit(undefined)).rejects.toThrow(
      "hf:owner/name: huggingface.co answers with something that is no answer of the Hub",
    );
  });

  test("that nobody waits for any more is an interruption", async () => {
    const { api } = apiOf(() => ({ says: "<html>" }));
    await expect(api.commit(AbortSignal.abort())).rejects.toThrow(CancelledError);
  });
});

describe("the list of files", () => {
  const list = (entries: unknown[]) => () => ({ says: entries });

  test("has size and hash of each file, those of the contents where it is a large one", async () => {
    const { api } = apiOf(
      list([entry("a"), entry("d/b", { lfs: { oid: sha256, size: 9, pointerSize: 130 } }), entry("e", { size: 0 })]),
    );
    expect(await api.files(commit, "", undefined)).toEqual([
      { path: "a", sizeBytes: 5, etag: sha1 },
      { path: "d/b", sizeBytes: 9, etag: sha256 },
      { path: "e", sizeBytes: 0, etag: sha1 },
    ]);
  });

  test.each([
    ["a folder", { type: "directory" }],
    ["a path that leads out", { path: "../a" }],
    ["a path that is none", { path: 7 }],
    ["a negative size", { size: -1 }],
    ["half a byte", { size: 0.5 }],
    ["a size in words", { size: "5" }],
    ["a hash that is none", { oid: "1".repeat(41) }],
    ["a hash of capitals", { oid: "A".repeat(40) }],
    ["no hash", { oid: undefined }],
    ["a large file without its hash", { lfs: { size: 5 } }],
  ])("leaves out %s", async (_, more) => {
    const { api } = apiOf(list([entry("a", more), entry("b")]));
    expect((await api.files(commit, "", undefined)).map(({ path }) => path)).toEqual(["b"]);
  });

  test("is asked for once for each folder, and again after a failure", async () => {
    let isAway = true;
    const { api, client } = apiOf(() => (isAway ? failing({ status: 400 })() : { says: [entry("d/a b/c")] }));
    await expect(api.files(commit, "d/a b", undefined)).rejects.toThrow(SourceError);
    isAway = false;
    await api.files(commit, "d/a b", undefined);
    await api.files(commit, "d/a b", undefined);
    expect(client.asked).toHaveLength(2);
    expect(client.asked[1]).toContain(`/api/models/owner/name/tree/${commit}/d/a%20b`);
    await api.files(commit, "", undefined, true);
    expect(client.asked[2]).toContain("recursive=true");
  });

  test("comes in pages", async () => {
    const next = `<https://huggingface.co/api/models/owner/name/tree/${commit}?cursor=2>; rel="next"`;
    const { api } = apiOf((path) =>
      path.includes("cursor") ? { says: [entry("b")] } : { says: [entry("a")], headers: { link: next } },
    );
    expect((await api.files(commit, "", undefined)).map(({ path }) => path)).toEqual(["a", "b"]);
  });
});

describe("one file", () => {
  const { api } = apiOf(() => ({ says: [entry("model.safetensors"), entry("config.json")] }));

  test("is found in its folder", async () => {
    expect(await api.file(commit, "config.json", undefined)).toMatchObject({ path: "config.json" });
    const deep = apiOf((path) => ({ says: path.includes("/a/b") ? [entry("a/b/c")] : [] }));
    expect(await deep.api.file(commit, "a/b/c", undefined)).toMatchObject({ path: "a/b/c" });
  });

  test.each([
    ["model.safetensor", 'did you mean "model.safetensors"?'],
    ["MODEL", 'did you mean "model.safetensors"?'],
    ["xyzzy", "it has model.safetensors, config.json"],
  ])("%s is not there: the nearest is named, else what there is", async (name, hint) => {
    await expect(api.file(commit, name, undefined)).rejects.toThrow(
      `hf:owner/name/${name}: there is no such file in the repository; ${hint}`,
    );
  });
});

describe("why the Hub gave nothing", () => {
  const wordsOf = (facts: Partial<HttpFailure["facts"]>, token?: string) =>
    apiOf(failing({}), token).api.explain(new HttpFailure("plain words", { mayPass: false, ...facts }));

  test.each<[Partial<HttpFailure["facts"]>, string | undefined, string]>([
    [
      { status: 401, errorCode: "GatedRepo" },
      undefined,
      "access to this model is gated (401): ask for it at https://huggingface.co/owner/name, then set HF_TOKEN to a token of that account",
    ],
    [
      { status: 403 },
      undefined,
      "access to this model is gated (403): ask for it at https://huggingface.co/owner/name, then set HF_TOKEN to a token of that account",
    ],
    [
      { status: 403 },
      "t",
      "access to this model is gated, and the account of your token has none yet (403): ask for it at https://huggingface.co/owner/name",
    ],
    [{ status: 404, errorCode: "RevisionNotFound" }, undefined, 'the repository has no revision "main"'],
    [{ status: 404, errorCode: "EntryNotFound" }, undefined, "there is no such file in the repository"],
    [
      { status: 401 },
      undefined,
      "there is no such model on the Hub, or it is private (401); a private one needs a token in HF_TOKEN",
    ],
    [
      { status: 401 },
      "t",
      "the Hub does not take the token (401): it may have expired, or have no access to this model. It comes from HF_TOKEN or from the file that hf auth login wrote",
    ],
    [{ status: 404 }, undefined, "there is no such model on the Hub (404)"],
    [
      { status: 429 },
      undefined,
      "the Hub asks to wait, there were too many requests (429); with a token in HF_TOKEN it allows more",
    ],
    [{ status: 429 }, "t", "the Hub asks to wait, there were too many requests (429)"],
    [{ status: 418 }, undefined, "plain words"],
    [{ code: "ENOTFOUND" }, undefined, "plain words"],
  ])("%p, token %p", (facts, token, words) => {
    expect(wordsOf(facts, token)).toBe(words);
  });

  const refused = (facts: Partial<HttpFailure["facts"]>, others: (path: string) => Reply = failing({})) =>
    apiOf((path) => (path.includes("/revision/") || path.includes("/tree/") ? failing(facts)() : others(path)));
  const models = (...ids: string[]) => ({
    says: ids.map((id) => ({ _id: "1", id, modelId: id, private: false, downloads: 0, likes: 0, gated: false })),
  });

  test("a name that is near is offered, of the owner's first", async () => {
    const { api, client } = refused({ status: 404 }, () => models("owner/nam", "owner/other"));
    await expect(api.commit(undefined)).rejects.toThrow(
      'hf:owner/name: there is no such model on the Hub (404); did you mean "hf:owner/nam"?',
    );
    expect(client.asked.slice(1)).toEqual([expect.stringContaining("author=owner")]);
  });

  test("then of all that are called so; where nothing is near, nothing is offered", async () => {
    const near = refused({ status: 401 }, (path) => (path.includes("author") ? models() : models("ownr/name")));
    await expect(near.api.commit(undefined)).rejects.toThrow('did you mean "hf:ownr/name"?');
    const far = refused({ status: 404 }, () => models("someone/thing"));
    await expect(far.api.commit(undefined)).rejects.toThrow(/there is no such model on the Hub \(404\)$/);
    await expect(refused({ status: 404 }).api.commit(undefined)).rejects.toThrow(/\(404\)$/);
  });

  test("a revision that is near is offered, else main; a name that no message can hold is not", async () => {
    const refs =
      (...all: unknown[]) =>
      () => ({ says: { branches: all.map((name) => ({ name })), tags: [{ name: "v1" }] } });
    const about = { status: 404, errorCode: "RevisionNotFound" };
    const wordsFor = async (revision: string, ...branches: unknown[]) => {
      const client = new Hub((path) => (path.includes("/refs") ? refs(...branches)() : failing(about)()));
      return new HubApi({ ...address, revision } as never, endpoint, client)
        .commit(undefined)
        .catch(({ message }) => message);
    };
    expect(await wordsFor("v2", "main")).toMatch(/has no revision "v2"; did you mean "v1"\?$/);
    expect(await wordsFor("xyzzy", "main")).toMatch(/did you mean "main"\?$/);
    expect(await wordsFor("xyzzy", "trunk", 7)).toMatch(/has no revision "xyzzy"$/);
    expect(await wordsFor("mai", "mai\u202e")).toMatch(/has no revision "mai"$/);
  });

  test("a folder that is not there is named, and nothing is guessed for a gated model", async () => {
    const gone = refused({ status: 404, errorCode: "EntryNotFound" });
    await expect(gone.api.files(commit, "a", undefined)).rejects.toThrow("no such file in the repository: a");
    await expect(gone.api.files(commit, "", undefined)).rejects.toThrow("no such file in the repository: it is empty");
    const gated = refused({ status: 401, errorCode: "GatedRepo" });
    await expect(gated.api.commit(undefined)).rejects.toThrow("gated (401)");
    expect(gated.client.asked).toHaveLength(1);
  });
});
