import { CommandError } from "../../kernel/cli/command-error";

test("a command line that cannot be done is told apart from other errors", () => {
  expect(new CommandError("say it so")).toBeInstanceOf(CommandError);
  expect(new Error("other")).not.toBeInstanceOf(CommandError);
  expect(new CommandError("say it so").message).toBe("say it so");
});
