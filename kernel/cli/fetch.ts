import { parseArgs } from "node:util";
import { exampleModels, fetchExampleModel } from "../hub/example-models";
import { nearestWord } from "../options";
import { fetchedModelsFolder } from "../session/jupyter-paths";
import { CommandError } from "./command-error";
import { runLongWork } from "./long-work";
import { findPython } from "./python";

/** `codebook fetch [NAME]`: gets a model to begin with; without a name it lists them. */
export async function fetchCommand(args: string[]): Promise<void> {
  const { positionals } = parseArgs({ args, options: {}, allowPositionals: true });
  if (positionals.length === 0) {
    for (const { name, title } of exampleModels) console.log(`${name}: ${title}`);
    return;
  }
  const chosen = positionals.map(modelOf);
  const folder = fetchedModelsFolder();
  for (const model of chosen) {
    const work = ({ signal }: { signal: AbortSignal }) =>
      fetchExampleModel(model, { folder, python: findPython(), signal });
    const done = await runLongWork(work);
    if (done === undefined) return;
    console.log(`${model.name} ${done.fetched ? "is" : "was"} in ${done.path}: await open("${model.name}") finds it`);
  }
}

function modelOf(name: string): (typeof exampleModels)[number] {
  const found = exampleModels.find((model) => model.name === name);
  if (found !== undefined) return found;
  const names = exampleModels.map((model) => model.name);
  const guess = nearestWord(name, names);
  throw new CommandError(
    `there is no model "${name}" to begin with${guess ? `; did you mean ${guess}?` : ""} (there are ${names.join(", ")}; ` +
      `open("hf:owner/name") opens those of the Hugging Face Hub)`,
  );
}
