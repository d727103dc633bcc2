/**
 * The path of an HTTP request as rules compare it. Servers disagree on escapes, doubled slashes and dot
 * segments, so a path that can be read in two ways has two forms: a grant must match both, a refusal one.
 */

/** Without the query. The second is there only where it differs. */
export function pathForms(target: string): readonly [string, string?] {
  const end = target.search(/[?#]/);
  const path = end < 0 ? target : target.slice(0, end);
  // Whom CONNECT names, and the asterisk of OPTIONS: no path that a grant could mean.
  if (!path.startsWith("/")) return [path, "/"];
  if (PLAIN.test(path) && !DOTTED.test(path)) return [path];
  const sent = resolveDots(path);
  const decoded = resolveDots(
    decodeAll(path)
      .replaceAll("\\", "/")
      // Some servers take parameters away before they look for dots.
      .replace(/\/(\.{1,2});[^/]*/g, "/$1")
      .replace(/\/{2,}/g, "/"),
  );
  return sent === decoded ? [sent] : [sent, decoded];
}

/** What no server reads otherwise. */
const PLAIN = /^(?:\/[\w\-.~!$&'()*+,=:@]*)*$/;
const DOTTED = /\/(?:\/|\.{1,2}(?:\/|$))/;

/** As often as it takes: some servers do so twice. */
function decodeAll(path: string): string {
  let text = path;
  for (let times = 0; times < 3 && text.includes("%"); times++) {
    text = text.replace(/%[0-9a-f]{2}/gi, (code) =>
      String.fromCharCode(Number.parseInt(code.slice(1), 16)),
    );
  }
  return text;
}

function resolveDots(path: string): string {
  const names: string[] = [];
  const parts = path.split("/").slice(1);
  parts.forEach((part, i) => {
    const isLast = i === parts.length - 1;
    const dots = part.replace(/%2e/gi, ".");
    if (dots === "..") names.pop();
    if (dots !== ".." && dots !== ".") names.push(part);
    else if (isLast) names.push("");
  });
  return `/${names.join("/")}`;
}
