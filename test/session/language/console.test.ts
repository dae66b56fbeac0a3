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
