/** What a user can do about an error of the type checker, where the checker's own words do not say it: run a cell again, await a promise, open a
 *  model, import a module. */
import fs from "node:fs";
import path from "node:path";
import { builtinModules } from "node:module";
import type TS from "typescript";
import { kernelRoot, moduleName } from "./packages";
import type { CellDiagnostic } from "./tslab";

/** How a cell ended that did not run to its end. */
export type EarlyEnd = "did not pass the check" | "stopped with an error" | "was interrupted";

interface Lost {
  readonly label: string;
  readonly how: EarlyEnd;
  /** The module that the name was to come from. */
  readonly module?: string;
}

/** The names of cells that did not run to their end. */
export class LostNames {
  private readonly lost = new Map<string, Lost>();

  /** Notes what the cell `label` would have declared. */
  note(ts: typeof TS, source: string, label: string, how: EarlyEnd): void {
    const file = ts.createSourceFile("cell.ts", source, ts.ScriptTarget.ES2022, false, ts.ScriptKind.TS);
    const add = (name: string, module?: string) =>
      this.lost.set(name, { label, how, ...(module !== undefined && { module }) });
    const bind = (name: TS.BindingName): void => {
      if (ts.isIdentifier(name)) add(name.text);
      else for (const element of name.elements) if (ts.isBindingElement(element)) bind(element.name);
    };
    for (const node of file.statements) {
      if (ts.isVariableStatement(node)) node.declarationList.declarations.forEach(({ name }) => bind(name));
      else if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
        const module = node.moduleSpecifier.text;
        const { name, namedBindings } = node.importClause ?? {};
        if (name !== undefined) add(name.text, module);
        if (namedBindings === undefined) continue;
        if (ts.isNamespaceImport(namedBindings)) add(namedBindings.name.text, module);
        else for (const element of namedBindings.elements) add(element.name.text, module);
      } else {
        const { name } = node as { name?: TS.Node };
        if (name !== undefined && ts.isIdentifier(name)) add(name.text);
      }
    }
  }

  /** Forgets names that a cell has declared. */
  found(names: Iterable<string>): void {
    for (const name of names) this.lost.delete(name);
  }

  /** Which cell would have declared `name`, and why it did not; undefined where none was to. */
  adviceFor(name: string): string | undefined {
    const lost = this.lost.get(name);
    if (lost === undefined) return undefined;
    const { label, how, module } = lost;
    const remedy = how === "did not pass the check" ? "mend it and run it again" : "run it again";
    if (module !== undefined)
      return `${label} imports it from "${module}", but ${how}, so the import did not run: ${remedy}.`;
    return `${label} declares it, but ${how}${how === "stopped with an error" ? " before that" : ""}: ${remedy}.`;
  }
}

/** The checker's "cannot find name", for values, namespaces and shorthand properties, with and without a guess of its own. */
const missingName = new Set([2304, 2503, 2552, 2580, 2581, 2582, 2591, 2592, 18004]);

/** Types that take an opened model. */
const takesModel = /parameter of type '[^']*\b(Model|Compared|CompressedModel)\b/;

/** What can be done about `item`; `source` is the text of the cell that it is about. */
export function adviceOn(item: CellDiagnostic, source: string, lost: LostNames): string | undefined {
  if (item.fileName !== undefined) return undefined;
  const message = item.messageText;
  if (missingName.has(item.code)) {
    const known = onMissing(/'(.+?)'/.exec(message)?.[1] ?? "", lost);
    return known ?? (message.includes("Did you mean") ? undefined : "No cell that has run declares it.");
  }
  const text = source.slice(item.start.offset, item.end.offset);
  if (/^Property '.*' does not exist on type 'Promise</.test(message)) {
    const owner = /([\w$.]+(?:\([^()]*\))?)\s*\??\.\s*$/.exec(source.slice(0, item.start.offset))?.[1];
    return owner === undefined
      ? "It is a promise: await it first."
      : `${owner} is a promise: await it first, as in (await ${owner}).${text}`;
  }
  const given =
    /^(?:Argument of type|Type) '(.*?)' is (?:not assignable to|missing the following properties from)/.exec(message);
  const isPromise =
    given?.[1]?.startsWith("Promise<") === true && !/ type 'Promise/.test(message.slice(given[0].length));
  if (isPromise || /^Type 'Promise<.*' must have a '\[Symbol\.(async)?[iI]terator\]/.test(message))
    return /^[\w$.]+(\(.*\))?$/s.test(text) && !text.includes("\n")
      ? `It is a promise: await it first, as in await ${text}`
      : "It is a promise: await it first.";
  const isName = given?.[1] === "string" || given?.[1]?.startsWith('"') === true;
  if (isName && takesModel.test(message))
    return `Open the model first: await open(${text.includes("\n") ? "…" : text})`;
  if (/^Property '(tensors?|parameters|sha256)' does not exist on type '(string|".*")'/.test(message))
    return "That is a name; open the model first: await open(…)";
  return undefined;
}

function onMissing(name: string, lost: LostNames): string | undefined {
  const known = lost.adviceFor(name);
  if (known !== undefined) return known;
  if (ownNames().has(name)) return `It comes from "${moduleName}": import { ${name} } from "${moduleName}"`;
  if (name === "tf") return 'TensorFlow.js is there by: import * as tf from "@tensorflow/tfjs"';
  if (builtinModules.includes(name)) return `It is a module of Node's: import ${name} from "node:${name}"`;
  return undefined;
}

let names: ReadonlySet<string> | undefined;

/** The values that "codebook" exports, read from its declarations: to load it for a message would take a second. */
function ownNames(): ReadonlySet<string> {
  if (names !== undefined) return names;
  const file = path.join(kernelRoot, "lib", "kernel", "index.d.ts");
  const text = fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "";
  const lists = [...text.matchAll(/export \{([^}]*)\}/g)].flatMap(([, list = ""]) => list.split(","));
  names = new Set(
    lists
      .map((entry) => entry.trim())
      .filter((entry) => /^[\w$]+( as [\w$]+)?$/.test(entry))
      .map((entry) => entry.split(" as ").at(-1) ?? entry),
  );
  return names;
}
