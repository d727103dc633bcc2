/** The rules of `permissions` that are not about the network: servers, programs, tools, mounts, files. */
import type {
  FsAccess,
  FsRule as FsRuleData,
  ListenRule,
  MountRule,
  PatternRule,
} from "../permissions/data.ts";
import { checkOptions, oneOf, type Place, refuse } from "./check.ts";
import { parsePorts } from "./request-rules.ts";

type Parsed<R> = Omit<R, "effect" | "place">[];

export function listenRule(place: Place, text: string): Parsed<ListenRule> {
  const [, transport, ports] = /^(?:(tcp|udp):)?([\d,-]+|\*)$/.exec(text) ?? [];
  if (ports === undefined) refuse(place, text, "ports", 'Such as 8080, "3000-3999" or "udp:*".');
  const checked = parsePorts(place, text, ports);
  return [{ text, transport: (transport as "tcp" | "udp" | undefined) ?? "any", ports: checked }];
}

/** Where programs are found by their name. */
const FOLDERS = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

export function programPatterns(place: Place, text: string): Parsed<PatternRule> {
  if (text === "*") return [{ text, pattern: "/**" }];
  if (text.startsWith("/")) return [{ text, pattern: checkPattern(place, text) }];
  if (text === "" || text.includes("/") || text.includes("**")) {
    refuse(
      place,
      text,
      "an absolute path, or a name",
      'Such as "/usr/bin/git", "git" or "/opt/**".',
    );
  }
  return FOLDERS.map((folder) => ({ text, pattern: `${folder}/${text}` }));
}

export function toolPattern(place: Place, text: string): Parsed<PatternRule> {
  if (/^[\w.*-]+$/.test(text)) return [{ text, pattern: text }];
  return refuse(
    place,
    text,
    "a tool's name, or a pattern of names",
    'Such as "weather" or "db-*".',
  );
}

export function mountRule(
  place: Place,
  text: string,
  parts: { mode?: unknown },
): Parsed<MountRule> {
  const { mode = "read" } = parts;
  const isPath = text.startsWith("/") || /^[A-Za-z]:[\\/]/.test(text);
  if (!isPath || /[*?]/.test(text)) {
    refuse(place, text, "an absolute path of the host's", "What lies below it is meant too.");
  }
  const source = text.length > 1 ? text.replace(/[\\/]+$/, "") : text;
  const named = { where: place.where, name: `${place.name}.mode` };
  return [{ text, source, mode: oneOf(named, mode, ["read", "write"]) }];
}

const ACCESS: readonly FsAccess[] = ["read", "none", "write"];

export function fsRules(where: string, rules: unknown): FsRuleData[] {
  if (rules === undefined) return [];
  const example = 'Such as [{ path: "/etc", access: "read" }].';
  if (!Array.isArray(rules))
    refuse({ where, name: "permissions.fs" }, rules, "a list of rules", example);
  const seen = new Map<string, FsRuleData>();
  return rules.flatMap((rule, i) => {
    const place = { where, name: `permissions.fs[${i}]` };
    checkOptions(`${where}: ${place.name}`, rule, ["path", "access"]);
    const access = oneOf({ where, name: `${place.name}.access` }, rule.access, ACCESS);
    const paths: unknown[] = Array.isArray(rule.path) ? rule.path : [rule.path];
    return paths.map((path) => {
      if (typeof path !== "string") refuse(place, rule, "a rule with a path", example);
      const made: FsRuleData = { place: place.name, path: checkPattern(place, path), access };
      const before = seen.get(made.path);
      if (before && before.access !== access) {
        refuse(
          place,
          rule,
          `the only one to say what ${made.path} is`,
          `${before.place} says ${before.access}.`,
        );
      }
      seen.set(made.path, made);
      return made;
    });
  });
}

function checkPattern(place: Place, path: string): string {
  if (!path.startsWith("/") || path.includes("\0")) refuse(place, path, "an absolute path");
  if (/\/(?:\/|\.{1,2}(?:\/|$))/.test(path)) {
    refuse(place, path, "a path without `.`, `..` and doubled slashes");
  }
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}
