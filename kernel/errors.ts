/** Every error that Codebook raises on purpose. Each carries a stable `code`, and the numbers that explain it.
 *  A failure to read the bytes (a missing file, a broken connection) is a `SourceError`; bytes that were read and are
 *  wrong are a `FormatError`: the first may pass on another try, the second never will. */
export class CodebookError extends Error {
  /** A stable word for programs: "FORMAT", "SOURCE", "OPTION", "NON_FINITE", "CANCELLED", "WORKER", "UNSUPPORTED", "WRITE", "BACKEND". */
  readonly code: string;
  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
    this.name = new.target.name;
  }
}

/** Bytes that are not what their format says. `offset` is the byte in `file` where the trouble starts. */
export class FormatError extends CodebookError {
  /** Path, address or name of what was read. */
  readonly file: string;
  /** The byte in `file` where the trouble starts, from 0. */
  readonly offset: number;
  /** What should have been there. */
  readonly expected: string;
  constructor(file: string, offset: number, problem: string, expected: string, options?: { cause?: unknown }) {
    super("FORMAT", `${file}, byte ${offset}: ${problem}; expected ${expected}`, options);
    this.file = file;
    this.offset = offset;
    this.expected = expected;
  }
}

/** Bytes that could not be had at all: no such file, no permission, a read past the end. */
export class SourceError extends CodebookError {
  /** Path, address or name of what could not be read. */
  readonly file: string;
  constructor(file: string, message: string, options?: { cause?: unknown }) {
    super("SOURCE", `${file}: ${message}`, options);
    this.file = file;
  }
}

/** A word or a value that a function does not take. The message names what was meant. */
export class OptionError extends CodebookError {
  constructor(message: string) {
    super("OPTION", message);
  }
}

/** A weight that is NaN or infinite where the method has no meaning for it, or that a method made of finite weights. */
export class NonFiniteError extends CodebookError {
  /** Name of the layer, or "weights". */
  readonly layer: string;
  /** Place of the weight in the row-major values, from 0. */
  readonly index: number;
  /** The weight: NaN, Infinity or −Infinity. */
  readonly value: number;
  /** Whether the model holds it, a step made it, or the network computes it. */
  readonly origin: "source" | "computed" | "activation";
  constructor(
    layer: string,
    index: number,
    value: number,
    method: string,
    origin: "source" | "computed" | "activation" = "source",
  ) {
    super(
      "NON_FINITE",
      origin === "source"
        ? `${layer}: weight ${index} is ${value}; ${method} needs finite weights`
        : origin === "activation"
          ? `${layer}: the network computes ${value} there (entry ${index} of the block's output); the blocks before it are finite`
          : `${layer}: ${method} made ${value} of weight ${index}, which is finite; the layer is beyond what the step computes with`,
    );
    this.layer = layer;
    this.index = index;
    this.value = value;
    this.origin = origin;
  }
}

/** The work was stopped by its AbortSignal (in a notebook: by the interrupt button). */
export class CancelledError extends CodebookError {
  constructor(task: string) {
    super("CANCELLED", `${task} was interrupted`);
  }
}

/** A worker thread died or failed in the middle of `item` (a layer's name); `cause` holds what it threw, when it could. */
export class WorkerError extends CodebookError {
  /** What the thread worked on: a layer's name. */
  readonly item: string;
  constructor(item: string, problem: string, options?: { cause?: unknown }) {
    super("WORKER", `${item}: ${problem}`, options);
    this.item = item;
  }
}

/** Something well-formed that Codebook knows by name and does not do, such as reading the values of a rare block type. */
export class UnsupportedError extends CodebookError {
  constructor(message: string) {
    super("UNSUPPORTED", message);
  }
}

/** Bytes that could not be written: no space, no permission, a disk that fails. The file that was there before, if any, is untouched. */
export class WriteError extends CodebookError {
  /** Path of what could not be written. */
  readonly file: string;
  constructor(file: string, message: string, options?: { cause?: unknown }) {
    super("WRITE", `${file}: ${message}`, options);
    this.file = file;
  }
}
