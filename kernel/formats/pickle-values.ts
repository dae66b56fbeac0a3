/** What a pickle is made of when nothing in it is run: plain data, names, and opaque values for all the rest. */

/** A dict of a pickle; its keys keep their order. */
export class PickleDict {
  readonly entries = new Map<unknown, unknown>();
}

/** A tuple of a pickle. */
export class PickleTuple {
  constructor(readonly items: readonly unknown[]) {}
}

/** A name of Python; `call` makes what stands for the result of calling it. */
export class PickleGlobal {
  constructor(
    readonly name: string,
    readonly call?: (args: readonly unknown[], at: number) => unknown,
  ) {}
}

/** An object that nobody here needs: it was made by calling `name` with `args`, and what Python would have put into it (entries of a dict, items
 *  of a list, its state) is kept as data. A dict by its class is one here too. */
export class PickleOpaque extends PickleDict {
  /** Items of an object that is a list by its class. */
  readonly items: unknown[] = [];
  /** What BUILD gave it: for most classes the dict of its attributes. */
  state: unknown;

  constructor(
    readonly name: string,
    readonly args: readonly unknown[],
  ) {
    super();
  }
}

/** Bytes that are passed over. */
export class OpaqueBytes {
  constructor(readonly sizeBytes: number) {}
}

/** Modules whose functions do something when they are called, rather than make an object. */
const actingModules = new Set([
  ...[
    "os",
    "posix",
    "nt",
    "subprocess",
    "sys",
    "shutil",
    "socket",
    "pty",
    "runpy",
    "importlib",
    "ctypes",
    "code",
    "codeop",
  ],
  ...[
    "webbrowser",
    "asyncio",
    "multiprocessing",
    "pickle",
    "_pickle",
    "cPickle",
    "dill",
    "cloudpickle",
    "marshal",
    "operator",
  ],
  ...[
    "urllib",
    "http",
    "requests",
    "commands",
    "popen2",
    "pip",
    "timeit",
    "pdb",
    "bdb",
    "profile",
    "cProfile",
    "doctest",
  ],
]);
const actingBuiltins = new Set([
  ...[
    "eval",
    "exec",
    "execfile",
    "compile",
    "open",
    "__import__",
    "getattr",
    "setattr",
    "delattr",
    "globals",
    "locals",
  ],
  ...["vars", "input", "raw_input", "breakpoint", "map", "filter", "apply", "reload", "dir", "exit", "quit", "print"],
]);
const actingNames = new Set([
  ...[
    "torch.load",
    "torch.jit.load",
    "torch.serialization.load",
    "torch.serialization._load",
    "torch.storage._load_from_bytes",
    "numpy.load",
    "joblib.load",
  ],
  ...["types.FunctionType", "types.CodeType", "types.MethodType"],
]);
const actingPrefixes = ["torch.hub.", "torch.utils.cpp_extension.", "numpy.testing."];

/** True for a name that a loader of Python would run something by: such a file is an attack, and no part of it is taken. */
export function acts(name: string): boolean {
  const dot = name.lastIndexOf(".");
  const [module, own] = [name.slice(0, dot), name.slice(dot + 1)];
  if (module === "builtins" || module === "__builtin__") return actingBuiltins.has(own);
  return (
    actingModules.has(module.split(".")[0]) ||
    actingNames.has(name) ||
    actingPrefixes.some((prefix) => name.startsWith(prefix)) ||
    (/^__.*__$/.test(own) && !/^copy_?reg$/.test(module))
  );
}
