/** What a JSON Schema says of one value, as far as flags and help need it: references and unions resolved. */
import type { JsonSchema } from "./spec.ts";

export interface Shape {
  /** Types that it may have; none where anything may stand. */
  readonly types: ReadonlySet<string>;
  /** All values that it may have, where they are listed. */
  readonly choices: readonly unknown[] | undefined;
  readonly properties: ReadonlyMap<string, JsonSchema>;
  readonly required: ReadonlySet<string>;
  /** Of properties without a name; undefined where there may be none. */
  readonly additional: JsonSchema | undefined;
  readonly items: JsonSchema | undefined;
  readonly schema: JsonSchema;
  /** Where it refers to, by which a schema that holds itself is known. */
  readonly reference: string | undefined;
}

/** References in a row, and unions within unions. */
const HOPS = 32;
const DEEPEST = 8;
const ANYTHING: JsonSchema = {};

export function shapeOf(schema: JsonSchema | boolean, root: JsonSchema, depth = 0): Shape {
  const own = schema === true || schema === false ? ANYTHING : follow(schema, root);
  const shape: MutableShape = {
    types: new Set(typesOf(own)),
    choices: own.enum ?? ("const" in own ? [own.const] : undefined),
    properties: new Map(),
    required: new Set(own.required ?? []),
    additional: additionalOf(own),
    items: own.items === undefined || own.items === false ? undefined : asSchema(own.items),
    schema: own,
    reference: typeof schema === "boolean" ? undefined : schema.$ref,
  };
  for (const [name, property] of Object.entries(own.properties ?? {})) {
    shape.properties.set(name, asSchema(property));
  }
  if (depth >= DEEPEST) return shape;
  for (const part of own.allOf ?? []) also(shape, shapeOf(part, root, depth + 1));
  const alternatives = [...(own.anyOf ?? []), ...(own.oneOf ?? [])];
  if (alternatives.length > 0) {
    either(
      shape,
      alternatives.map((part) => shapeOf(part, root, depth + 1)),
    );
  }
  return shape;
}

interface MutableShape extends Shape {
  types: Set<string>;
  choices: readonly unknown[] | undefined;
  properties: Map<string, JsonSchema>;
  required: Set<string>;
  additional: JsonSchema | undefined;
  items: JsonSchema | undefined;
}

/** References within the schema; others are anything. What stands beside them is kept. */
function follow(schema: JsonSchema, root: JsonSchema): JsonSchema {
  let at = schema;
  for (let hops = 0; at.$ref !== undefined; hops++) {
    const { $ref, ...beside } = at;
    const found = hops < HOPS ? lookUp($ref, root) : undefined;
    at = found === undefined ? beside : { ...asSchema(found), ...beside };
  }
  return at;
}

function lookUp(reference: string, root: JsonSchema): JsonSchema | boolean | undefined {
  if (reference === "#") return root;
  if (!reference.startsWith("#/")) return undefined;
  let at: unknown = root;
  for (const part of reference.slice(2).split("/")) {
    const name = decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, name)) return undefined;
    at = (at as Record<string, unknown>)[name];
  }
  return at as JsonSchema | boolean;
}

function typesOf({ type }: JsonSchema): readonly string[] {
  if (type === undefined) return [];
  return typeof type === "string" ? [type] : type;
}

/** Without a word about it an object may have more only where it lists no properties. */
function additionalOf({ properties, additionalProperties, type }: JsonSchema) {
  if (additionalProperties === false) return undefined;
  if (additionalProperties !== undefined) return asSchema(additionalProperties);
  return properties === undefined && type === "object" ? ANYTHING : undefined;
}

function asSchema(schema: JsonSchema | boolean): JsonSchema {
  return typeof schema === "boolean" ? ANYTHING : schema;
}

function also(shape: MutableShape, part: Shape): void {
  shape.types =
    shape.types.size === 0 || part.types.size === 0
      ? new Set([...shape.types, ...part.types])
      : new Set([...shape.types].filter((type) => part.types.has(type)));
  shape.choices ??= part.choices;
  shape.items ??= part.items;
  shape.additional ??= part.additional;
  for (const [name, property] of part.properties) shape.properties.set(name, property);
  for (const name of part.required) shape.required.add(name);
}

/** What any of them allows; required is what all of them require. */
function either(shape: MutableShape, parts: readonly Shape[]): void {
  const open = parts.some(({ types, choices }) => types.size === 0 && !choices);
  if (shape.types.size === 0 && !open) {
    shape.types = new Set(parts.flatMap(({ types, choices }) => [...types, ...kinds(choices)]));
  }
  if (parts.every(({ choices }) => choices)) {
    shape.choices ??= parts.flatMap(({ choices }) => choices ?? []);
  }
  for (const part of parts) {
    shape.items ??= part.items;
    shape.additional ??= part.additional;
    for (const [name, property] of part.properties) {
      if (!shape.properties.has(name)) shape.properties.set(name, property);
    }
  }
  for (const name of parts[0]?.required ?? []) {
    if (parts.every(({ required }) => required.has(name))) shape.required.add(name);
  }
}

function kinds(choices: readonly unknown[] | undefined): string[] {
  return (choices ?? []).map((value) => {
    if (value === null) return "null";
    return Array.isArray(value) ? "array" : typeof value;
  });
}
