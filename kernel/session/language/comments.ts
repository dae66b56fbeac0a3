/** Documentation comments of a file that was parsed without them. */
import type TS from "typescript";

type Documented = TS.Node & { jsDoc?: TS.JSDoc[] };

/** Parses `file` once more, with its comments, and gives each node those of its twin. */
export function attachComments(ts: typeof TS, file: TS.SourceFile): void {
  const twin = ts.createSourceFile(file.fileName, file.text, file.languageVersion, true);
  const walk = (node: Documented, other: Documented): void => {
    if (other.jsDoc !== undefined) {
      node.jsDoc = other.jsDoc;
      for (const comment of other.jsDoc) (comment as { parent: TS.Node }).parent = node;
    }
    const children: TS.Node[] = [];
    ts.forEachChild(other, (child) => void children.push(child));
    let index = 0;
    ts.forEachChild(node, (child) => {
      const match = children[index++];
      if (match?.kind === child.kind) walk(child, match);
    });
  };
  walk(file, twin);
}
