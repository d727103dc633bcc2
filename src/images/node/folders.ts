/** Where images and what can be made again are kept: ISOPOD_HOME, or the XDG folders of the user. */
import { homedir } from "node:os";
import { join } from "node:path";

/** Images that were built or pulled: one OCI layout. */
export function imageStoreFolder(): string {
  return join(home("XDG_DATA_HOME", ".local/share"), "images");
}

/** May be removed at any time. */
export function cacheFolder(): string {
  const own = process.env["ISOPOD_HOME"];
  return own ? join(own, "cache") : home("XDG_CACHE_HOME", ".cache");
}

function home(variable: string, fallback: string): string {
  const own = process.env["ISOPOD_HOME"];
  if (own) return own;
  const base = process.env[variable];
  // The specification has relative paths ignored.
  return join(base?.startsWith("/") ? base : join(homedir(), fallback), "isopod");
}
