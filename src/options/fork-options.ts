/** What vm.fork takes: in what the new machine differs. */
import type { Embedding } from "../embedding.ts";
import type { CommitPolicy, ForkRequest } from "../machine/protocol.ts";
import { decider } from "../permissions/deciders.ts";
import { absolutePath, checkOptions, environment, refuse, text } from "./check.ts";
import { normalizePermissions, type Permissions } from "./permissions.ts";
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
  /** What it may do at most: whatever its machine may not do, it may not do either. */
  permissions?: Omit<Permissions, "env">;
}

const KNOWN = ["name", "hostname", "user", "env", "cwd", "commit", "permissions"];

/** Functions of the embedder's stay with `embedding`. */
export function normalizeForkOptions(options: ForkOptions, embedding: Embedding): ForkRequest {
  const where = "fork";
  checkOptions(where, options, KNOWN);
  const { name, hostname, user, env, cwd, commit } = options;
  const permissions = options.permissions && checkPermissions(where, options, embedding);
  return {
    ...(permissions && { permissions }),
    name: name === undefined ? undefined : storedName({ where, name: "name" }, name),
    commit: commit && normalizeCommit(where, commit),
    ...(hostname !== undefined && { hostname: normalizeHostname(where, hostname) }),
    ...(user !== undefined && { user: text({ where, name: "user" }, user) }),
    ...(env !== undefined && { env: environment({ where, name: "env" }, env, false) }),
    ...(cwd !== undefined && { cwd: absolutePath({ where, name: "cwd" }, cwd) }),
  };
}

function checkPermissions(where: string, { permissions }: ForkOptions, embedding: Embedding) {
  const { env } = permissions as Permissions;
  const remedy = "A fork has the variables that its machine has; add others by the option env.";
  if (env !== undefined) refuse({ where, name: "permissions.env" }, env, "left out", remedy);
  const { set, deciders } = normalizePermissions(where, permissions, `fork${++forks}:`);
  for (const [name, decide] of deciders) embedding.deciders.set(name, decider(decide));
  return set;
}

/** Counted so that the functions of each have names of their own. */
let forks = 0;
