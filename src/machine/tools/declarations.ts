/** The types of `import tools from "isopod:tools"`, for agents that write code against them. */
import { type Shape, shapeOf } from "../../../runtimes/programs/tools/shape.ts";
import type { JsonSchema, ToolSpec } from "../../../runtimes/programs/tools/spec.ts";

const DEEPEST = 6;

export function declarations(specs: readonly ToolSpec[]): string {
  return `declare module "isopod:tools" {
  /** What a tool gave back: data, text, bytes (Uint8Array), or all that it streamed. */
  interface Tool<Input, Output> {
    (input: Input, options?: { signal?: AbortSignal; stdin?: string | Uint8Array }): Promise<Output>;
    /** The same, piece by piece as it comes. */
    stream(input: Input, options?: { signal?: AbortSignal }): AsyncIterable<unknown>;
  }
  const tools: ${members(treeOf(specs), "  ")};
  export default tools;
}
`;
}

interface Branch {
  readonly [name: string]: Branch | ToolSpec;
}

function treeOf(specs: readonly ToolSpec[]): Branch {
  const tree: Record<string, unknown> = Object.create(null);
  for (const spec of specs) {
    const path = spec.name.split(".");
    let at = tree;
    for (const name of path.slice(0, -1)) {
      at[name] ??= Object.create(null);
      at = at[name] as Record<string, unknown>;
    }
    at[path.at(-1) as string] = spec;
  }
  return tree as Branch;
}

function members(branch: Branch, indent: string): string {
  const inner = `${indent}  `;
  const lines = Object.entries(branch).map(([name, entry]) => {
    const key = propertyName(name);
    if (!isSpec(entry)) return `${inner}${key}: ${members(entry, inner)};`;
    const { description, input, output } = entry;
    const result = output ? typeOf(shapeOf(output, output), output) : "any";
    const type = `Tool<${typeOf(shapeOf(input, input), input)}, ${result}>`;
    return `${comment(description, inner)}${inner}${key}: ${type};`;
  });
  return `{\n${lines.join("\n")}\n${indent}}`;
}

function isSpec(entry: Branch | ToolSpec): entry is ToolSpec {
  return typeof entry.description === "string";
}

/** `around`: references that it stands within. */
type Around = readonly (string | undefined)[];

function typeOf(shape: Shape, root: JsonSchema, around: Around = ["#"]): string {
  if (shape.choices) return shape.choices.map((value) => JSON.stringify(value)).join(" | ");
  const holdsItself = shape.reference !== undefined && around.includes(shape.reference);
  if (shape.types.size === 0 || around.length > DEEPEST || holdsItself) return "any";
  const within = [...around, shape.reference];
  return [...shape.types]
    .map((type) => {
      if (type === "object") return objectType(shape, root, within);
      if (type === "array") {
        const element = typeOf(shapeOf(shape.items ?? {}, root), root, within);
        return element.includes("|") ? `(${element})[]` : `${element}[]`;
      }
      return type === "integer" ? "number" : type;
    })
    .join(" | ");
}

function objectType({ properties, required, additional }: Shape, root: JsonSchema, around: Around) {
  const parts = [...properties].map(([name, schema]) => {
    const mark = required.has(name) ? "" : "?";
    return `${propertyName(name)}${mark}: ${typeOf(shapeOf(schema, root), root, around)}`;
  });
  if (additional) parts.push("[name: string]: any");
  return parts.length === 0 ? "{}" : `{ ${parts.join("; ")} }`;
}

function propertyName(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

function comment(text: string, indent: string): string {
  const lines = text.replaceAll("*/", "* /").split("\n");
  return `${indent}/** ${lines.join(`\n${indent} * `)} */\n`;
}
