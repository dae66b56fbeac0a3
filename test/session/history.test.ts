import fs, {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { globPattern, History } from "../../kernel/session/history";

let folder: string;
beforeEach(() => (folder = mkdtempSync(path.join(os.tmpdir(), "codebook-history-"))));
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

const sources = (entries: { source: string }[]): string[] => entries.map(({ source }) => source);

test("the next session sees what this one stored", () => {
  const first = new History(folder);
  first.add(1, "const a = 1");
  first.add(2, "a + 1", "2");
  const second = new History(folder);
  second.add(1, "b");
  expect([first.session, second.session]).toEqual([1, 2]);
  expect(second.query({ access: "tail", count: 2 })).toEqual([
    { session: 1, line: 2, source: "a + 1", output: "2" },
    { session: 2, line: 1, source: "b" },
  ]);
  expect(new History(folder).query({ access: "tail", count: 99 }).length).toBe(3);
});

test("two sessions at a time get two numbers", () => {
  const [first, second] = [new History(folder), new History(folder)];
  first.add(1, "x");
  second.add(1, "y");
  expect(first.session).not.toBe(second.session);
});

test("a number that another session took in the same moment is left to it", () => {
  for (const taken of [1, 2]) writeFileSync(path.join(folder, `${taken}.jsonl`), "another's");
  const late = new History(folder);
  jest.spyOn(fs, "readdirSync").mockReturnValueOnce([]);
  expect(late.session).toBe(3);
  expect(readFileSync(path.join(folder, "1.jsonl"), "utf8")).toBe("another's");
});

test("no more sessions are read than the newest entries lie in", () => {
  for (const source of ["a", "b", "c"]) new History(folder).add(1, source);
  const read = jest.spyOn(fs, "readFileSync");
  expect(sources(new History(folder).query({ access: "tail", count: 1 }))).toEqual(["c"]);
  expect(read.mock.calls.map(([file]) => path.basename(String(file)))).toEqual(["3.jsonl"]);
});

test("an output is kept up to 4096 characters, in the session and in its file", () => {
  const history = new History(folder);
  history.add(1, "a", "x".repeat(5_000));
  for (const one of [history, new History(folder)])
    expect(one.query({ access: "tail", count: 1 })[0].output).toBe("x".repeat(4_096));
});

test("range: sessions by number, 0 for this one, negative for those before", () => {
  const first = new History(folder);
  for (let line = 1; line <= 4; line++) first.add(line, `f${line}`);
  const second = new History(folder);
  second.add(1, "s1");
  expect(sources(second.query({ access: "range", session: 1, start: 2, stop: 4 }))).toEqual(["f2", "f3"]);
  expect(sources(second.query({ access: "range", session: -1, start: 4 }))).toEqual(["f4"]);
  expect(sources(second.query({ access: "range", session: 0, start: 1 }))).toEqual(["s1"]);
  expect(second.query({ access: "range", session: 99, start: 1 })).toEqual([]);
});

test("search: pattern, unique keeps the last, count keeps the newest", () => {
  const history = new History(folder);
  ["open(a)", "1 + 1", "open(b)", "open(a)"].forEach((source, i) => history.add(i + 1, source));
  const search = (more: object): string[] =>
    sources(history.query({ access: "search", pattern: "open*", unique: false, ...more }));
  expect(search({})).toEqual(["open(a)", "open(b)", "open(a)"]);
  expect(search({ unique: true })).toEqual(["open(b)", "open(a)"]);
  expect(search({ count: 1 })).toEqual(["open(a)"]);
  expect(search({ pattern: "1 ? 1" })).toEqual(["1 + 1"]);
});

test("the patterns of a shell", () => {
  expect(globPattern("a*[bc].(x)").test("a\n\nc.(x)")).toBe(true);
  expect(globPattern("[^a]").test("a")).toBe(false);
  expect(globPattern("[").test("[")).toBe(true);
  expect(globPattern("[z-a]").test("[z-a]")).toBe(true);
  expect(globPattern("?").test("𝒳")).toBe(true);
  expect(globPattern("a").test("ba")).toBe(false);
  expect(globPattern("a").test("ab")).toBe(false);
});

test("in brackets every letter is itself, but a ^ at the beginning and the bracket that closes", () => {
  const letters = (pattern: string) => [..."abc\\]^[-"].filter((letter) => globPattern(pattern).test(letter)).join("");
  expect(letters("[ab]")).toBe("ab");
  expect(letters("[^ab]")).toBe("c\\]^[-");
  expect(letters("[a-c]")).toBe("abc");
  expect(letters("[\\a]")).toBe("a\\");
  expect(letters("[a^]")).toBe("a^");
  expect(letters("[[a]")).toBe("a[");
  expect(letters("[]a]")).toBe("a]");
  expect(globPattern("[a").test("[a")).toBe(true);
  expect(globPattern("[]").test("[]")).toBe(true);
  expect(globPattern("x[z-a]?*").test("x[z-a]?*")).toBe(true);
  for (const special of "\\^$.|+(){}") expect(globPattern(`a${special}`).test(`a${special}`)).toBe(true);
});

test("a torn line and foreign files do no harm; files are private", () => {
  const first = new History(folder);
  first.add(1, "kept");
  appendFileSync(path.join(folder, "1.jsonl"), '{"line":2,"sou');
  writeFileSync(path.join(folder, "notes.txt"), "x");
  expect(sources(new History(folder).query({ access: "tail", count: 9 }))).toEqual(["kept"]);
  expect(statSync(path.join(folder, "1.jsonl")).mode & 0o077).toBe(0);
});

test("what is no entry is passed over, and a file of another name is no session", () => {
  const rows = ['{"line":1}', '{"source":"no line"}', '{"line":"2","source":"text"}', "null", "[]", "7"];
  writeFileSync(path.join(folder, "1.jsonl"), [...rows, '{"line":3,"source":"kept","output":5}', ""].join("\n"));
  for (const name of ["2.jsonl.bak", "a2.jsonl", "1234567890.jsonl"])
    writeFileSync(path.join(folder, name), '{"line":1,"source":"foreign"}\n');
  const history = new History(folder);
  expect(history.query({ access: "tail", count: 9 })).toEqual([{ session: 1, line: 3, source: "kept" }]);
  expect(history.session).toBe(2);
});

test("the folder is made when it is needed, for this user alone", () => {
  const below = path.join(folder, "a", "b");
  new History(below).add(1, "x");
  expect(statSync(below).mode & 0o777).toBe(0o700);
  expect(statSync(path.join(below, "1.jsonl")).mode & 0o777).toBe(0o600);
});

test("a file that cannot be written any more is left as it is, and the session keeps its own history", () => {
  const history = new History(folder);
  history.add(1, "a");
  const file = path.join(folder, "1.jsonl");
  rmSync(file);
  mkdirSync(file);
  history.add(2, "b");
  rmSync(file, { recursive: true });
  history.add(3, "c");
  expect(readdirSync(folder)).toEqual([]);
  expect(sources(history.query({ access: "range", session: 0, start: 1 }))).toEqual(["a", "b", "c"]);
});

test("a folder that cannot be written leaves the session its own history", () => {
  const file = path.join(folder, "file");
  writeFileSync(file, "");
  const history = new History(path.join(file, "below"));
  history.add(1, "a");
  expect(sources(history.query({ access: "tail", count: 5 }))).toEqual(["a"]);
  rmSync(file);
  history.add(2, "b");
  expect(readdirSync(folder)).toEqual([]);
  expect(sources(history.query({ access: "search", pattern: "*", unique: false }))).toEqual(["a", "b"]);
});

test("old sessions are removed", () => {
  for (let i = 1; i <= 1005; i++) writeFileSync(path.join(folder, `${i}.jsonl`), "");
  expect(new History(folder).session).toBe(1006);
  expect(readdirSync(folder).length).toBe(1001);
});
