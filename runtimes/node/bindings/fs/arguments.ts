/** Checks of arguments that Node leaves to C++: descriptors and modes, with its errors. */
import type { Environment } from "../../environment.ts";

interface Codes {
  ERR_INVALID_ARG_TYPE: new (name: string, expected: string, actual: unknown) => Error;
  ERR_OUT_OF_RANGE: new (name: string, range: string, actual: unknown) => Error;
}

export interface Checks {
  descriptor(value: unknown): number;
  /** A mode of access(2) or copyFile: 0 to 7, or nothing. */
  mode(value: unknown): number;
}

const INT32_MAX = 2_147_483_647;

export function createChecks(env: Environment): Checks {
  const codes = () => env.requireBuiltin<{ codes: Codes }>("internal/errors").codes;

  function number(name: string, value: unknown, max: number): number {
    if (typeof value !== "number") {
      const { ERR_INVALID_ARG_TYPE } = codes();
      throw new ERR_INVALID_ARG_TYPE(name, "number", value);
    }
    if (!(value >= 0 && value <= max)) {
      const { ERR_OUT_OF_RANGE } = codes();
      throw new ERR_OUT_OF_RANGE(name, `>= 0 && <= ${max}`, value);
    }
    if (!Number.isInteger(value)) {
      const { ERR_OUT_OF_RANGE } = codes();
      throw new ERR_OUT_OF_RANGE(name, "an integer", value);
    }
    return value;
  }

  return {
    descriptor: (value) =>
      typeof value === "number" && (value | 0) === value && value >= 0
        ? value
        : number("fd", value, INT32_MAX),
    mode: (value) => (value === undefined || value === null ? 0 : number("mode", value, 7)),
  };
}
