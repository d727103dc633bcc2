/** `vm.evaluate`: JavaScript or TypeScript in the machine's Node, and the value that it comes to. */
import { decode as decodeText } from "#values";
import { IsopodError } from "../errors.ts";
import type { EvaluationResult } from "../machine/evaluations.ts";
import { type EvaluateOptions, normalizeEvaluate } from "../options/evaluate-options.ts";
import type { RemoteMachine } from "../remote-machine.ts";
import { decodeValue } from "./values.ts";

export interface Evaluation {
  /** What the last expression came to, awaited; a structured clone of it. */
  readonly value: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

/** The code threw, or was cut short. */
export class EvaluationError extends IsopodError {
  /** What the code threw: the text that Node prints of it. */
  readonly guestStack: string | undefined;
  readonly stdout: string;
  readonly stderr: string;

  constructor(
    code: string,
    message: string,
    { stdout, stderr }: Pick<Evaluation, "stdout" | "stderr">,
    guestStack?: string,
  ) {
    super(code, message);
    this.name = "EvaluationError";
    this.stdout = stdout;
    this.stderr = stderr;
    this.guestStack = guestStack;
  }
}

let lastToken = 0;

export async function evaluate(
  machine: RemoteMachine,
  code: string,
  options: EvaluateOptions,
): Promise<Evaluation> {
  const { request, signal } = normalizeEvaluate(code, options);
  signal?.throwIfAborted();
  const token = ++lastToken;
  const cancel = () => void machine.machine("cancelEvaluation", token).catch(() => {});
  signal?.addEventListener("abort", cancel);
  try {
    return conclude(await machine.machine("evaluate", { ...request, token }), request.timeout);
  } finally {
    signal?.removeEventListener("abort", cancel);
  }
}

function conclude(result: EvaluationResult, timeout: number): Evaluation {
  const outputs = {
    stdout: decodeText(result.stdout, "utf8") as string,
    stderr: decodeText(result.stderr, "utf8") as string,
  };
  const { answer, cause, ended } = result;
  if (cause === "timeout") {
    throw new EvaluationError("ETIMEDOUT", `the code took longer than ${timeout} ms`, outputs);
  }
  if (cause === "cancel") {
    throw new EvaluationError("ABORT_ERR", "the evaluation was aborted", outputs);
  }
  if (cause === "maxBuffer") {
    const message = "the code wrote, or came to, more than maxBuffer allows";
    throw new EvaluationError("ERR_MAX_BUFFER", message, outputs);
  }
  if (!answer) {
    const message = `the program ended by ${ended} before the code came to a value`;
    throw new EvaluationError("ERR_EVALUATION_ENDED", message, outputs);
  }
  return { value: understood(answer, outputs), ...outputs };
}

/** The answer is the guest's: whatever it is, it harms nobody. */
function understood(answer: Uint8Array, outputs: Pick<Evaluation, "stdout" | "stderr">): unknown {
  let decoded: unknown;
  try {
    decoded = decodeValue(answer);
  } catch {
    decoded = undefined;
  }
  const known = typeof decoded === "object" && decoded !== null ? decoded : {};
  if (Object.hasOwn(known, "value")) return (known as { value: unknown }).value;
  const { error } = known as { error?: unknown };
  if (typeof error !== "object" || error === null) {
    const message = "the program answered with what is no value";
    throw new EvaluationError("ERR_EVALUATION_ENDED", message, outputs);
  }
  const { name, message, stack, unclonable } = error as Record<string, unknown>;
  if (unclonable === true) {
    const text = `what the code came to cannot leave the machine: ${message}; return data`;
    throw new EvaluationError("ERR_NOT_CLONABLE", text, outputs);
  }
  const text = name ? `${name}: ${message}` : `${message}`;
  throw new EvaluationError("ERR_EVALUATION_FAILED", text, outputs, `${stack}`);
}
