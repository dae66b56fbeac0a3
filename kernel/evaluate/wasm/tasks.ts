/** What a thread does for the evaluation of a network: tokens of a text, sequences through a block, what logits say. */
import { NonFiniteError } from "../../errors";
import { taskModule } from "../../threads/tasks";
import { transferring, type Transferring } from "../../threads/transferring";
import { encodeText, type TokenizerPlace } from "../tokens/encode";
import type { LoadedBlock, LoadedHead, LoadedNorm } from "./loaded";
import { Machine, type InputSquares } from "./machine";

/** A sequence of states: rows [start, start + length) of the shared array. */
export interface Sequence {
  readonly start: number;
  readonly length: number;
}

/** Sequences through a block, in their place. */
export interface AdvanceJob {
  readonly block: LoadedBlock;
  /** (rows, width), shared. */
  readonly states: Float32Array;
  readonly sequences: readonly Sequence[];
  /** Whether the sums of squares of the matrices' inputs are wanted. */
  readonly wantsSquares?: boolean;
}

/** Rows whose next token is judged. */
export interface JudgeJob {
  readonly head: LoadedHead;
  /** (rows, width), shared. */
  readonly states: Float32Array;
  /** Rows of the states, and the token that came after each. */
  readonly rows: Int32Array;
  readonly targets: Int32Array;
}

/** The same, beside a reference's states. */
export interface CompareJob extends JudgeJob {
  readonly referenceHead: LoadedHead;
  readonly referenceStates: Float32Array;
}

/** What `compare` says of each row. */
export interface Compared {
  readonly logProbability: Float64Array;
  readonly reference: Float64Array;
  readonly forward: Float64Array;
  readonly backward: Float64Array;
  readonly sameTop: Uint8Array;
}

/** Rows whose logits lie in memory at a time. */
const rowsAtOnce = 16;

let own: Machine | undefined;

function machine(): Machine {
  own ??= new Machine();
  own.clear();
  return own;
}

function gather(states: Float32Array, width: number, rows: Int32Array): Float32Array {
  const gathered = new Float32Array(rows.length * width);
  rows.forEach((row, i) => gathered.set(states.subarray(row * width, (row + 1) * width), i * width));
  return gathered;
}

/** The tasks of this room, for `sharedPool().run`. */
export const tasks = taskModule(__filename, {
  tokens: async ({ place, text, special }: { place: TokenizerPlace; text: string; special: boolean }) =>
    transferring(Int32Array.from(await encodeText(place, text, special))),

  /** The sums of squares of each sequence, in order, where they are wanted. */
  advance: ({ block, states, sequences, wantsSquares = false }: AdvanceJob): Transferring<InputSquares[]> => {
    const engine = machine();
    const packed = engine.packBlock(block);
    const found: InputSquares[] = [];
    for (const { start, length } of sequences) {
      const own = states.subarray(start * block.width, (start + length) * block.width);
      const squares: InputSquares | undefined = wantsSquares ? {} : undefined;
      engine.run(packed, own, squares);
      if (squares) found.push(squares);
      const odd = own.findIndex((value) => !Number.isFinite(value));
      if (odd >= 0) throw new NonFiniteError(block.name, odd, own[odd], block.name, "activation");
    }
    return transferring(found);
  },

  normalize: ({ norm, states, width }: { norm: LoadedNorm; states: Float32Array; width: number }) => {
    machine().normalizeStates(norm, states, width);
  },

  judge: ({ head, states, rows, targets }: JudgeJob) => {
    const engine = machine();
    const packed = engine.packHead(head);
    const { columns } = head.linear;
    const found = new Float64Array(rows.length);
    for (let from = 0; from < rows.length; from += rowsAtOnce) {
      const some = rows.subarray(from, from + rowsAtOnce);
      engine.logits(packed, gather(states, head.width, some), (address) => {
        for (let i = 0; i < some.length; i++) {
          engine.functions.judge(address + 4 * i * columns, columns, targets[from + i]);
          found[from + i] = engine.judged("LOG_PROBABILITY");
        }
      });
    }
    return transferring(found);
  },

  compare: ({ head, states, referenceHead, referenceStates, rows, targets }: CompareJob) => {
    const engine = machine();
    const packed = engine.packHead(head);
    // A head that was sent twice arrives as one object, and is packed once.
    const isSame = referenceHead === head;
    const referencePacked = isSame ? packed : engine.packHead(referenceHead);
    const { columns } = head.linear;
    const found: Compared = {
      logProbability: new Float64Array(rows.length),
      reference: new Float64Array(rows.length),
      forward: new Float64Array(rows.length),
      backward: new Float64Array(rows.length),
      sameTop: new Uint8Array(rows.length),
    };
    for (let from = 0; from < rows.length; from += rowsAtOnce) {
      const some = rows.subarray(from, from + rowsAtOnce);
      engine.logits(packed, gather(states, head.width, some), (address) => {
        engine.logits(referencePacked, gather(referenceStates, head.width, some), (beside) => {
          for (let i = 0; i < some.length; i++) {
            const at = 4 * i * columns;
            engine.functions.compare(address + at, beside + at, columns, targets[from + i]);
            found.logProbability[from + i] = engine.judged("LOG_PROBABILITY");
            found.reference[from + i] = engine.judged("REFERENCE");
            found.forward[from + i] = engine.judged("FORWARD");
            found.backward[from + i] = engine.judged("BACKWARD");
            found.sameTop[from + i] = engine.judged("SAME_TOP");
          }
        });
      });
    }
    return transferring(found);
  },

  /** All logits of some rows (rows, vocabulary): for tests, and for few rows. */
  logits: ({ head, states, rows }: Omit<JudgeJob, "targets">) => {
    const engine = machine();
    const packed = engine.packHead(head);
    const { columns } = head.linear;
    const all = new Float32Array(rows.length * columns);
    for (let from = 0; from < rows.length; from += rowsAtOnce) {
      const some = rows.subarray(from, from + rowsAtOnce);
      engine.logits(packed, gather(states, head.width, some), (address) =>
        all.set(engine.floats(address, some.length * columns), from * columns),
      );
    }
    return transferring(all);
  },
});
