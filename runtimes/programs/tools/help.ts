/** `--help` of a tool and of a group, made from the schemas. */
import { elementOf, flagOf, kebab } from "./flags.ts";
import { type Shape, shapeOf } from "./shape.ts";
import { commandOf, type ToolSpec } from "./spec.ts";
import { describeShape } from "./values.ts";

/** Columns before the words of an option. */
const MARGIN = 28;
const NESTED = 4;

export function helpOf(spec: ToolSpec): string {
  const command = spec.name.replaceAll(".", " ");
  const root = shapeOf(spec.input, spec.input);
  const hasInput = root.properties.size > 0 || root.additional !== undefined;
  const lines = [...(spec.description ? [clean(spec.description), ""] : []), ...usage()];
  const flags = hasInput ? properties(root, spec, []) : [];
  if (root.additional) flags.push(["--NAME VALUE", "any other property"]);
  if (flags.length > 0) lines.push("", "Input:", ...flags.map(row));
  const own: Row[] = [["--output json|text", "how the result is written"]];
  if (hasInput) own.unshift(["--json JSON", "the input as JSON; - reads it from standard input"]);
  own.push(["--help", "this text"]);
  lines.push("", "Options:", ...own.map(row));
  const examples = spec.examples.map((example) => `  ${exampleLine(command, spec, example)}`);
  if (examples.length > 0) lines.push("", "Examples:", ...examples);
  lines.push("", "Exit status: 0 done, 1 the tool failed, 2 the input does not fit.", "");
  return lines.join("\n");

  function usage(): string[] {
    if (!hasInput) return [`Usage: ${command} [OPTIONS]`];
    const places = spec.positional.map((name) => {
      const place = kebab(name).toUpperCase();
      return root.required.has(name) ? ` ${place}` : ` [${place}]`;
    });
    const flags = [...root.required].filter((name) => !spec.positional.includes(name));
    const needed = flags.map((name) => ` ${signature([name], shapeAt(name), spec)}`);
    return [
      `Usage: ${command}${needed.join("")}${places.join("")} [OPTIONS]`,
      `       ${command} --json JSON, or JSON on standard input without any option`,
    ];
  }

  function shapeAt(name: string): Shape {
    return shapeOf(root.properties.get(name) ?? {}, spec.input);
  }
}

/** Of a command with several tools under it. */
export function groupHelp(command: string, specs: readonly ToolSpec[]): string {
  const rows = specs.map(
    (spec): Row => [
      spec.name.slice(commandOf(spec).length + 1).replaceAll(".", " "),
      firstLine(spec.description),
    ],
  );
  const lines = [`Usage: ${command} COMMAND [OPTIONS]`, "", "Commands:", ...rows.map(row)];
  return [...lines, "", `'${command} COMMAND --help' tells more.`, ""].join("\n");
}

/** The flags of an example, or JSON where flags cannot say it. */
export function exampleLine(command: string, spec: ToolSpec, example: object): string {
  const root = shapeOf(spec.input, spec.input);
  const words: string[] = [];
  for (const [name, value] of Object.entries(example)) {
    const values = Array.isArray(value) ? value : [value];
    for (const one of values) {
      if (typeof one === "object" || value === "" || !root.properties.has(name)) {
        return `${command} --json ${quote(JSON.stringify(example))}`;
      }
      if (one === true) words.push(flagOf([name]));
      else if (one === false) words.push(`--no-${flagOf([name]).slice(2)}`);
      else if (/^-/.test(String(one))) words.push(`${flagOf([name])}=${quote(String(one))}`);
      else words.push(flagOf([name]), quote(String(one)));
    }
  }
  return [command, ...words].join(" ");
}

type Row = readonly [left: string, right: string];

/** `all`: what is around them must be there. */
function properties(
  within: Shape,
  spec: ToolSpec,
  path: readonly string[],
  all = true,
  around: readonly (string | undefined)[] = ["#"],
): Row[] {
  return [...within.properties].flatMap(([name, schema]) => {
    const shape = shapeOf(schema, spec.input);
    const own = [...path, name];
    const required = all && within.required.has(name);
    const holdsItself = shape.reference !== undefined && around.includes(shape.reference);
    if (shape.properties.size > 0 && path.length < NESTED && !holdsItself) {
      return properties(shape, spec, own, required, [...around, shape.reference]);
    }
    return [[signature(own, shape, spec), describe(shape, required, spec)]];
  });
}

function signature(path: readonly string[], shape: Shape, spec: ToolSpec): string {
  const flag = flagOf(path);
  const { types, choices } = shape;
  if (!choices && types.has("boolean") && !types.has("string")) return `--[no-]${flag.slice(2)}`;
  const element = elementOf(shape, spec);
  return `${flag} ${placeholder(element ?? shape)}${element ? " ..." : ""}`;
}

function placeholder({ types, choices }: Shape): string {
  if (choices) return choices.map((value) => clean(String(value))).join("|");
  if (types.size === 0) return "VALUE";
  return [...types].map((type) => PLACES[type] ?? type.toUpperCase()).join("|");
}

const PLACES: Readonly<Record<string, string>> = {
  string: "TEXT",
  integer: "INTEGER",
  object: "JSON",
  array: "JSON",
  null: "null",
};

function describe(shape: Shape, required: boolean, spec: ToolSpec): string {
  const { schema } = shape;
  const facts = required ? ["required"] : [];
  if (elementOf(shape, spec)) facts.push("may be given several times");
  facts.push(...bounds(schema));
  if (schema.default !== undefined) facts.push(`default: ${JSON.stringify(schema.default)}`);
  const [example] = schema.examples ?? [];
  if (example !== undefined) facts.push(`such as ${JSON.stringify(example)}`);
  const text = clean(schema.description ?? "").replace(/\s*\n\s*/g, " ");
  const more = facts.length > 0 ? `(${facts.join("; ")})` : "";
  return [text, more].filter((part) => part !== "").join(" ") || describeShape(shape);
}

/** zod writes the bounds of a safe integer where no others are. */
function bounds(schema: Shape["schema"]): string[] {
  const found: string[] = [];
  for (const [keyword, word] of BOUNDS) {
    const value = schema[keyword];
    if (value === undefined || Math.abs(value as number) === Number.MAX_SAFE_INTEGER) continue;
    found.push(`${word} ${clean(String(value))}`);
  }
  return found;
}

const BOUNDS = [
  ["minimum", "at least"],
  ["exclusiveMinimum", "more than"],
  ["maximum", "at most"],
  ["exclusiveMaximum", "less than"],
  ["multipleOf", "a multiple of"],
  ["minLength", "characters: at least"],
  ["maxLength", "characters: at most"],
  ["minItems", "values: at least"],
  ["maxItems", "values: at most"],
  ["pattern", "matches"],
  ["format", "format"],
] as const;

function row([left, right]: Row): string {
  const head = `  ${left}`;
  if (right === "") return head;
  if (head.length >= MARGIN - 1) return `${head}\n${" ".repeat(MARGIN)}${right}`;
  return head.padEnd(MARGIN) + right;
}

function firstLine(text: string): string {
  return clean(text).split("\n", 1)[0] ?? "";
}

/** Without control characters, whoever wrote it. */
function clean(text: string): string {
  return text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, "");
}

function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
