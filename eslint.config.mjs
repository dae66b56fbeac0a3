import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import jsdoc from "eslint-plugin-jsdoc";
import tseslint from "typescript-eslint";
import { publicFiles } from "./scripts/public-files.mjs";

const exported = "ExportNamedDeclaration";
const open = "[accessibility!='private'][override!=true]";
/** What needs a docstring of its own: everything that a file exports, and the fields and methods of it. */
const documented = [
  `${exported} > FunctionDeclaration`,
  `${exported}:has(> VariableDeclaration)`,
  `${exported} > TSTypeAliasDeclaration`,
  `${exported} > TSTypeAliasDeclaration > TSTypeLiteral > TSPropertySignature`,
  `${exported} > TSInterfaceDeclaration`,
  `${exported} > TSInterfaceDeclaration > TSInterfaceBody > :matches(TSPropertySignature, TSMethodSignature)`,
  `${exported} > ClassDeclaration`,
  `${exported} > ClassDeclaration > ClassBody > MethodDefinition[kind!='constructor']${open}`,
  `${exported} > ClassDeclaration > ClassBody > PropertyDefinition${open}`,
];

export default tseslint.config(
  { ignores: ["lib/", "out/", "models/", ".venv/", "node_modules/", "docs/api/", "deps/", "kernel/simd/assembly/"] },
  {
    files: ["**/*.ts"],
    extends: [...tseslint.configs.recommended],
    rules: {
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-non-null-assertion": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "no-console": "error",
      eqeqeq: ["error", "always", { null: "ignore" }],
    },
  },
  {
    files: [
      ...publicFiles(dirname(fileURLToPath(import.meta.url))),
      "kernel/{analysis,measure,open,recipe,tensor,train}/**/*.ts",
    ],
    plugins: { jsdoc },
    rules: {
      "jsdoc/require-jsdoc": [
        "error",
        { contexts: documented, require: { FunctionDeclaration: false }, enableFixer: false, checkConstructors: false },
      ],
      "jsdoc/require-description": ["error", { contexts: documented, checkConstructors: false }],
    },
  },
  { files: ["kernel/cli.ts", "kernel/cli/**/*.ts"], rules: { "no-console": "off" } },
  // Six arguments at most: more have names, in an object. scripts/seam.mjs asks the same of what kernel/simd/assembly exports; helpers that stay
  // within a module there may take more, because AssemblyScript has no objects without an allocation, and nothing outside can call them.
  {
    files: ["kernel/**/*.ts", "extension/**/*.ts"],
    rules: { "max-params": ["error", 6] },
  },
);
