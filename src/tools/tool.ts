/**
 * `tool()`: a function of the embedder's that programs of a machine may call, as a command, over MCP and
 * as a module. Its arguments and results are data.
 */
import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { Vm } from "../vm.ts";

/** A schema of zod, valibot, arktype or any other library of standardschema.dev, or plain JSON Schema. */
export type ToolSchema = StandardSchemaV1 | JsonSchemaObject;

/** JSON Schema, draft 2020-12. */
export interface JsonSchemaObject {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly required?: readonly string[];
  readonly [keyword: string]: unknown;
}

/** What a value is once a schema has checked it. */
export type OutputOf<S> =
  S extends StandardSchemaV1<infer _, infer Output>
    ? Output
    : // biome-ignore lint/suspicious/noExplicitAny: JSON Schema tells no types
      Record<string, any>;

export interface ToolDefinition<
  I extends ToolSchema = ToolSchema,
  O extends ToolSchema = ToolSchema,
> {
  /** For the agent: what it does, and when to use it. */
  description: string;
  /** Of an object, whose properties become flags. Default: it takes nothing. */
  input?: I;
  /** Where `input` is of a library that cannot tell JSON Schema: what it would be. */
  inputJsonSchema?: JsonSchemaObject;
  /** Of the result, which is checked. */
  output?: O;
  outputJsonSchema?: JsonSchemaObject;
  /** Milliseconds; 0 is no limit. Default: 60,000. */
  timeout?: number;
  /** Properties that may be given without their flag, in this order. Default: the only required one. */
  positional?: readonly string[];
  /** Inputs that `--help` shows. */
  examples?: readonly object[];
  /** Variables of the caller's environment that `run` is told. Default: none. */
  env?: readonly string[];
  /** Lets the command stand in front of one of the image's of that name. */
  override?: boolean;
  /**
   * Gets checked input. Gives back JSON data, text, bytes, or an async iterable of those, which is passed
   * on as it comes. What it throws is the command's failure: the agent sees its message.
   */
  run(input: OutputOf<I>, context: ToolContext): unknown;
}

/** What a call knows beside its input. */
export interface ToolContext {
  /** Aborts when the caller is gone or the time is over. */
  readonly signal: AbortSignal;
  /** Standard input, where it was not the input itself; undefined where the caller has none. */
  readonly stdin: ReadableStream<Uint8Array> | undefined;
  /** Writes output ahead of the result; resolves when there is room for more. */
  write(output: string | Uint8Array): Promise<void>;
  /** Tells clients of MCP, and of the module's, how far it is. */
  progress(state: { progress: number; total?: number; message?: string }): void;
  /** The machine that calls, or a fork; at the edge it throws. */
  readonly vm: Vm;
  /** The caller's working directory. */
  readonly cwd: string | undefined;
  /** Those variables of its environment that the tool asked for. */
  readonly env: Readonly<Record<string, string>>;
  readonly asker: { readonly pid: number; readonly command: string };
}

/** Made by tool(). */
export interface Tool {
  readonly [TOOL]: ToolDefinition;
}

/** Tools by name; those of a group are subcommands: `github issues`. */
export interface ToolGroup {
  readonly [name: string]: Tool | ToolGroup;
}

/** The same in every bundle of the library. */
export const TOOL: unique symbol = Symbol.for("isopod.tool") as never;

export function tool<const I extends ToolSchema, const O extends ToolSchema = ToolSchema>(
  definition: ToolDefinition<I, O>,
): Tool {
  return { [TOOL]: { ...definition } as unknown as ToolDefinition };
}

export function isTool(value: unknown): value is Tool {
  return typeof value === "object" && value !== null && TOOL in value;
}
