/** What ran under which script name, so that a position in a stack trace leads back to the TypeScript that was written. */

/** Code that ran under the name of a script. */
export interface RunSource {
  /** How a traceback names it: "Cell [3]", "util.ts". */
  readonly label: string;
  /** The TypeScript. */
  readonly text: string;
  /** Source map, as JSON, from the emitted JavaScript. */
  readonly map: string;
  /** Lines of the script before the emitted JavaScript. */
  readonly linesBefore: number;
  /** Lines of the mapped source before `text`. */
  readonly hiddenLines: number;
  /** Where a letter was put in that `text` does not have; line and character from 0. */
  readonly opened?: { readonly line: number; readonly character: number };
}

/** A position in the TypeScript; line and column count from 1. */
export interface SourcePosition {
  readonly source: RunSource;
  readonly line: number;
  readonly column: number;
}

const sources = new Map<string, RunSource>();

/** Notes what runs under the name `script`. */
export function registerSource(script: string, source: RunSource): void {
  sources.set(script, source);
}

/** What ran under the name `script`, if it was TypeScript of the user's. */
export function sourceOf(script: string): RunSource | undefined {
  return sources.get(script);
}

/** Where line and column (from 1) of a script were written, or undefined. */
export function originalPosition(script: string, line: number, column: number): SourcePosition | undefined {
  const source = sources.get(script);
  if (source === undefined) return undefined;
  const mapped = lookUp(source, line - 1 - source.linesBefore, column - 1);
  if (mapped === undefined) return undefined;
  const row = mapped.line - source.hiddenLines;
  if (row < 0) return undefined;
  const { opened } = source;
  const isBehind = opened !== undefined && row === opened.line && mapped.column > opened.character;
  return { source, line: row + 1, column: mapped.column + (isBehind ? 0 : 1) };
}

const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** A segment of a source map: its column in the script, and where that was written. All count from 0. */
interface Segment {
  readonly column: number;
  readonly writtenLine: number;
  readonly writtenColumn: number;
}

/** The segments of each line of a script. A map is read once, however many frames ask: a stack is read often, a map seldom. */
const decoded = new WeakMap<RunSource, Segment[][]>();

/** The lines of a source map with one source. A segment is up to five base-64 VLQ numbers, each relative to the one before:
 *  column, source, source line, source column, name. */
function decode(map: string): Segment[][] {
  const { mappings } = JSON.parse(map) as { mappings: string };
  const state = [0, 0, 0, 0, 0];
  return mappings.split(";").map((text) => {
    state[0] = 0;
    return (text === "" ? [] : text.split(",")).map((segment) => {
      let field = 0;
      let value = 0;
      let shift = 0;
      for (const letter of segment) {
        const digit = digits.indexOf(letter);
        value |= (digit & 31) << shift;
        shift += 5;
        if (digit & 32) continue;
        state[field] = (state[field] ?? 0) + (value & 1 ? -(value >> 1) : value >> 1);
        field++;
        value = 0;
        shift = 0;
      }
      return { column: state[0] ?? 0, writtenLine: state[2] ?? 0, writtenColumn: state[3] ?? 0 };
    });
  });
}

/** The segment at or before (line, column), both from 0; the first of the line where all lie behind. */
function lookUp(source: RunSource, line: number, column: number): { line: number; column: number } | undefined {
  if (source.map === "" || line < 0) return undefined;
  const lines = decoded.get(source) ?? decode(source.map);
  decoded.set(source, lines);
  const segments = lines[line] ?? [];
  let found = segments[0];
  for (const segment of segments) if (segment.column <= column) found = segment;
  return found && { line: found.writtenLine, column: found.writtenColumn };
}
