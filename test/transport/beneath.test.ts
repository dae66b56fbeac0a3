import { execFileSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { BeneathOutput } from "../../kernel/transport/beneath";

const folder = mkdtempSync(path.join(tmpdir(), "beneath-"));
afterAll(() => rmSync(folder, { recursive: true }));
let count = 0;

function pipe() {
  const file = path.join(folder, String(count++));
  execFileSync("mkfifo", [file]);
  const stdout = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(file, constants.O_WRONLY);
  const printed: [string, string][] = [];
  const state = { behind: false };
  const own = new BeneathOutput({ stdout }, { print: (...all) => printed.push(all), isBehind: () => state.behind });
  const text = () => printed.map(([, part]) => part).join("");
  return {
    own,
    printed,
    state,
    text,
    write: (bytes: string | Uint8Array) => writeSync(writer, Buffer.from(bytes)),
    writer,
  };
}

test("what is written comes by itself, and at once where it is asked for; characters stay whole", async () => {
  const { own, printed, text, write, writer } = pipe();
  write("a");
  while (printed.length === 0) await new Promise((resolve) => setImmediate(resolve));
  write(Uint8Array.of(0xc3));
  own.drain();
  write(Uint8Array.of(0xa9));
  own.drain();
  own.drain();
  expect(printed).toEqual([
    ["stdout", "a"],
    ["stdout", "é"],
  ]);
  write("last");
  own.close();
  own.drain();
  expect(text()).toBe("aélast");
  closeSync(writer);
});

test("while subscribers are behind the writer waits, and loses nothing", async () => {
  const { own, state, text, write, writer } = pipe();
  state.behind = true;
  write("1");
  while (text() === "") await new Promise((resolve) => setImmediate(resolve));
  write("2");
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(text()).toBe("1");
  state.behind = false;
  while (text() !== "12") await new Promise((resolve) => setImmediate(resolve));
  own.close();
  closeSync(writer);
});

test("without pipes there is nothing to read", () => {
  const own = new BeneathOutput({}, { print: () => undefined, isBehind: () => false });
  own.drain();
  own.close();
});
