/** The tools of createVm, checked: descriptions that travel into the machine, and functions that do not. */

import { shapeOf } from "../../runtimes/programs/tools/shape.ts";
import { flatName, type ToolSpec } from "../../runtimes/programs/tools/spec.ts";
import { IsopodError } from "../errors.ts";
import { checkOptions, flag, integer, type Place, refuse, text } from "../options/check.ts";
import { type CheckedSchema, checkedSchema } from "./schema.ts";
import { isTool, TOOL, type Tool, type ToolDefinition, type ToolGroup } from "./tool.ts";

export interface NormalTool {
  readonly spec: ToolSpec;
  readonly definition: ToolDefinition;
  readonly input: CheckedSchema;
  readonly output: CheckedSchema | undefined;
  /** Milliseconds; 0 is no limit. */
  readonly timeout: number;
}

const KNOWN = [
  ...["description", "input", "inputJsonSchema", "output", "outputJsonSchema", "timeout"],
  ...["positional", "examples", "env", "override", "run"],
];
const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;
/** What JavaScript takes for something else on `import tools from "isopod:tools"`. */
const TAKEN = new Set(["then", "constructor", "prototype", "default"]);
const TIMEOUT_MS = 60_000;
const TIMEOUT_MAX = 2 ** 31 - 1;
const DESCRIPTION_MAX = 16_384;
const NESTED_MAX = 4;
const NOTHING = { type: "object", properties: {}, additionalProperties: false } as const;

export function normalizeTools(where: string, tools: unknown, prefix = "tools"): NormalTool[] {
  if (typeof tools !== "object" || tools === null || Array.isArray(tools)) {
    refuse({ where, name: prefix }, tools, "an object of tools", "Write { weather: tool({ … }) }.");
  }
  const found = [...walk(where, prefix, tools as ToolGroup, [])];
  const names = new Map<string, string>();
  for (const { spec } of found) {
    const other = names.get(flatName(spec.name));
    if (other !== undefined) {
      const message = `${where}: the tools ${other} and ${spec.name} have the same name in MCP`;
      throw new IsopodError("ERR_INVALID_OPTION", message);
    }
    names.set(flatName(spec.name), spec.name);
  }
  return found;
}

function* walk(
  where: string,
  prefix: string,
  group: ToolGroup,
  path: readonly string[],
): Generator<NormalTool> {
  for (const [name, entry] of Object.entries(group)) {
    const place = { where, name: `${prefix}.${name}` };
    if (!NAME.test(name) || TAKEN.has(name)) {
      const expected = "named with letters, digits, - and _, a letter first, 64 at most";
      refuse(place, name, TAKEN.has(name) ? "named otherwise" : expected);
    }
    const own = [...path, name];
    if (isTool(entry)) yield normalTool(place, own.join("."), entry);
    else if (typeof entry !== "object" || entry === null || Array.isArray(entry)) {
      refuse(place, entry, "a tool or a group of tools", "Make one with tool({ … }).");
    } else if (typeof (entry as { run?: unknown }).run === "function") {
      refuse(place, entry, "made by tool()", `Write ${name}: tool({ … }).`);
    } else if (own.length >= NESTED_MAX) {
      refuse(place, entry, `a tool: groups nest ${NESTED_MAX - 1} levels deep at most`);
    } else yield* walk(where, place.name, entry, own);
  }
}

function normalTool(place: Place, name: string, { [TOOL]: definition }: Tool): NormalTool {
  const { where } = place;
  const at = (option: string): Place => ({ where, name: `${place.name}.${option}` });
  checkOptions(`${where}: ${place.name}`, definition, KNOWN);
  if (typeof definition.run !== "function") refuse(at("run"), definition.run, "a function");
  const described = text(at("description"), definition.description, "Agents choose tools by it.");
  if (described.length > DESCRIPTION_MAX) {
    refuse(at("description"), described, `at most ${DESCRIPTION_MAX} characters long`);
  }
  const { inputJsonSchema, outputJsonSchema, timeout = TIMEOUT_MS, override = false } = definition;
  const input = checkedSchema(at("input"), definition.input ?? NOTHING, inputJsonSchema, "input");
  const output =
    definition.output && checkedSchema(at("output"), definition.output, outputJsonSchema, "output");
  const root = shapeOf(input.jsonSchema, input.jsonSchema);
  if (!root.types.has("object")) {
    refuse(at("input"), definition.input, "a schema of an object", "Its properties become flags.");
  }
  const positional = names(at("positional"), definition.positional ?? onlyRequired(root));
  const unknown = positional.find((property) => !root.properties.has(property));
  if (unknown !== undefined) {
    refuse(
      at("positional"),
      unknown,
      `among the input's properties: ${[...root.properties.keys()].join(", ")}`,
    );
  }
  const { examples = [], env = [] } = definition;
  const spec: ToolSpec = {
    name,
    description: described,
    input: input.jsonSchema,
    output: output?.jsonSchema,
    positional,
    examples: JSON.parse(JSON.stringify(examples)),
    env: names(at("env"), env),
    override: flag(at("override"), override),
  };
  const range = { min: 0, max: TIMEOUT_MAX };
  return {
    ...{ spec, definition, input, output },
    timeout: integer(at("timeout"), timeout, range, "It counts milliseconds."),
  };
}

/** The one property that must be there, if it is a single value. */
function onlyRequired(root: ReturnType<typeof shapeOf>): readonly string[] {
  const [name, ...others] = root.required;
  const schema = name === undefined ? undefined : root.properties.get(name);
  if (name === undefined || others.length > 0 || !schema) return [];
  const { types } = shapeOf(schema, root.schema);
  return types.has("object") || types.has("array") || types.has("boolean") ? [] : [name];
}

function names(place: Place, value: unknown): readonly string[] {
  if (!Array.isArray(value) || !value.every((name) => typeof name === "string")) {
    refuse(place, value, "an array of names");
  }
  return value;
}
