/** What a machine may do whose maker said nothing of permissions. */
import type { Effect, PermissionSet } from "./data.ts";

export const NOTHING_GRANTED: PermissionSet = {
  network: area("network", "deny"),
  dns: undefined,
  listen: area("listen", "allow"),
  processes: area("processes", "allow"),
  tools: area("tools", "allow"),
  mounts: area("mounts", "allow"),
  fs: [],
};

function area(name: string, otherwise: Effect) {
  return { place: `permissions.${name}`, decider: "", otherwise, rules: [] };
}
