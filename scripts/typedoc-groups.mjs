// Groups the API reference by task: a heading "// # Quantize" in kernel/index.ts or kernel/methods.ts holds for the names below it.
import { readFileSync } from "node:fs";
import { Application, Comment, CommentTag, Converter } from "typedoc";

const modules = { codebook: "kernel/index.ts", "codebook/methods": "kernel/methods.ts" };

/** Heading → its names as they are exported, in the file's order. Every name must stand under one. */
export function groupsOf(text) {
  const groups = new Map();
  const [head, ...sections] = text.split(/^\/\/ # /m);
  if (head.includes("export {")) throw new Error("an export stands above the first heading");
  for (const section of sections) {
    const [heading] = section.split("\n");
    const lists = [...section.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].map(([, list]) => list);
    const names = lists.flatMap((list) => list.split(",").map((name) => name.trim().replace(/^(type )?(.* as )?/, "")));
    groups.set(
      heading,
      names.filter((name) => name !== ""),
    );
  }
  return groups;
}

/** Called by typedoc. */
export function load(app) {
  const groups = new Map(
    Object.entries(modules).map(([module, file]) => [module, groupsOf(readFileSync(file, "utf8"))]),
  );
  app.on(Application.EVENT_BOOTSTRAP_END, () => app.options.setValue("groupOrder", [...groups.get("codebook").keys()]));
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.children ?? []) {
      const headings = new Map();
      for (const [heading, names] of groups.get(module.name)) for (const name of names) headings.set(name, heading);
      for (const child of module.children ?? []) {
        const heading = headings.get(child.name);
        if (heading === undefined) throw new Error(`${module.name} exports ${child.name} under no heading`);
        const documented = child.signatures?.[0] ?? child;
        documented.comment ??= new Comment();
        documented.comment.blockTags.push(new CommentTag("@group", [{ kind: "text", text: heading }]));
      }
    }
  });
}
