import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
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
  expect(checkEngine("22.12.0", fails).text).toMatch(/wrong ELF class$/);
});

test("a kernelspec that is missing, is none, or starts what is not there is broken", () => {
  expect(checkKernelspec([folder])).toMatchObject({ state: "broken" });
  write("kernels/codebook/kernel.json", "no JSON");
  expect(checkKernelspec([folder]).text).toContain("is no kernelspec");
  write("kernels/codebook/kernel.json", {
    argv: [process.execPath, path.join(folder, "gone.js"), "{connection_file}"],
  });
  expect(checkKernelspec([folder])).toMatchObject({ state: "broken" });
  expect(checkKernelspec([folder]).text).toContain(path.join(folder, "gone.js"));
  write("kernels/codebook/kernel.json", { argv: ["python", "-m", "jupyterlab_codebook.launch", "{connection_file}"] });
  expect(checkKernelspec([path.join(folder, "none"), folder])).toEqual({
    state: "ok",
    what: "Kernel",
    text: path.join(folder, "kernels", "codebook"),
  });
});

test("views of another version than the kernel's are broken", () => {
  expect(checkExtension([folder]).state).toBe("note");
  write("labextensions/jupyterlab-codebook/package.json", { version: "0.0.1" });
  expect(checkExtension([folder])).toMatchObject({ state: "broken" });
  expect(checkExtension([folder]).text).toContain("version 0.0.1");
  write("labextensions/jupyterlab-codebook/package.json", { version: packageVersion });
  expect(checkExtension([folder]).state).toBe("ok");
});

test("no Python is a note; a Python without JupyterLab is one with what to do", () => {
  expect(checkJupyter(undefined)).toEqual({ state: "note", what: "JupyterLab", text: "no Python was found" });
  write("bin/python", "#!/bin/sh\nexit 1\n");
  chmodSync(path.join(folder, "bin", "python"), 0o755);
  const before = process.env.CODEBOOK_PYTHON_PREFIX;
  process.env.CODEBOOK_PYTHON_PREFIX = folder;
  try {
    expect(checkJupyter(folder).text).toBe(`not in ${folder}: pip install jupyterlab`);
    write("bin/python", "#!/bin/sh\necho 4.6.6\n");
    expect(checkJupyter(folder)).toMatchObject({ state: "ok", text: `4.6.6 in ${folder}` });
    write("bin/python", "#!/bin/sh\necho 3.6.1\n");
    expect(checkJupyter(folder)).toMatchObject({ state: "broken" });
  } finally {
    if (before === undefined) delete process.env.CODEBOOK_PYTHON_PREFIX;
    else process.env.CODEBOOK_PYTHON_PREFIX = before;
  }
});
