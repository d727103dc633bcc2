/** The embedder's functions that decide, in the thread of the API: what they answer is checked here. */
import { inspect } from "#values";
import { IsopodError } from "../errors.ts";
import type { Decision, Question } from "../machine/embedder.ts";
import type { Decide, PermissionRequest } from "../options/permissions.ts";

/** Rejects, which denies, where the function throws or answers something else than it may. */
export function decider(decide: Decide): (question: Question) => Promise<Decision> {
  return async ({ rule, crossing, asker }) => {
    const request: PermissionRequest = { ...crossing, asker, place: rule };
    return checked(await decide(request));
  };
}

/** Of a machine that another process has. */
export function permissionsElsewhere(where: string): IsopodError {
  const why =
    "what a machine may reach, and who hears of it, is for the process that serves it to say";
  return new IsopodError("ERR_NOT_ON_THIS_HOST", `${where}: ${why}`);
}

const REMEMBER: readonly unknown[] = ["once", "session", "always"];

function checked(answer: unknown): Decision {
  if (answer === "allow" || answer === "deny")
    return { allow: answer === "allow", remember: "once" };
  if (typeof answer === "object" && answer !== null) {
    const { allow, remember = "once" } = answer as Record<string, unknown>;
    if (typeof allow === "boolean" && REMEMBER.includes(remember)) {
      return { allow, remember: remember as Decision["remember"] };
    }
  }
  const shown = inspect(answer, { depth: 1, breakLength: Number.POSITIVE_INFINITY });
  throw new TypeError(
    `it answered ${shown.slice(0, 100)}, not "allow", "deny" or { allow, remember }`,
  );
}
