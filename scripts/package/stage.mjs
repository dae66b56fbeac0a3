// Lays an installed Codebook into a folder: the built kernel, what it needs of other packages, their licences. The wheel and the npm package are
// made of it, so that what one tests the other has too.
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { bundle, mainOf, minify, withoutComments } from "./bundle.mjs";
import { declarationsFrom } from "./declarations.mjs";
import { licencesOf } from "./licences.mjs";
import { beside, bundled, compiler, copied, leftOut } from "./packages.mjs";

/** Beside a staged tree: the packages of which something is in it, in a module of another too. */
export const partsFile = "parts.json";

/** Builds the folder `target` anew from the checkout `root`, whose lib/ is built. */
export async function stage(root, target) {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  const own = readJson(join(root, "package.json"));
  copyOwn(root, target);
  const carried = [];
  const others = new Set();
  const place = (name, version) => {
    carried.push({ name, version });
    return join(target, "node_modules", name);
  };
  for (const { name, files } of copied) {
    const from = packageFolder(root, name);
    const facts = readJson(join(from, "package.json"));
    const to = place(name, facts.version);
    writeFacts(to, { ...pick(facts), name });
    copyMatching(from, to, files);
    if (existsSync(join(from, "node_modules", "undici-types")))
      copyPackage(
        join(from, "node_modules", "undici-types"),
        join(to, "node_modules", "undici-types"),
        [/\.d\.ts$/],
        others,
      );
    others.add(from);
  }
  await placeCompiler(root, place, others);
  await placeBundles(root, place, others);
  copyDeclarations(root, target);
  if (existsSync(join(root, "node_modules", "undici-types")))
    copyPackage(
      join(root, "node_modules", "undici-types"),
      join(place("undici-types", readJson(join(root, "node_modules/undici-types/package.json")).version)),
      [/\.d\.ts$/],
      others,
    );
  writeFileSync(join(target, "THIRD-PARTY-LICENSES.txt"), licencesOf([...others]));
  writeFacts(target, ownFacts(own, carried));
  const parts = [...others].map((folder) => readJson(join(folder, "package.json")));
  writeFileSync(
    join(target, "..", partsFile),
    JSON.stringify(parts.map(({ name, version, license }) => ({ name, version, license }))),
  );
  return { carried, others: [...others] };
}

/** The kernel's modules and declarations, the pictures of its kernelspec; no maps, whose sources are not here. */
function copyOwn(root, target) {
  const built = join(root, "lib", "kernel");
  copyMatching(built, join(target, "lib", "kernel"), [/\.(js|wasm)$/], withoutComments);
  cpSync(join(root, "kernel", "kernelspec"), join(target, "kernel", "kernelspec"), { recursive: true });
  for (const name of ["LICENSE", "README.md", "CHANGELOG.md"]) cpSync(join(root, name), join(target, name));
}

/** The declarations that the public modules reach, in our own package and in those that became one module. */
function copyDeclarations(root, target) {
  const entries = ["index", "methods", "train/index"].map((name) => join(root, "lib", "kernel", `${name}.d.ts`));
  const folderOf = (name) => (bundled.includes(name) ? packageFolder(root, name) : undefined);
  for (const file of declarationsFrom(
    [...entries, ...bundled.flatMap((name) => mainDeclaration(root, name))],
    folderOf,
  ))
    copyText(file, join(target, relative(root, file)), (text) => text.replace(leftOutExports, ""));
}

/** The lines by which tfjs hands on what is left out. */
const leftOutExports = new RegExp(`^(export \\* from|import) ['"](${leftOut.join("|")})['"];$`, "gm");

/** The declaration of a package's main module, where cells may import it. */
function mainDeclaration(root, name) {
  const folder = packageFolder(root, name);
  const { types } = readJson(join(folder, "package.json"));
  return types && name.startsWith("@tensorflow/") ? [join(folder, types)] : [];
}

