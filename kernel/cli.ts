#!/usr/bin/env node
import "./cli/old-node";
import { CommandError } from "./cli/command-error";
import { convertCommand } from "./cli/convert";
import { doctorCommand } from "./cli/doctor";
import { fetchCommand } from "./cli/fetch";
import { installCommand, uninstallCommand } from "./cli/install";
import { infoCommand, packCommand, unpackCommand, verifyCommand } from "./cli/pack";
import { nearestWord } from "./options";
import { packageVersion } from "./version";

const help = `codebook: a TypeScript kernel for Jupyter, for compression studies of neural networks

  codebook install [--user | --sys-prefix | --prefix DIR] [--name NAME]      make Jupyter know the kernel
  codebook uninstall [--user | --sys-prefix | --prefix DIR] [--name NAME] [--keep-data]
                                                                             undo that; for this user also history and fetched models
  codebook doctor                                                            what works here, and what to do about the rest
  codebook fetch [NAME]                                                      get a model to begin with; without a name: which there are
  codebook pack FILE [-o OUT] [--base BASE] [--force] [--resume]
                                                           archive a model's file without loss, as FILE.codebook, and read it back
  codebook unpack FILE [-o OUT] [--base BASE] [--force]    restore it, equal in every byte
  codebook verify FILE [--base BASE]                       decode an archive and compare every hash
  codebook info FILE                                       what an archive holds, and what each tensor takes
  codebook convert FILE OUT [--from DIR] [--dtype TYPE] [--force] [--resume]
                                                           a compressed model (.codebook) as OUT: folder/, .safetensors, .gguf
  codebook --version

  --user          for this user (the default)
  --sys-prefix    into the active Python environment (virtual environment, conda)
  --prefix DIR    into the environment in DIR
  --name NAME     name of the kernelspec; "codebook" when not given
  --base BASE     a file that the model was made from: only what differs is stored, and BASE is needed to restore it
  --from DIR      the original model's folder: its tokenizer and other small files go along
  --dtype TYPE    F32, F16 or BF16, for values
  --resume        keep what is packed when it breaks off; the same command goes on from there
`;

const commands: Record<string, (args: string[]) => void | Promise<void>> = {
  doctor: doctorCommand,
  fetch: fetchCommand,
  install: installCommand,
  uninstall: uninstallCommand,
  pack: packCommand,
  unpack: unpackCommand,
  verify: verifyCommand,
  info: infoCommand,
  convert: convertCommand,
};

async function main(args: string[]): Promise<void> {
  const [command, ...rest] = args;
  if (command === undefined || ["help", "--help", "-h"].includes(command) || /^(--help|-h)$/.test(rest[0] ?? "")) {
    console.log(help);
    if (command === undefined) process.exitCode = 1;
  } else if (command === "--version" || command === "-v") {
    console.log(packageVersion);
  } else if (Object.hasOwn(commands, command)) {
    await commands[command](rest);
  } else {
    const guess = nearestWord(command, Object.keys(commands));
    throw new CommandError(`there is no command "${command}"${guess ? `; did you mean "${guess}"?` : ""}`);
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const isUsage = error instanceof CommandError || (error as { code?: string }).code?.startsWith("ERR_PARSE_ARGS");
  console.error(`codebook: ${error instanceof Error ? error.message : String(error)}`);
  if (isUsage) console.error("See codebook --help.");
  process.exitCode = 1;
});
