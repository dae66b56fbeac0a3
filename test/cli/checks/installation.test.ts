import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { checkEngine, checkExtension, checkJupyter, checkKernelspec } from "../../../kernel/cli/checks/installation";
import { packageVersion, testedMajors, untestedNode } from "../../../kernel/version";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "codebook-doctor-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(file: string, content: unknown): void {
  const target = path.join(folder, file);
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, typeof content === "string" ? content : JSON.stringify(content));
}

test("a Node that was not tested is said, one without ZeroMQ is broken", () => {
  expect(testedMajors.map((major) => untestedNode(`${major}.3.0`))).toEqual(testedMajors.map(() => undefined));
  expect(untestedNode("23.1.0")).toContain("Node 23.1.0 was not tested");
  const loads = () => ({});
  expect(checkEngine("22.12.0", loads).state).toBe("ok");
  expect(checkEngine("25.0.0", loads)).toMatchObject({ state: "note", what: "Node" });
  const fails = () => {
    throw new Error("wrong ELF class\nmore");
  };
  expect(checkEngine("22.12.0", fails)).toMatchObject({ state: "broken" });
  expect(checkEngine("22.12.0", fails).text).toMatch(/wrong ELF class; install Node 22 or 24/);
});

const spec = (argv: string[]): void => write("kernels/codebook/kernel.json", { argv: [...argv, "{connection_file}"] });
const broken = (text: RegExp) => ({ state: "broken", text: expect.stringMatching(text) as string });

test("a kernelspec that is missing, is none, or starts what is not there is broken", () => {
  expect(checkKernelspec([folder])).toMatchObject(broken(/^Jupyter does not know it: codebook install --user$/));
  write("kernels/codebook/kernel.json", "no JSON");
  expect(checkKernelspec([folder])).toMatchObject(broken(/is no kernelspec: codebook install/));
  spec([process.execPath, path.join(folder, "gone.js")]);
  expect(checkKernelspec([folder])).toMatchObject(broken(new RegExp(`starts ${path.join(folder, "gone.js")}, which`)));
  spec(["python", "-m", "jupyterlab_codebook.launch"]);
  const found = { state: "ok", what: "Kernel", text: path.join(folder, "kernels", "codebook") };
  expect(checkKernelspec([path.join(folder, "none"), folder])).toEqual(found);
  expect(checkKernelspec([folder], { launches: true })).toEqual(found);
  expect(checkKernelspec([folder], { launches: false })).toMatchObject(broken(/which this Python does not have: /));
});

test("a kernelspec of another version, or of a Node that is too old, is broken", () => {
  const main = path.join(folder, "old", "lib", "kernel", "main.js");
  write("old/lib/kernel/main.js", "");
  write("old/package.json", { version: "0.1.0" });
  spec([process.execPath, main]);
  expect(checkKernelspec([folder])).toMatchObject(broken(/starts Codebook 0\.1\.0, this is \d+\.\d+\.\d+: /));
  write("old/package.json", { version: packageVersion });
  expect(checkKernelspec([folder]).state).toBe("ok");
  const node = path.join(folder, "node");
  writeFileSync(node, "#!/bin/sh\necho v18.20.4\n", { mode: 0o755 });
  spec([node, main]);
  expect(checkKernelspec([folder])).toMatchObject(
    broken(/needs Node 20\.19 or newer; this is v18\.20\.4: codebook inst/),
  );
});

test("views of another version than the kernel's are broken, with the way out of their place", () => {
  expect(checkExtension([folder]).state).toBe("note");
  write("labextensions/jupyterlab-codebook/package.json", { version: "0.0.1" });
  expect(checkExtension([folder])).toMatchObject(broken(/version 0\.0\.1, .* pip install jupyterlab-codebook==/));
  const before = process.env.JUPYTER_DATA_DIR;
  process.env.JUPYTER_DATA_DIR = folder;
  try {
    expect(checkExtension([folder])).toMatchObject(broken(/: codebook uninstall --user --keep-data takes it away$/));
  } finally {
    if (before === undefined) delete process.env.JUPYTER_DATA_DIR;
    else process.env.JUPYTER_DATA_DIR = before;
  }
  write("labextensions/jupyterlab-codebook/package.json", { version: packageVersion });
  expect(checkExtension([folder]).state).toBe("ok");
});

test.each([
  [{ disabledExtensions: { "jupyterlab-codebook": true } }, "note"],
  [{ disabledExtensions: { "jupyterlab-codebook:plugin": true } }, "note"],
  [{ disabledExtensions: ["jupyterlab-codebook"] }, "note"],
  [{ disabledExtensions: { "jupyterlab-codebook": false, other: true } }, "ok"],
  ["no JSON", "ok"],
])("of JupyterLab's settings %j the views are %s", (settings, state) => {
  write("labextensions/jupyterlab-codebook/package.json", { version: packageVersion });
  write("labconfig/page_config.json", settings);
  expect(checkExtension([folder], [path.join(folder, "none"), folder]).state).toBe(state);
});

test("no Python is a note; a Python without JupyterLab is one with what to do", () => {
  const python = { launches: true };
  for (const [prefix, facts] of [
    [undefined, python],
    ["/env", undefined],
  ] as const)
    expect(checkJupyter(prefix, facts)).toMatchObject({
      state: "note",
      text: expect.stringMatching(/^no Python/) as string,
    });
  expect(checkJupyter("/env", python)).toMatchObject({ state: "note", text: "not in /env: pip install jupyterlab" });
  expect(checkJupyter("/env", { ...python, lab: "4.6.6" })).toMatchObject({ state: "ok", text: "4.6.6 in /env" });
  expect(checkJupyter("/env", { ...python, lab: "3.6.1" })).toMatchObject(broken(/the views are for 4/));
});
