/** Paths of a machine as node:path's posix has them; a tab has no such module. */

export function isAbsolute(path: string): boolean {
  return path.startsWith("/");
}

/** Without ".", ".." where something is left to go up from, and doubled slashes. */
export function normalize(path: string): string {
  if (path === "") return ".";
  const absolute = isAbsolute(path);
  const names: string[] = [];
  for (const name of path.split("/")) {
    if (name === "" || name === ".") continue;
    if (name !== "..") names.push(name);
    else if (names.length > 0 && names.at(-1) !== "..") names.pop();
    else if (!absolute) names.push(name);
  }
  const trailing = path.endsWith("/") ? "/" : "";
  const body = names.join("/");
  if (absolute) return body === "" ? "/" : `/${body}${trailing}`;
  return body === "" ? `.${trailing}` : body + trailing;
}

export function join(...parts: readonly string[]): string {
  return normalize(parts.filter((part) => part !== "").join("/"));
}

/** An absolute path, the last absolute part first; `parts` must hold one. */
export function resolve(...parts: readonly string[]): string {
  const start = parts.findLastIndex(isAbsolute);
  const whole = normalize(parts.slice(Math.max(start, 0)).join("/"));
  return whole.length > 1 ? whole.replace(/\/$/, "") : whole;
}

export function dirname(path: string): string {
  const trimmed = path.replace(/(?<=.)\/+$/, "");
  const at = trimmed.lastIndexOf("/");
  if (at < 0) return ".";
  if (at === 0) return "/";
  // As POSIX has it, two slashes at the start may mean something else than one.
  return trimmed.slice(0, at) === "/" ? "//" : trimmed.slice(0, at);
}

export function basename(path: string): string {
  const trimmed = path.replace(/\/+$/, "");
  return trimmed.slice(trimmed.lastIndexOf("/") + 1);
}
