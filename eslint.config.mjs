import tseslint from "typescript-eslint";

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
  { files: ["kernel/cli.ts", "kernel/cli/**/*.ts"], rules: { "no-console": "off" } },
  {
    files: ["kernel/**/*.ts", "extension/**/*.ts"],
    ignores: ["kernel/hub/**", "extension/figures/map*.ts"],
    rules: { "max-params": ["error", 6] },
  },
);