async function placeCompiler(root, place, others) {
  const from = packageFolder(root, compiler.name);
  const facts = readJson(join(from, "package.json"));
  const to = place(compiler.name, facts.version);
  writeFacts(to, pick(facts));
  copyMatching(from, to, compiler.files);
  for (const file of compiler.minified) {
    mkdirSync(dirname(join(to, file)), { recursive: true });
    writeFileSync(join(to, file), await minify(readFileSync(join(from, file), "utf8")));
  }
  others.add(from);
}

async function placeBundles(root, place, others) {
  for (const name of bundled) {
    const from = packageFolder(root, name);
    const facts = readJson(join(from, "package.json"));
    const main = mainOf(from, facts);
    const to = place(name, facts.version);
    const file = relative(from, main);
    const externals = ({ request }, callback) =>
      bundled.includes(request) ? callback(undefined, `commonjs ${request}`) : callback();
    const files = await bundle(main, join(to, file), { externals, leftOut });
    for (const module of files) others.add(ownerOf(module));
    const { types } = facts;
    writeFacts(to, { ...pick(facts), main: file, ...(types && { types }) });
    if (beside[name]) copyMatching(from, to, beside[name]);
  }
}

/** The folder of the package that a file belongs to. */
function ownerOf(file) {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const facts = join(folder, "package.json");
    if (existsSync(facts) && readJson(facts).version) return folder;
  }
}

function packageFolder(root, name) {
  const nested = join(root, "node_modules", "tslab", "node_modules", name);
  const folder = existsSync(nested) ? nested : join(root, "node_modules", name);
  if (!existsSync(folder)) throw new Error(`${name} is not installed: run npm run setup first`);
  return folder;
}

function copyPackage(from, to, files, others) {
  writeFacts(to, pick(readJson(join(from, "package.json"))));
  copyMatching(from, to, files);
  others.add(from);
}

/** Copies the files of a folder whose paths fit one of the patterns; the hint at a map goes. */
function copyMatching(from, to, patterns, change = (text) => text) {
  const walk = (folder) => {
    for (const entry of readdirSync(join(from, folder), { withFileTypes: true })) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        if (entry.name !== "node_modules") walk(path);
        continue;
      }
      if (!patterns.some((pattern) => pattern.test(path))) continue;
      mkdirSync(dirname(join(to, path)), { recursive: true });
      if (/\.[cm]?(js|ts)$/.test(path)) copyText(join(from, path), join(to, path), change);
      else cpSync(join(from, path), join(to, path));
    }
  };
  walk("");
}

/** Copies a text; the hint at a map goes. */
function copyText(from, to, change = (text) => text) {
  mkdirSync(dirname(to), { recursive: true });
  writeFileSync(to, change(readFileSync(from, "utf8").replace(/^\/\/# sourceMappingURL=.*$/gm, "")));
}

/** What a carried package says of itself; it depends on nothing that is not beside it. */
const pick = ({ name, version, license, main, module, type, types, typesVersions, exports, binary }) =>
  JSON.parse(JSON.stringify({ name, version, license, main, module, type, types, typesVersions, exports, binary }));

/** Facts of the npm package: nothing runs at its install, and the packages that it carries are those that were tested. */
function ownFacts(own, carried) {
  const { name, version, description, license, keywords, engines, types, exports, typesVersions, bin } = own;
  const dependencies = Object.fromEntries(carried.map((one) => [one.name, one.version]));
  const files = ["lib", "kernel", "install.json", "README.md", "CHANGELOG.md", "LICENSE", "THIRD-PARTY-LICENSES.txt"];
  // In the checkout "main" is the extension, by which its builder finds it; whoever resolves without "exports" wants the library.
  const main = exports["."].default;
  // prettier-ignore
  return { name, version, description, license, keywords, engines, main, types, exports, typesVersions, bin, files,
    dependencies, bundleDependencies: Object.keys(dependencies) };
}

const readJson = (file) => JSON.parse(readFileSync(file, "utf8"));

function writeFacts(folder, facts) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(facts, undefined, 2)}\n`);
}
