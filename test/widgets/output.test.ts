import { CellContext, runInCell } from "../../kernel/session/language/context";
import { installGlobals } from "../../kernel/session/language/globals";
import { CellConsole } from "../../kernel/session/language/console";
import { mainGlobal } from "../../kernel/session/language/realm";
import { Output } from "../../kernel/widgets/output";
import { Recorder } from "../session/notebook";
import { FrontEnd } from "./fake-comms";

const recorder = new Recorder();
const cell = new CellContext("Cell [1]", recorder);
const console = new CellConsole(() => cell);
const remove = installGlobals(() => cell);
afterAll(() => {
  remove();
  console.close();
});
const print = (text: string) => (mainGlobal.console as unknown as Console).log(text);
const display = (value: unknown) => (mainGlobal.display as (value: unknown) => { update(value: unknown): void })(value);

test("what code prints and shows inside stands in the widget, also after an await, and nothing of it in the cell", async () => {
  const frontEnd = new FrontEnd();
  const output = new Output();
  const given = await runInCell(cell, () =>
    output.capture(async () => {
      print("one");
      await null;
      print("two");
      display("0 %").update("100 %");
      return 5;
    }),
  );
  expect(given).toBe(5);
  expect(frontEnd.messages(output.id).at(-1)?.state).toEqual({
    outputs: [
      { output_type: "stream", name: "stdout", text: "one\ntwo\n" },
      { output_type: "display_data", data: { "text/plain": "100 %" }, metadata: {} },
    ],
  });
  expect([recorder.stdout, recorder.shown]).toEqual(["", []]);
  print("outside");
  expect(recorder.stdout).toBe("outside\n");
});

test("values are added, and the place is emptied at once or by what comes next", async () => {
  void new FrontEnd();
  const output = new Output();
  await output.show([1, 2]);
  output.print("text");
  expect(output.outputs).toHaveLength(2);
  output.clear(true);
  expect(output.outputs).toHaveLength(2);
  output.print("next");
  expect(output.outputs).toEqual([{ output_type: "stream", name: "stdout", text: "next" }]);
  output.clear();
  expect(output.outputs).toEqual([]);
});

test("long text keeps its end", () => {
  void new FrontEnd();
  const output = new Output();
  output.print("x".repeat(999_999));
  output.print("the end");
  const [{ text }] = output.outputs as { text: string }[];
  expect(text).toHaveLength(1_000_000);
  expect(text.endsWith("the end")).toBe(true);
});
