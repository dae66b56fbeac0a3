import { CellConsole } from "../../../kernel/session/language/console";
import { CellContext } from "../../../kernel/session/language/context";
import { mainGlobal, mainProcess } from "../../../kernel/session/language/realm";
import { Recorder } from "../notebook";

let recorder: Recorder;
let own: CellConsole;
const write = mainProcess.stdout.write;
const before = mainGlobal.console;

beforeEach(() => {
  recorder = new Recorder();
  const cell = new CellContext("Cell [1]", recorder);
  own = new CellConsole(() => cell);
});
afterEach(() => own.close());

describe("the console of a cell", () => {
  test("prints to the streams that Node prints to", () => {
    mainGlobal.console.log("a", 1);
    mainGlobal.console.error("b");
    mainGlobal.console.warn("c");
    expect([recorder.stdout, recorder.stderr]).toEqual(["a 1\n", "b\nc\n"]);
  });

  test("takes what is written to the process's streams, text and bytes, and calls back", async () => {
    const done = new Promise<void>((resolve) => mainProcess.stdout.write("text ", () => resolve()));
    mainProcess.stdout.write(Buffer.from("bytes ä"));
    mainProcess.stderr.write(Buffer.from("6869"), undefined);
    await done;
    expect([recorder.stdout, recorder.stderr]).toEqual(["text bytes ä", "6869"]);
  });

  test("reads bytes in the encoding that is named, of the part that a view shows, and says that there is room", async () => {
    const latin = Buffer.from([0xe4]);
    const text = Buffer.from("abc");
    const called: string[] = [];
    expect(mainProcess.stdout.write(latin, "latin1", () => called.push("with an encoding"))).toBe(true);
    expect(mainProcess.stdout.write(new Uint8Array(text.buffer, text.byteOffset + 1, 1))).toBe(true);
    mainProcess.stdout.write("7a", "hex"); // Text is text, as Node prints it to a terminal.
    expect(called).toEqual([]);
    await Promise.resolve();
    expect(called).toEqual(["with an encoding"]);
    expect(recorder.stdout).toBe("äb7a");
  });

  test("colours values where the environment asks for it", () => {
    const colour = mainProcess.env.FORCE_COLOR;
    const printed = (force: string | undefined) => {
      own.close();
      if (force === undefined) delete mainProcess.env.FORCE_COLOR;
      else mainProcess.env.FORCE_COLOR = force;
      recorder.stdout = "";
      const cell = new CellContext("Cell [1]", recorder);
      own = new CellConsole(() => cell);
      mainGlobal.console.log(1);
      return recorder.stdout;
    };
    try {
      expect([printed("1"), printed("0"), printed(undefined)]).toEqual(["\x1b[33m1\x1b[39m\n", "1\n", "1\n"]);
    } finally {
      if (colour === undefined) delete mainProcess.env.FORCE_COLOR;
      else mainProcess.env.FORCE_COLOR = colour;
    }
  });

  test("prints to the real streams where no cell is", () => {
    own.close();
    const real: unknown[][] = [];
    const stream = mainProcess.stdout;
    const original = stream.write;
    stream.write = ((...all: unknown[]) => (real.push(all), false)) as typeof stream.write;
    try {
      own = new CellConsole(() => undefined);
      mainGlobal.console.log("by the console");
      const done = () => undefined;
      expect(stream.write("by the stream", "utf8", done)).toBe(false);
      expect(real.map(([text]) => text)).toEqual(["by the console\n", "by the stream"]);
      expect(real[1]).toEqual(["by the stream", "utf8", done]);
      own.close();
    } finally {
      stream.write = original;
    }
    own = new CellConsole(() => undefined);
  });

  test("stands among the globals as Node's does", () => {
    const shape = () => {
      const { enumerable, configurable, writable } = Object.getOwnPropertyDescriptor(mainGlobal, "console") ?? {};
      return { enumerable, configurable, writable };
    };
    const ours = shape();
    own.close();
    expect(ours).toEqual(shape());
    own = new CellConsole(() => undefined);
  });

  test("does not indent a cell by a group that the last one left open", () => {
    mainGlobal.console.group("open");
    mainGlobal.console.groupCollapsed("deeper");
    mainGlobal.console.log("in");
    own.startCell();
    mainGlobal.console.log("next");
    expect(recorder.stdout).toBe("open\n  deeper\n    in\nnext\n");
  });

  test("indents no less for a group end too many", () => {
    mainGlobal.console.groupEnd();
    mainGlobal.console.group("a");
    mainGlobal.console.log("b");
    mainGlobal.console.groupEnd();
    mainGlobal.console.log("c");
    expect(recorder.stdout).toBe("a\n  b\nc\n");
  });

  test("gives the process its own back", () => {
    own.close();
    expect(mainGlobal.console).toBe(before);
    expect(mainProcess.stdout.write).toBe(write);
    own = new CellConsole(() => undefined);
  });
});
