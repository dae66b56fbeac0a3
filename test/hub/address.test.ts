import { OptionError } from "../../kernel/errors";
import { hubName, isPlainPath, parseAddress } from "../../kernel/hub/address";

const endpoint = new URL("https://mirror.example");
const hub = (name: string) => {
  const address = parseAddress(name, endpoint);
  return address && "hub" in address ? address.hub : address;
};

test.each([
  ["hf:owner/name", { repository: "owner/name", revision: "main" }],
  ["hf:gpt2", { repository: "gpt2", revision: "main" }],
  ["HF://models/owner/name", { repository: "owner/name", revision: "main" }],
  ["hf:owner/name@v1.0", { repository: "owner/name", revision: "v1.0" }],
  ["hf:owner/name@refs%2Fpr%2F1/a.gguf", { repository: "owner/name", revision: "refs/pr/1", file: "a.gguf" }],
  ["hf:owner/name@refs/pr/1/sub/a.gguf", { repository: "owner/name", revision: "refs/pr/1", file: "sub/a.gguf" }],
  ["hf:owner/name/sub/a.gguf", { repository: "owner/name", revision: "main", file: "sub/a.gguf" }],
  ["https://huggingface.co/owner/name", { repository: "owner/name", revision: "main" }],
  ["https://hf.co/owner/name/tree/dev", { repository: "owner/name", revision: "dev" }],
  [
    "https://huggingface.co/owner/name/blob/main/a%20b.gguf",
    { repository: "owner/name", revision: "main", file: "a b.gguf" },
  ],
  [
    "https://huggingface.co/gpt2/resolve/refs/pr/2/a.gguf?download=true",
    { repository: "gpt2", revision: "refs/pr/2", file: "a.gguf" },
  ],
  ["https://mirror.example/owner/name/raw/v1/a.gguf", { repository: "owner/name", revision: "v1", file: "a.gguf" }],
])("%s is %p", (name, expected) => {
  expect(hub(name)).toEqual(expected);
});

test("other addresses are of files elsewhere, other names of files here", () => {
  expect(parseAddress("https://example.com/a/b", endpoint)).toEqual({ url: new URL("https://example.com/a/b") });
  for (const name of ["model.safetensors", "./hf", "C:/models", "owner/name"])
    expect(parseAddress(name, endpoint)).toBeUndefined();
});

test.each([
  "hf:",
  "hf:a/b/../c",
  "hf:owner/na--me",
  "hf:owner/name@a b/..",
  "hf:.owner/name",
  "hf:owner/name@%zz",
  "s3://bucket/a",
  "https://huggingface.co/datasets/a/b",
  "https://huggingface.co/",
  "http://",
  "hf:owner/name/con.txt",
])("%s is refused", (name) => {
  expect(() => parseAddress(name, endpoint)).toThrow(OptionError);
});

test("plain paths stay where they are on every system", () => {
  for (const path of ["a", "a/b.c", ".hidden/a"]) expect([path, isPlainPath(path)]).toEqual([path, true]);
  for (const path of [
    "",
    "/a",
    "a/",
    "a//b",
    "../a",
    "a/./b",
    "a\\b",
    "c:a",
    "a\nb",
    "nul",
    "a/COM1.txt",
    "x".repeat(1025),
  ])
    expect([path, isPlainPath(path)]).toEqual([path, false]);
});

test("a name that is written is read again", () => {
  expect(hubName("owner/name", "refs/pr/1", "sub/a.gguf")).toBe("hf:owner/name@refs%2Fpr%2F1/sub/a.gguf");
  expect(hub(hubName("owner/name", "refs/pr/1", "sub/a.gguf"))).toEqual({
    repository: "owner/name",
    revision: "refs/pr/1",
    file: "sub/a.gguf",
  });
  expect(hubName("owner/name", "abc")).toBe("hf:owner/name@abc");
});
