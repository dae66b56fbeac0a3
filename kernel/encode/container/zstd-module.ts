/** Zstandard, as npm's @bokuweb/zstd-wasm compiles it to WebAssembly. Its binary is taken, not its JavaScript: that starts
 *  asynchronously, shares one memory among all calls and trusts the sizes that a frame declares. Here each call has an instance of its own,
 *  whose memory may grow by what the call needs and is gone afterwards; whatever foreign frames do stays inside. */
import { CodebookError, UnsupportedError } from "../../errors";
import { compileFromPackage, newInstance } from "../../simd/package-module";

interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** The binary's exports, under the names that its build gave them: zstd's own functions behind them. */
interface ZstdExports {
  /** The memory. */
  readonly f: WasmMemory;
  /** Constructors. */
  g(): void;
  /** ZSTD_isError */
  h(code: number): number;
  /** ZSTD_compressBound */
  i(size: number): number;
  /** ZSTD_compress(target, capacity, source, size, level) */
  m(target: number, capacity: number, source: number, size: number, level: number): number;
  /** ZSTD_decompress(target, capacity, source, size) */
  r(target: number, capacity: number, source: number, size: number): number;
  /** malloc */
  s(size: number): number;
}

const packageName = "@bokuweb/zstd-wasm";
const pageBytes = 65_536;
/** What compressing takes besides source and target: tables and window of the highest level that is offered, 19. */
const encoderBytes = 128 * 2 ** 20;
/** What decompressing takes: tables of a few hundred kilobytes. */
const decoderBytes = 2 ** 20;

let compiled: object | undefined;

function compile(): object {
  try {
    return compileFromPackage(packageName, "zstd.wasm");
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message.split("\n")[0] : String(cause);
    throw new UnsupportedError(`zstd(): the package ${packageName} cannot be loaded: ${problem}`);
  }
}

/** An instance whose memory grows by `bytes` at most. */
function instance(bytes: number): ZstdExports {
  compiled ??= compile();
  const limits: { memory?: WasmMemory; most: number } = { most: 0 };
  const stop = (): never => {
    throw new CodebookError("ZSTD", "zstd stopped");
  };
  const grow = (size: number): boolean => {
    const wanted = size >>> 0;
    const { memory, most } = limits;
    if (!memory || wanted > most) return false;
    try {
      memory.grow(Math.ceil((wanted - memory.buffer.byteLength) / pageBytes));
      return true;
    } catch {
      return false;
    }
  };
  // In the order of the binary's imports: exit, keepalive_clear, abort, setitimer, resize_heap.
  const imports = { a: { a: stop, b: () => undefined, c: stop, d: () => 0, e: grow } };
  const exports = newInstance<ZstdExports>(compiled, imports);
  limits.memory = exports.f;
  limits.most = exports.f.buffer.byteLength + bytes;
  exports.g();
  return exports;
}

/** One call: `source` goes in, at most `capacity` bytes come out. Undefined when zstd says that something is wrong with the source. */
function run(
  source: Uint8Array,
  capacity: number,
  besides: number,
  call: (zstd: ZstdExports, target: number, from: number) => number,
): Uint8Array<ArrayBuffer> | undefined {
  const zstd = instance(source.length + capacity + besides + 4 * pageBytes);
  const from = zstd.s(Math.max(1, source.length));
  const target = zstd.s(Math.max(1, capacity));
  if (from === 0 || target === 0)
    throw new CodebookError("ZSTD", `zstd has no memory for ${source.length} and ${capacity} bytes`);
  new Uint8Array(zstd.f.buffer).set(source, from);
  const size = call(zstd, target, from) >>> 0;
  if (zstd.h(size) !== 0 || size > capacity) return undefined;
  return new Uint8Array(zstd.f.buffer).slice(target, target + size);
}

/** One frame of `bytes`. */
export function compressFrame(bytes: Uint8Array, level: number): Uint8Array<ArrayBuffer> {
  // ZSTD_COMPRESSBOUND of zstd.h.
  const capacity = bytes.length + (bytes.length >> 8) + (bytes.length < 2 ** 17 ? (2 ** 17 - bytes.length) >> 11 : 0);
  const frame = run(bytes, capacity, encoderBytes, (zstd, target, from) =>
    zstd.m(target, capacity, from, bytes.length, level),
  );
  if (!frame) throw new CodebookError("ZSTD", `zstd could not compress ${bytes.length} bytes at level ${level}`);
  return frame;
}

/** What is in `frame`, when that is exactly `length` bytes; else undefined. */
export function decompressFrame(frame: Uint8Array, length: number): Uint8Array<ArrayBuffer> | undefined {
  try {
    const bytes = run(frame, length, decoderBytes, (zstd, target, from) => zstd.r(target, length, from, frame.length));
    return bytes?.length === length ? bytes : undefined;
  } catch (error) {
    // A trap inside, which foreign bytes may cause at worst.
    if (error instanceof UnsupportedError) throw error;
    return undefined;
  }
}
