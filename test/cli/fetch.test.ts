import { fetchCommand } from "../../kernel/cli/fetch";
import { CommandError } from "../../kernel/cli/command-error";
import { exampleModels } from "../../kernel/hub/example-models";

afterEach(() => jest.restoreAllMocks());

test("without a name it lists what there is to begin with", async () => {
  const said: string[] = [];
  jest.spyOn(console, "log").mockImplementation((line: string) => void said.push(line));
  await fetchCommand([]);
  expect(said.map((line) => line.split(":")[0])).toEqual(exampleModels.map(({ name }) => name));
});

test("a name that is not among them is refused, with the nearest and the way to others", async () => {
  await expect(fetchCommand(["all-MiniLM-L6-v3"])).rejects.toThrow(CommandError);
  await expect(fetchCommand(["all-MiniLM-L6-v3"])).rejects.toThrow(/did you mean all-MiniLM-L6-v2\?.*hf:owner\/name/);
});
