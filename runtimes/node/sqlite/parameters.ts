/** Names of parameters without what SQL writes before them. */
import { invalidState } from "./errors.ts";
import type { Library } from "./library.ts";

/** Full names by bare ones; throws where two have the same. */
export function bareNames(library: Library, statement: number): ReadonlyMap<string, string> {
  const { c } = library;
  const names = new Map<string, string>();
  for (let i = 1; i <= c.sqlite3_bind_parameter_count(statement); i++) {
    const full = library.text(c.sqlite3_bind_parameter_name(statement, i));
    if (full === undefined) continue;
    const bare = full.slice(1);
    const other = names.get(bare) ?? full;
    if (other !== full) {
      const why = `conflicting names '${other}' and '${full}'`;
      throw invalidState(`Cannot create bare named parameter '${bare}' because of ${why}.`);
    }
    names.set(bare, full);
  }
  return names;
}
