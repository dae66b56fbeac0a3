/** Bad input costs no more than what is on disk: the files of bounds-cases.ts are opened one after the other in a process of its own, whose
 *  peak of resident memory is its own too. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { FormatError, open } from "../../kernel";
import { archiveOfLongHeader, boundedFiles } from "./bounds-cases";

let folder = "";
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "bounds-"))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const script = `
  const { open } = require(process.argv[1]);
  const { readFileSync } = require("fs");
  const peak = () => Number(/VmHWM:\\s+(\\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? 0) / 1024;
  (async () => {
    const before = peak();
    const said = [];
    for (const file of process.argv.slice(2))
      said.push(await open(file).then(() => "", (error) => error.code + " " + error.message));
    console.log(JSON.stringify({ said, grown: peak() - before }));
    process.exit(0);
  })();`;

test("files that are small and ask for much cost what is stored, and are refused by their byte or opened", async () => {
  const files = boundedFiles();
  const paths = files.map(([name, bytes]) => {
    writeFileSync(join(folder, name), bytes);
    return join(folder, name);
  });
  const archive = await archiveOfLongHeader(folder);
  expect(statSync(archive).size).toBeLessThan(20_000);
  const library = join(__dirname, "..", "..", "kernel", "index.js");
  const { stdout } = await promisify(execFile)(process.execPath, ["-e", script, library, ...paths, archive], {
    timeout: 120_000,
  });
  const { said, grown } = JSON.parse(stdout) as { said: string[]; grown: number };
  const expected = [...files.map(([name, , says]) => [name, says] as const), ["archive", /header's length/] as const];
  for (const [i, [name, says]] of expected.entries()) {
    if (says === "") expect([name, said[i]]).toEqual([name, ""]);
    else expect([name, said[i]]).toEqual([name, expect.stringMatching(says)]);
    if (says !== "") expect([name, said[i]]).toEqual([name, expect.stringMatching(/^FORMAT /)]);
  }
  // The largest file has 1 MB, and what it may cost is 64 times that and 16 MiB.
  expect(grown).toBeLessThan(250);
}, 150_000);

describe("a config.json that cannot be read is not taken for one that is not there", () => {
  const header = '{"w":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]}}';
  const size = Buffer.alloc(8);
  size.writeUInt32LE(header.length, 0);
  const model = (name: string): string => {
    const place = join(folder, name);
    mkdirSync(place);
    writeFileSync(join(place, "model.safetensors"), Buffer.concat([size, Buffer.from(header), Buffer.alloc(4)]));
    return place;
  };
  const cases: [string, string | Buffer, RegExp][] = [
    ["no JSON", "{", /this is no JSON/],
    ["empty", "", /the file is empty/],
    ["a list", "[1]", /this is a list/],
    ["a number", "7", /this is 7/],
    ["nested too deep", "[".repeat(100_000), /byte 64: this is nested too deep/],
    ["text in UTF-16", Buffer.from('{"a":1}', "utf16le"), /this is no JSON/],
    ["bytes that are no text", Buffer.from([0x7b, 0xff]), /byte 1: this is no text in UTF-8/],
    ["cut short", '{"a": [1, 2', /this is no JSON/],
    ["a comma too many", '{"a": 1,}', /byte 8: this is no JSON/],
  ];
  test.each(cases)("%s", async (name, content, says) => {
    const place = model(name);
    writeFileSync(join(place, "config.json"), content);
    const error = await open(place).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(FormatError);
    expect(String(error)).toMatch(says);
  });

  test("a folder, a link to nothing, a link to itself", async () => {
    const place = model("folder");
    mkdirSync(join(place, "config.json"));
    await expect(open(place)).rejects.toMatchObject({ code: "SOURCE" });
    const links = model("links");
    symlinkSync("gone.json", join(links, "config.json"));
    await expect(open(links)).rejects.toMatchObject({ code: "SOURCE" });
    const circle = model("circle");
    symlinkSync("config.json", join(circle, "config.json"));
    await expect(open(circle)).rejects.toMatchObject({ code: "SOURCE" });
  });

  test("numbers as Python writes them, a byte order mark, and no file at all are taken", async () => {
    const place = model("python");
    writeFileSync(join(place, "config.json"), '\uFEFF{"a": Infinity, "b": [-Infinity, NaN], "c": "NaN"}');
    expect((await open(place)).config).toEqual({ a: Infinity, b: [-Infinity, NaN], c: "NaN" });
    expect((await open(model("none"))).config).toBeUndefined();
  });
});
