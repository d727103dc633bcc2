/** `:`, `true`, `false`. */
import type { BuiltinTable } from "../builtin.ts";

export const constantBuiltins: BuiltinTable = {
  ":": { run: () => 0, special: true, synopsis: "" },
  true: { run: () => 0, synopsis: "" },
  false: { run: () => 1, synopsis: "" },
};
