/**
 * Schemas of any make in one form: JSON Schema to describe them, and a check. Standard Schemas check for
 * themselves; JSON Schema is interpreted, because hosts may forbid code that is made at run time.
 */
import { type OutputUnit, type Schema, Validator } from "@cfworker/json-schema";
import type { StandardJSONSchemaV1, StandardSchemaV1 } from "@standard-schema/spec";
import type { Issue } from "../../runtimes/programs/tools/frames.ts";
import type { JsonSchema } from "../../runtimes/programs/tools/spec.ts";
import { IsopodError } from "../errors.ts";
import { type Place, refuse } from "../options/check.ts";
import { comparesItems, isTooMuchToCompare } from "./comparisons.ts";
import type { JsonSchemaObject, ToolSchema } from "./tool.ts";

export interface CheckedSchema {
  readonly jsonSchema: JsonSchema;
  /** The value as the schema makes it, or what is wrong with it. */
  check(value: unknown): Promise<Checked>;
}

export type Checked = { readonly value: unknown } | { readonly issues: readonly Issue[] };

const TARGET = "draft-2020-12";

export function checkedSchema(
  place: Place,
  schema: ToolSchema,
  described: JsonSchemaObject | undefined,
  direction: "input" | "output",
): CheckedSchema {
  if (isStandard(schema)) return standard(place, schema, described, direction);
  if (typeof schema !== "object" || schema === null || Array.isArray(schema)) {
    const remedy = "Pass a schema of zod, valibot, arktype or their like, or JSON Schema.";
    refuse(place, schema, "a schema", remedy);
  }
  const jsonSchema = plain(place, schema);
  const validator = new Validator(jsonSchema as Schema, "2020-12", false);
  const compares = comparesItems(jsonSchema);
  return {
    jsonSchema,
    async check(value) {
      const filled = withDefaults(jsonSchema, value);
      if (compares && isTooMuchToCompare(filled)) return { issues: [TOO_MUCH] };
      const { valid, errors } = validator.validate(filled);
      return valid ? { value: filled } : { issues: issuesOf(errors) };
    },
  };
}

function isStandard(schema: unknown): schema is StandardSchemaV1 {
  // Those of arktype are functions.
  const holds = (typeof schema === "object" && schema !== null) || typeof schema === "function";
  return holds && "~standard" in schema;
}

function standard(
  place: Place,
  schema: StandardSchemaV1,
  described: JsonSchemaObject | undefined,
  direction: "input" | "output",
): CheckedSchema {
  return {
    jsonSchema: plain(place, described ?? describe(place, schema, direction)),
    async check(value) {
      const result = await schema["~standard"].validate(value);
      return result.issues ? { issues: result.issues.map(issueOf) } : { value: result.value };
    },
  };
}

/** By the library itself (standardschema.dev/json-schema). */
function describe(place: Place, schema: StandardSchemaV1, direction: "input" | "output"): object {
  const { vendor, jsonSchema } = schema["~standard"] as StandardSchemaV1.Props &
    Partial<StandardJSONSchemaV1.Props>;
  const remedy = REMEDIES[vendor] ?? `Describe it as JSON Schema in ${place.name}JsonSchema.`;
  const what = `${place.where}: ${place.name} is a schema of ${vendor}`;
  if (!jsonSchema) {
    throw new IsopodError("ERR_INVALID_OPTION", `${what} that tells no JSON Schema. ${remedy}`);
  }
  try {
    return jsonSchema[direction]({ target: TARGET });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const message = `${what} that has no JSON Schema: ${why}. Describe it in ${place.name}JsonSchema.`;
    throw new IsopodError("ERR_INVALID_OPTION", message, { cause });
  }
}

const REMEDIES: Readonly<Record<string, string>> = {
  valibot: "Wrap it with toStandardJsonSchema() of @valibot/to-json-schema.",
  zod: "Zod has it from 4.2 on; before, pass z.toJSONSchema(schema) as inputJsonSchema.",
};

/** A copy that travels: JSON and nothing else. */
function plain(place: Place, schema: object): JsonSchema {
  try {
    return JSON.parse(JSON.stringify(schema)) as JsonSchema;
  } catch (cause) {
    const message = `${place.where}: ${place.name} is no JSON: ${(cause as Error).message}`;
    throw new IsopodError("ERR_INVALID_OPTION", message, { cause });
  }
}

function issueOf({ message, path = [] }: StandardSchemaV1.Issue): Issue {
  return {
    message,
    path: path.map((part) => {
      const key = typeof part === "object" ? part.key : part;
      return typeof key === "number" ? key : String(key);
    }),
  };
}

/** The innermost ones: those around them only say that something within is wrong. */
function issuesOf(errors: readonly OutputUnit[]): Issue[] {
  const outer = new Set<string>();
  for (const { instanceLocation: at } of errors) {
    for (let end = at.lastIndexOf("/"); end >= 0; end = at.lastIndexOf("/", end - 1)) {
      if (outer.has(at.slice(0, end))) break;
      outer.add(at.slice(0, end));
    }
  }
  const leaves = errors.filter(
    ({ instanceLocation: at, keyword }) => !OUTER.has(keyword) || !outer.has(at),
  );
  return leaves.slice(0, ISSUES_MAX).map(({ instanceLocation, error }) => ({
    path: instanceLocation
      .split("/")
      .slice(1)
      .map((part) => decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~"))
      .map((part) => (/^\d+$/.test(part) ? Number(part) : part)),
    message: error,
  }));
}

const TOO_MUCH: Issue = {
  path: [],
  message: "its lists are too long to look for equal items in them",
};
/** Nobody reads more of them. */
const ISSUES_MAX = 100;

const OUTER = new Set([
  "properties",
  "items",
  "additionalProperties",
  "prefixItems",
  "$ref",
  "allOf",
]);

/** What the schema says where the input says nothing, as other validators fill it in when asked to. */
function withDefaults(schema: JsonSchema, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const filled: Record<string, unknown> = { ...value };
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (typeof property === "boolean") continue;
    if (!Object.hasOwn(filled, name)) {
      if (property.default !== undefined) filled[name] = structuredClone(property.default);
    } else filled[name] = withDefaults(property, filled[name]);
  }
  return filled;
}
