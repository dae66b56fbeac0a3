// One whole job as a process of its own: node whole-calls-task.cjs ROOT FORM SOURCE OUT [TYPE]
const { join } = require("node:path");

const [root, form, source, out, type] = process.argv.slice(2);
const { compress, ggml, linear, nf4, open, saveGguf } = require(join(root, "lib", "kernel", "index.js"));

async function main() {
  const model = await open(source);
  const workers = 2;
  if (form === "gguf" && type === "F32") return saveGguf(model, out, { dtype: "F32" });
  if (form === "gguf") {
    const step = type.endsWith("_M") ? ggml({ mix: type }) : ggml({ type });
    return (await compress(model, step, { workers })).save(out);
  }
  const step = form === "bitsandbytes" ? nf4() : linear({ bits: 4, group: 64 });
  return (await compress(model, step, { workers, only: "encoder.**.weight" })).save(out);
}

main().then(
  () => process.exit(0),
  (error) => {
    console.error(String(error));
    process.exit(1);
  },
);
