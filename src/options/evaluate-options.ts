/** What vm.evaluate takes. */
import { encodeValue } from "../evaluation/values.ts";
import type { EvaluationRequest } from "../machine/evaluations.ts";
import { abortSignal, checkOptions, environment, integer, oneOf, refuse, text } from "./check.ts";

export interface EvaluateOptions {
  /** Default: javascript. Types of TypeScript are stripped, as `node x.ts` does. */
  language?: "javascript" | "typescript";
  /** Global variables of the code, copied: all that a structured clone can hold. */
  inputs?: Record<string, unknown>;
  /**
   * A name. Calls with the same one share their variables, and what the code began goes on between them,
   * until vm.endContext(name). Default: each call is on its own.
   */
  context?: string;
  /** Milliseconds after which the code is ended, its context with it; 0 for never. Default: 0. */
  timeout?: number;
  signal?: AbortSignal;
  /** Bytes of the value, and of each output stream. Default: 64 MiB. */
  maxBuffer?: number;
  /** Of a new context. Default: the machine's. */
  cwd?: string;
  env?: Record<string, string | undefined>;
  user?: string;
}

const KNOWN = [
  ...["language", "inputs", "context", "timeout", "signal", "maxBuffer"],
  ...["cwd", "env", "user"],
];
const MAX_BUFFER = 64 << 20;
const LONGEST_TIMEOUT = 2 ** 31 - 1;

export interface NormalEvaluate {
  readonly request: Omit<EvaluationRequest, "token">;
  readonly signal: AbortSignal | undefined;
}

export function normalizeEvaluate(code: unknown, options: EvaluateOptions): NormalEvaluate {
  const where = "evaluate";
  checkOptions(where, options, KNOWN);
  const { language = "javascript", inputs = {}, context, timeout = 0, signal } = options;
  const { maxBuffer = MAX_BUFFER, cwd, env = {}, user } = options;
  if (typeof code !== "string") refuse({ where, name: "the code" }, code, "a string");
  if (typeof inputs !== "object" || inputs === null || Array.isArray(inputs)) {
    refuse({ where, name: "inputs" }, inputs, "an object of variables by name");
  }
  const kind = oneOf({ where, name: "language" }, language, ["javascript", "typescript"]);
  const range = { min: 0, max: LONGEST_TIMEOUT };
  return {
    request: {
      request: encoded({ code, language: kind, inputs: { ...inputs } }),
      context: context === undefined ? undefined : text({ where, name: "context" }, context),
      timeout: integer({ where, name: "timeout" }, timeout, range, "0 means no limit."),
      maxBuffer: integer(
        { where, name: "maxBuffer" },
        maxBuffer,
        { min: 1, max: Number.MAX_SAFE_INTEGER },
        "It counts bytes.",
      ),
      cwd: cwd === undefined ? undefined : text({ where, name: "cwd" }, cwd),
      env: environment({ where, name: "env" }, env, true),
      user: user === undefined ? undefined : text({ where, name: "user" }, user),
    },
    signal: signal === undefined ? undefined : abortSignal({ where, name: "signal" }, signal),
  };
}

function encoded(request: object): Uint8Array {
  try {
    return encodeValue(request);
  } catch (reason) {
    const { message } = reason as Error;
    const remedy = `${message} Hand over data: no functions, promises or proxies.`;
    return refuse({ where: "evaluate", name: "inputs" }, request, "what can be cloned", remedy);
  }
}
