// The tables of methods. A file of kernel/quantize, kernel/prune or kernel/encode holds a method when it exports a constant of the room's type,
// such as `export const nf4Quantizer: Quantizer<Nf4Step>`. From these files this script writes kernel/ROOM/generated/methods.ts: all that they
// export, and a table with a row for each method, in the order of the files' names.
//   node scripts/methods.mjs [--check]      (--check: only says whether the written files are current; exit code 1 when one is not)
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import prettier from "prettier";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** Of each room: the table's name by the type of its rows. */
const rooms = {
  quantize: { Quantizer: "quantizerRows" },
  prune: { Pruner: "prunerRows", StructuralPruner: "structuralRows" },
  encode: { SymbolCoder: "coderRows" },
};

/** The methods of a room: { file, name, type }, `type` being one of `types`. */
function methodsOf(room, types) {
  const folder = join(root, "kernel", room);
  const pattern = new RegExp(`^export const (\\w+): (${types.join("|")})<`, "gm");
  return readdirSync(folder)
    .filter((file) => file.endsWith(".ts"))
    .sort()
    .flatMap((file) => {
      const found = readFileSync(join(folder, file), "utf8").matchAll(pattern);
      return [...found].map(([, name, type]) => ({ file: file.replace(/\.ts$/, ""), name, type }));
    });
}

function textOf(room) {
  const tables = Object.entries(rooms[room]);
  const methods = methodsOf(
    room,
    tables.map(([type]) => type),
  );
  const imports = methods.map(({ file, name }) => `import { ${name} } from "../${file}";`);
  const exports = new Set(methods.map(({ file }) => `export * from "../${file}";`));
  const rows = tables.map(([type, table]) => {
    const own = methods.filter((method) => method.type === type).map(({ name }) => name);
    return `/** Each ${type} of the room. */\nexport const ${table} = [${own.join(", ")}] as const;`;
  });
  return [
    `// Written by scripts/methods.mjs from the methods in kernel/${room}: npm run build -- kernel writes it again.`,
    imports.join("\n"),
    [...exports].join("\n"),
    ...rows,
  ].join("\n\n");
}

/** The generated files by their paths. */
async function methodFiles() {
  const options = await prettier.resolveConfig(join(root, "package.json"));
  const files = new Map();
  for (const room of Object.keys(rooms)) {
    const path = join(root, "kernel", room, "generated", "methods.ts");
    files.set(path, await prettier.format(textOf(room), { ...options, parser: "typescript" }));
  }
  return files;
}

const current = (path) => (existsSync(path) ? readFileSync(path, "utf8") : undefined);

/** Writes what has changed. */
export async function writeMethods() {
  for (const [path, text] of await methodFiles())
    if (current(path) !== text) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (!process.argv.includes("--check")) await writeMethods();
  else
    for (const [path, text] of await methodFiles())
      if (current(path) !== text) {
        console.error(`${relative(root, path)} is not what its methods say: npm run build -- kernel`);
        process.exitCode = 1;
      }
}
