import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { hubEndpoint, hubEnvironment, hubToken } from "../../kernel/hub/environment";

const names = [
  "HF_ENDPOINT",
  "HF_HUB_CACHE",
  "HUGGINGFACE_HUB_CACHE",
  "HF_HOME",
  "XDG_CACHE_HOME",
  "HF_HUB_OFFLINE",
  "TRANSFORMERS_OFFLINE",
  "HF_TOKEN",
  "HUGGING_FACE_HUB_TOKEN",
  "HF_TOKEN_PATH",
  "HF_HUB_DISABLE_IMPLICIT_TOKEN",
];
const before = Object.fromEntries(names.map((name) => [name, process.env[name]]));
let folder: string;
beforeEach(() => {
  for (const name of names) delete process.env[name];
  folder = mkdtempSync(join(tmpdir(), "hub-"));
  process.env.HF_HOME = folder;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
afterAll(() => {
  for (const [name, value] of Object.entries(before))
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
});

test("the Hub's address is its own, or a mirror's; what is none is told without being shown", () => {
  expect(hubEndpoint().href).toBe("https://huggingface.co/");
  process.env.HF_ENDPOINT = "http://localhost:8080";
  expect(hubEndpoint().host).toBe("localhost:8080");
  for (const wrong of ["not an address", "ftp://a"]) {
    process.env.HF_ENDPOINT = wrong;
    expect(() => hubEndpoint()).toThrow("HF_ENDPOINT is no address; it takes one such as https://huggingface.co");
  }
});

test("files are kept where the Hub's clients keep them", () => {
  expect(hubEnvironment().cacheFolder).toBe(join(folder, "hub"));
  process.env.HUGGINGFACE_HUB_CACHE = "/older";
  expect(hubEnvironment().cacheFolder).toBe("/older");
  process.env.HF_HUB_CACHE = "~/newer";
  expect(hubEnvironment().cacheFolder).toBe(join(homedir(), "newer"));
  for (const name of ["HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME"]) delete process.env[name];
  process.env.XDG_CACHE_HOME = "/cache";
  expect(hubEnvironment().cacheFolder).toBe(join("/cache", "huggingface", "hub"));
});

test.each([
  ["1", true],
  ["TRUE", true],
  ["yes", true],
  ["on", true],
  ["0", false],
  ["", false],
  ["no", false],
])("offline %j is %p", (value, isOffline) => {
  process.env.HF_HUB_OFFLINE = value;
  expect(hubEnvironment().isOffline).toBe(isOffline);
});

describe("the token", () => {
  test("comes from the variable first, else from the file, without blanks", async () => {
    expect(await hubToken()).toBeUndefined();
    writeFileSync(join(folder, "token"), "from-file\n");
    expect(await hubToken()).toBe("from-file");
    process.env.HUGGING_FACE_HUB_TOKEN = "older";
    expect(await hubToken()).toBe("older");
    process.env.HF_TOKEN = " newer ";
    expect(await hubToken()).toBe("newer");
  });

  test("may lie in a file of another name", async () => {
    writeFileSync(join(folder, "elsewhere"), "mine");
    process.env.HF_TOKEN_PATH = join(folder, "elsewhere");
    expect(await hubToken()).toBe("mine");
  });

  test("that could not be part of a header is none, nor is one that is not to be sent", async () => {
    for (const wrong of ["two words", "line\nend", "ümlaut"]) {
      process.env.HF_TOKEN = wrong;
      expect(await hubToken()).toBeUndefined();
    }
    process.env.HF_TOKEN = "good";
    process.env.HF_HUB_DISABLE_IMPLICIT_TOKEN = "1";
    expect(await hubToken()).toBeUndefined();
  });
});
