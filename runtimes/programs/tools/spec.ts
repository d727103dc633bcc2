/**
 * A tool of the embedder's as the machine knows it: plain data, made by src/tools from what createVm was
 * given. The function itself stays in the thread of the API.
 */

export interface ToolSpec {
  /** Names of groups and of the tool, joined by dots: `github.issues`. The first is the command. */
  readonly name: string;
  readonly description: string;
  /** Of an object. */
  readonly input: JsonSchema;
  readonly output: JsonSchema | undefined;
  /** Properties that may be given without their flag, in this order. */
  readonly positional: readonly string[];
  /** Inputs that show how it is used. */
  readonly examples: readonly object[];
  /** Variables of the caller's environment that the function is told. */
  readonly env: readonly string[];
  /** Its command may stand in front of one of the image's. */
  readonly override: boolean;
}

/** What of JSON Schema flags and help are made from; the embedder's side knows all of it. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema | boolean>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly required?: readonly string[];
  readonly items?: JsonSchema | boolean;
  readonly prefixItems?: readonly (JsonSchema | boolean)[];
  readonly anyOf?: readonly (JsonSchema | boolean)[];
  readonly oneOf?: readonly (JsonSchema | boolean)[];
  readonly allOf?: readonly (JsonSchema | boolean)[];
  readonly $ref?: string;
  readonly [keyword: string]: unknown;
}

/** The tools of a machine as they are now. */
export interface ToolCatalog {
  /** All of them, sorted by name. */
  list(): readonly ToolSpec[];
  find(name: string): ToolSpec | undefined;
}

/** What an executable file of `command` names as its interpreter, behind `isopod:`. */
export function programName(command: string): string {
  return `tool:${command}`;
}

export function commandOf({ name }: ToolSpec): string {
  const dot = name.indexOf(".");
  return dot < 0 ? name : name.slice(0, dot);
}

/** A tool's name where dots are not allowed: among MCP's, for one. */
export function flatName(name: string): string {
  return name.replaceAll(".", "_");
}
