/** The first import of a program: on a Node that is too old it says so in one sentence and ends the process, before anything loads that such a
 *  Node cannot run. */
import { oldNode } from "../version";

const sentence = oldNode(process.versions.node);
if (sentence !== undefined) {
  process.stderr.write(`codebook: ${sentence} (${process.execPath})\n`);
  process.exit(1);
}
