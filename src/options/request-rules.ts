/** Ports, methods and paths of rules, checked. */
import type { PortRange } from "../permissions/data.ts";
import { type Place, refuse } from "./check.ts";

/** "443", "8000-8999", "80,443", "*", 443, or a list of those; undefined is every port. */
export function parsePorts(place: Place, rule: unknown, value: unknown): PortRange[] | undefined {
  const pieces = (Array.isArray(value) ? value : [value]).flatMap((piece) =>
    typeof piece === "string" ? piece.split(",") : [piece],
  );
  if (pieces.length === 1 && pieces[0] === "*") return undefined;
  if (pieces.length === 0) refuse(place, rule, "a rule with a port at least where it has `ports`");
  return pieces.map((piece) => portRange(place, rule, piece));
}

function portRange(place: Place, rule: unknown, piece: unknown): PortRange {
  const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(String(piece)) ?? [];
  const range: PortRange = [Number(first), Number(last)];
  if (range[0] >= 1 && range[1] <= 65_535 && range[0] <= range[1]) return range;
  return refuse(
    place,
    rule,
    `a rule with ports between 1 and 65535, unlike ${JSON.stringify(piece)}`,
    'Such as 443, "8000-8999" or "*".',
  );
}

/** Those that Node's HTTP parser knows. */
const METHODS = new Set(
  (
    "ACL BIND CHECKOUT CONNECT COPY DELETE GET HEAD LINK LOCK M-SEARCH MERGE MKACTIVITY MKCALENDAR MKCOL MOVE " +
    "NOTIFY OPTIONS PATCH POST PROPFIND PROPPATCH PURGE PUT QUERY REBIND REPORT SEARCH SOURCE SUBSCRIBE " +
    "TRACE UNBIND UNLINK UNLOCK UNSUBSCRIBE"
  ).split(" "),
);

export function checkMethods(place: Place, rule: unknown, methods: readonly unknown[]): string[] {
  if (methods.length === 0) refuse(place, rule, "a rule with a method at least");
  return methods.map((method) => {
    if (typeof method === "string" && METHODS.has(method)) return method;
    const upper = String(method).toUpperCase();
    const remedy = METHODS.has(upper)
      ? `Write it as ${upper}.`
      : "Such as GET, HEAD, POST, PUT, PATCH or DELETE.";
    return refuse(place, rule, `a rule of HTTP methods, unlike ${JSON.stringify(method)}`, remedy);
  });
}

export function checkPath(place: Place, rule: unknown, path: unknown): string {
  if (typeof path !== "string" || !path.startsWith("/")) {
    refuse(
      place,
      rule,
      `a rule with paths that begin with a slash, unlike ${JSON.stringify(path)}`,
    );
  }
  if (path === "/" && typeof rule === "string" && rule.endsWith("/")) {
    const remedy = "Leave the slash out for the whole host, or add ** to it.";
    refuse(place, rule, 'a rule that says whether "/" alone is meant', remedy);
  }
  if (!/^[!-~]+$/.test(path) || /[%?#\\]/.test(path)) {
    const remedy = "Escaped characters are matched by a star.";
    refuse(place, rule, "a rule with paths of plain ASCII, without escapes and queries", remedy);
  }
  if (/\/(?:\/|\.{1,2}(?:\/|$))/.test(path)) {
    refuse(place, rule, "a rule with paths without `.`, `..` and doubled slashes");
  }
  return path;
}
