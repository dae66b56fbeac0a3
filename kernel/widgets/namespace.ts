/** The room as one name: `import { widgets } from "codebook"`. */
import * as widgets from ".";

export { widgets };
