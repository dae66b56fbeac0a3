import type { View } from "../../extension/views/views";

/** A notebook whose cells show views that were saved with it: no kernel is needed to read it. */
export function savedNotebook(
  views: readonly (View | unknown)[],
  bundle?: (view: View) => Record<string, unknown>,
): unknown {
  return {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: {
      kernelspec: { name: "codebook", display_name: "TypeScript (Codebook)", language: "typescript" },
      language_info: { name: "typescript", file_extension: ".ts" },
    },
    cells: views.map((view, i) => ({
      cell_type: "code",
      id: `cell-${i}`,
      metadata: {},
      execution_count: i + 1,
      source: `views[${i}]`,
      outputs: [
        {
          output_type: "execute_result",
          execution_count: i + 1,
          metadata: {},
          data: {
            "application/vnd.codebook.view+json": view,
            "text/plain": "the figure in words",
            ...(bundle && i === 0 ? bundle(view as View) : {}),
          },
        },
      ],
    })),
  };
}
