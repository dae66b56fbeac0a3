/** The program of the terminal, run as Node runs it, but in this process: which command its words call, and how it ends. */
import type * as CommandErrors from "../kernel/cli/command-error";
import { packageVersion } from "../kernel/version";

const mockCalls: [string, string[]][] = [];
let mockFailure: Error | undefined;
const mockCommand = (name: string) => async (args: string[]) => {
  mockCalls.push([name, args]);
  if (mockFailure) throw mockFailure;
};
jest.mock("../kernel/cli/install", () => ({
  installCommand: mockCommand("install"),
  uninstallCommand: mockCommand("uninstall"),
}));
jest.mock("../kernel/cli/convert", () => ({ convertCommand: mockCommand("convert") }));
jest.mock("../kernel/cli/pack", () => ({
  packCommand: mockCommand("pack"),
  unpackCommand: mockCommand("unpack"),
  verifyCommand: mockCommand("verify"),
  infoCommand: mockCommand("info"),
}));

afterEach(() => jest.restoreAllMocks());

type MakeFailure = (CommandError: typeof CommandErrors.CommandError) => Error;

const codebook = (...words: string[]) => run(words);

/** Runs `codebook` with these words, and lets the command fail with what `failure` makes. */
async function run(words: readonly string[], failure?: MakeFailure) {
  const said: string[] = [];
  const complained: string[] = [];
  jest.spyOn(console, "log").mockImplementation((line: string) => void said.push(line));
  jest.spyOn(console, "error").mockImplementation((line: string) => void complained.push(line));
  mockCalls.length = 0;
  const { argv, exitCode } = process;
  process.argv = ["node", "codebook", ...words];
  process.exitCode = undefined;
  try {
    jest.isolateModules(() => {
      const { CommandError } = jest.requireActual<typeof CommandErrors>("../kernel/cli/command-error");
      mockFailure = failure?.(CommandError);
      jest.requireActual("../kernel/cli");
    });
    await new Promise((resolve) => setImmediate(resolve));
    return { said: said.join("\n"), complained, calls: [...mockCalls], exitCode: process.exitCode };
  } finally {
    process.argv = argv;
    process.exitCode = exitCode;
  }
}

describe("codebook", () => {
  test.each(["install", "uninstall", "pack", "unpack", "verify", "info", "convert"])(
    "%s gets the words behind it",
    async (name) => {
      const { calls, exitCode, complained, said } = await codebook(name, "a", "--b", "c");
      expect(calls).toEqual([[name, ["a", "--b", "c"]]]);
      expect([exitCode, complained, said]).toEqual([undefined, [], ""]);
    },
  );

  test.each([["help"], ["--help"], ["-h"], ["pack", "--help"], ["install", "-h"]])(
    "%s %s shows every command, and runs none",
    async (...words) => {
      const { said, calls, exitCode } = await codebook(...words.filter(Boolean));
      for (const name of ["install", "uninstall", "pack", "unpack", "verify", "info", "--version", "--resume"])
        expect(said).toContain(name);
      expect([calls, exitCode]).toEqual([[], undefined]);
    },
  );

  test("without a command shows the help, and fails", async () => {
    const { said, exitCode } = await codebook();
    expect(said).toContain("codebook install");
    expect(exitCode).toBe(1);
  });

  test.each(["--version", "-v"])("%s is the package's", async (word) => {
    expect(await codebook(word)).toMatchObject({ said: packageVersion, calls: [], exitCode: undefined });
  });

  test("an unknown word is said, with the nearest one where there is one, and no name of JavaScript's is a command", async () => {
    expect(await codebook("instal")).toMatchObject({
      complained: ['codebook: there is no command "instal"; did you mean "install"?', "See codebook --help."],
      exitCode: 1,
    });
    expect(await codebook("constructor")).toMatchObject({
      complained: ['codebook: there is no command "constructor"', "See codebook --help."],
      exitCode: 1,
    });
  });

  test("points to the help where the words were wrong, and not where the work failed", async () => {
    const help = "See codebook --help.";
    const failures: [MakeFailure, string[]][] = [
      [(CommandError) => new CommandError("give one"), ["codebook: give one", help]],
      [() => Object.assign(new Error("no --x"), { code: "ERR_PARSE_ARGS_UNKNOWN_OPTION" }), ["codebook: no --x", help]],
      [() => Object.assign(new Error("the disk is full"), { code: "ENOSPC" }), ["codebook: the disk is full"]],
      [() => new Error("odd"), ["codebook: odd"]],
    ];
    for (const [failure, complained] of failures)
      expect(await run(["pack"], failure)).toMatchObject({ complained, exitCode: 1 });
  });
});
