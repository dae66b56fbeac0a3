// A package of npm and all that it imports as one module of CommonJS.
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { rspack } from "@rspack/core";
import typescript from "typescript";

const require = createRequire(import.meta.url);

/** Writes the module of `file`, minified with the names of classes and functions kept (errors show them); resolves to the files that went in. */
export async function bundle(file, target, { externals, leftOut }) {
  const compiler = rspack({
    mode: "production",
    target: "node20",
    context: dirname(file),
    entry: file,
    devtool: false,
    externals: [externals],
    externalsType: "commonjs",
    // The module of CommonJS, which needs no second copy of what other packages require.
    resolve: {
      alias: Object.fromEntries(leftOut.map((name) => [name, false])),
      mainFields: ["main"],
      conditionNames: ["require", "node", "default"],
    },
    node: { __dirname: false, __filename: false },
    output: { path: dirname(target), filename: basename(target), library: { type: "commonjs2" } },
    optimization: {
      minimizer: [new rspack.SwcJsMinimizerRspackPlugin({ extractComments: false, minimizerOptions: keepNames })],
    },
    performance: { hints: false },
  });
  const stats = await new Promise((resolve, reject) =>
    compiler.run((error, done) => (error ? reject(error) : resolve(done))),
  );
  await new Promise((resolve) => compiler.close(resolve));
  const { errors, modules } = stats.toJson({
    all: false,
    errors: true,
    modules: true,
    nestedModules: true,
    modulesSpace: 1e9,
  });
  if (errors.length > 0) throw new Error(`${file}: ${errors[0].message}`);
  return modules
    .flatMap(({ nameForCondition, modules: inner = [] }) => [
      nameForCondition,
      ...inner.map((one) => one.nameForCondition),
    ])
    .filter(Boolean);
}

const keepNames = {
  mangle: { keep_classnames: true, keep_fnames: true },
  compress: { keep_classnames: true, keep_fnames: true },
  format: { comments: false },
};

/** JavaScript of our own without comments: its lines stay lines, which tracebacks show. */
export const withoutComments = (source) =>
  typescript.transpileModule(source, {
    compilerOptions: {
      removeComments: true,
      target: typescript.ScriptTarget.ESNext,
      module: typescript.ModuleKind.Preserve,
    },
  }).outputText;

/** JavaScript without white space and comments; all names stay. */
export async function minify(source) {
  const { code } = await rspack.experiments.swc.minify(source, {
    mangle: false,
    compress: false,
    ecma: 2022,
    module: false,
    format: { comments: false },
  });
  return code;
}

/** The main module of a package, as `require` finds it from this checkout. */
export const mainOf = (folder, { main }) => require.resolve(join(folder, main ?? "index.js"));
