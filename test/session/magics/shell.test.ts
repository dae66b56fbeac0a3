import { runShell } from "../../../kernel/session/magics/shell";

function sink() {
  const abort = new AbortController();
  const printed: [string, string][] = [];
  let heard: (() => void) | undefined;
  return {
    abort,
    printed,
    next: () => new Promise<void>((resolve) => (heard = resolve)),
    output: {
      signal: abort.signal,
      stream: (name: "stdout" | "stderr", text: string) => {
        printed.push([name, text]);
        heard?.();
      },
    },
  };
}

const text = (printed: [string, string][], stream: string) =>
  printed
    .filter(([name]) => name === stream)
    .map(([, part]) => part)
    .join("");

test("what a command prints comes on its stream, letters whole, and its code is said where it failed", async () => {
  const { printed, output } = sink();
  const script =
    "const b = Buffer.from('ü𝒳'); process.stdout.write(b.subarray(0, 3)); setTimeout(() => process.stdout.write(b.subarray(3)), 20)";
  await runShell(`"${process.execPath}" -e "${script}"`, output);
  expect(text(printed, "stdout")).toBe("ü𝒳");
  await runShell("echo bad >&2; exit 3", output);
  expect(text(printed, "stderr")).toBe("bad\nThe command ended with 3.\n");
});

test("an interrupt ends it and what it started", async () => {
  const { abort, printed, output, next } = sink();
  const heard = next();
  const running = runShell("echo begun; sleep 60 & sleep 60", output);
  await heard;
  abort.abort();
  await running;
  expect(printed).toEqual([["stdout", "begun\n"]]);
});

test("a command of a cell that was interrupted before ends at once, and none can ask for input", async () => {
  const { abort, printed, output } = sink();
  await runShell("cat; echo end", output);
  expect(printed).toEqual([["stdout", "end\n"]]);
  abort.abort();
  await runShell("sleep 60", output);
});
