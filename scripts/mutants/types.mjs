// Whether the compiler refuses a mutant: `npm run lint` would notice it before any test.
import { join } from "node:path";
import ts from "typescript";

/** A function that tells the compiler's first complaint about a mutant's file, or undefined. That a name is not used any more is none: it is
 *  untidy, and no fault. */
export function typeChecker(root) {
  const projects = new Map();
  const projectOf = (top) => {
    if (!projects.has(top)) {
      const { config } = ts.readConfigFile(join(root, top, "tsconfig.json"), ts.sys.readFile);
      const { options, fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, join(root, top));
      projects.set(top, {
        options: { ...options, noEmit: true, noUnusedLocals: false, noUnusedParameters: false },
        fileNames,
        files: new Map(),
        last: undefined,
      });
    }
    return projects.get(top);
  };
  return ({ file, mutated }) => {
    const path = join(root, file);
    const project = projectOf(file.split("/")[0]);
    const host = ts.createCompilerHost(project.options, true);
    const { getSourceFile } = host;
    host.getSourceFile = (name, target) => {
      if (name === path) return ts.createSourceFile(name, mutated, target, true);
      if (!project.files.has(name)) project.files.set(name, getSourceFile.call(host, name, target));
      return project.files.get(name);
    };
    project.last = ts.createProgram(project.fileNames, project.options, host, project.last);
    const source = project.last.getSourceFile(path);
    const [first] = [...project.last.getSyntacticDiagnostics(source), ...project.last.getSemanticDiagnostics(source)];
    return first && ts.flattenDiagnosticMessageText(first.messageText, " ").slice(0, 120);
  };
}
