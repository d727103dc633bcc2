/** What vm.fork takes: in what the new machine differs. */
import type { CommitPolicy, ForkRequest } from "../machine/protocol.ts";
import { absolutePath, checkOptions, environment, text } from "./check.ts";
import { storedName } from "./stores.ts";
import { normalizeCommit, normalizeHostname } from "./vm-options.ts";

export interface ForkOptions {
  /** Under which it is kept in the same store. Default: it goes away when it is disposed of. */
  name?: string;
  hostname?: string;
  user?: string;
  /** Added to the machine's. */
  env?: Record<string, string>;
  cwd?: string;
  commit?: CommitPolicy;
}

const KNOWN = ["name", "hostname", "user", "env", "cwd", "commit"];

export function normalizeForkOptions(options: ForkOptions): ForkRequest {
  const where = "fork";
  checkOptions(where, options, KNOWN);
  const { name, hostname, user, env, cwd, commit } = options;
  return {
    name: name === undefined ? undefined : storedName({ where, name: "name" }, name),
    commit: commit && normalizeCommit(where, commit),
    ...(hostname !== undefined && { hostname: normalizeHostname(where, hostname) }),
    ...(user !== undefined && { user: text({ where, name: "user" }, user) }),
    ...(env !== undefined && { env: environment({ where, name: "env" }, env, false) }),
    ...(cwd !== undefined && { cwd: absolutePath({ where, name: "cwd" }, cwd) }),
  };
}
