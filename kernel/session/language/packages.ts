/** Which packages a cell sees although the notebook's folder has nothing installed: "codebook" itself, tfjs, whose
 *  types and tensors its API speaks, and the types of Node. Both the type checker and `require` look a bare name up in the `node_modules` of
 *  the folder and of every folder above it. The packages given here appear to lie in the outermost one,
 *  `/node_modules`, so that anything the user has installed is found first. */
import fs from "node:fs";
import path from "node:path";
import { testedMajors } from "../../version";

/** The folder of a package, looked up from `from` upwards, or undefined. */
export function findPackage(name: string, from: string): string | undefined {
  for (let folder = path.resolve(from); ; folder = path.dirname(folder)) {
    const candidate = path.join(folder, "node_modules", name);
    if (fs.existsSync(path.join(candidate, "package.json"))) return candidate;
    if (path.dirname(folder) === folder) return undefined;
  }
}

function findRoot(): string {
  for (let folder = __dirname; ; folder = path.dirname(folder)) {
    if (fs.existsSync(path.join(folder, "package.json"))) return folder;
    if (path.dirname(folder) === folder) throw new Error("the kernel's package.json is missing");
  }
}

/** The folder of the package that holds this kernel. */
export const kernelRoot = findRoot();

/** The module's name inside cells. */
export const moduleName = "codebook";

type StatedExports = Readonly<Record<string, string | { readonly default: string }>>;

let ownExports: StatedExports | undefined;

/** The file behind a path of our own package, both relative to its folder: what `exports` of package.json states for "." or "./methods", else
 *  the path itself. The compiler, whose resolution ignores `exports`, finds the declarations of the same names by `types` and `typesVersions`. */
export function ownFile(subpath: string): string {
  const read = () =>
    JSON.parse(fs.readFileSync(path.join(kernelRoot, "package.json"), "utf8")) as { exports: StatedExports };
  ownExports ??= read().exports;
  const stated = Object.hasOwn(ownExports, subpath) ? ownExports[subpath] : subpath;
  return typeof stated === "string" ? stated : stated.default;
}

const tensorflow = ["tfjs", "tfjs-core", "tfjs-layers", "tfjs-converter", "tfjs-data"]
  .concat(["tfjs-backend-cpu", "tfjs-backend-webgl", "tfjs-backend-wasm", "tfjs-node"])
  .map((name) => `@tensorflow/${name}`);

/** The major whose types fit a version of Node best: its own, else the newest before it, else the oldest that there is. */
export function typedMajor(version: string): number {
  const major = Number.parseInt(version, 10);
  return testedMajors.filter((tested) => tested <= major).at(-1) ?? testedMajors[0];
}

let given: Map<string, string> | undefined;

/** Name → real folder of the packages that every cell sees. */
export function givenPackages(): ReadonlyMap<string, string> {
  if (given === undefined) {
    given = new Map([[moduleName, kernelRoot]]);
    for (const name of tensorflow) {
      const folder = findPackage(name, kernelRoot);
      if (folder !== undefined) given.set(name, folder);
    }
    giveTypesOfNode(given);
  }
  return given;
}

/** Names of the given packages that cells may import: those with code. */
export function importablePackages(): string[] {
  return [...givenPackages().keys()].filter((name) => name === moduleName || tensorflow.includes(name));
}

/** Gives cells the types of the Node that runs them, under the name by which everybody asks for them. */
function giveTypesOfNode(given: Map<string, string>): void {
  const types = findPackage(`node-types-${typedMajor(process.versions.node)}`, kernelRoot);
  if (types === undefined) return;
  given.set("@types/node", types);
  const fetchTypes = findPackage("undici-types", types);
  if (fetchTypes !== undefined) given.set("undici-types", fetchTypes);
}

const outermost = /^(?:[A-Za-z]:)?\/node_modules\/((?:@[^/]+\/)?[^/]+)(\/.*)?$/;

/** The real path behind `/node_modules/<given package>/…`; any other path comes back as it is. */
export function realPath(file: string): string {
  const match = outermost.exec(file);
  if (match === null) return file;
  const [, name = "", rest = ""] = match;
  const folder = givenPackages().get(name);
  return folder === undefined ? file : folder.replaceAll("\\", "/") + rest;
}

/** True when `folder` is the outermost `node_modules`, or a scope in it that holds a given package. */
export function holdsGivenPackages(folder: string): boolean {
  const match = /^(?:[A-Za-z]:)?\/node_modules(?:\/(@[^/]+))?\/?$/.exec(folder);
  if (match === null) return false;
  const scope = match[1];
  return scope === undefined || [...givenPackages().keys()].some((name) => name.startsWith(scope + "/"));
}
