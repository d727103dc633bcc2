/** Rules that cannot decide anything, because a later one of another mind matches all that they match. */
import { samePrefix } from "../../kernel/net/ip-text.ts";
import type {
  HostPattern,
  ListenRule,
  MountRule,
  NetworkRule,
  PatternRule,
  PortRange,
  RequestPattern,
  Rule,
} from "../permissions/data.ts";
import { isWithinSpecial } from "../permissions/special-addresses.ts";
import { refuse } from "./check.ts";

type AnyRule = Rule & Partial<NetworkRule & ListenRule & PatternRule & MountRule>;

export function requireUse(where: string, rules: readonly Rule[]): void {
  rules.forEach((rule, i) => {
    // Parts of one rule are all that is left of it only where every part is covered.
    const parts = rules.filter((other) => other.place === rule.place);
    if (parts[0] !== rule) return;
    const coverers = parts.map((part) => findCoverer(part, rules.slice(i + parts.length)));
    const [coverer] = coverers;
    if (!coverer || coverers.includes(undefined)) return;
    const remedy = `Put it behind ${coverer.place}, or remove it: the last rule that matches decides.`;
    const expected = `a rule that can match: ${coverer.place} (${coverer.effect} ${coverer.text}) comes later and matches all of it`;
    refuse({ where, name: rule.place }, { [rule.effect]: rule.text }, expected, remedy);
  });
}

function findCoverer(rule: AnyRule, later: readonly AnyRule[]): AnyRule | undefined {
  return later.find((other) => other.effect !== rule.effect && covers(other, rule));
}

function covers(later: AnyRule, rule: AnyRule): boolean {
  if (!coversPorts(later.ports, rule.ports)) return false;
  if (later.transport !== "any" && later.transport !== rule.transport) return false;
  if (later.pattern !== undefined) return isAll(later.pattern) || later.pattern === rule.pattern;
  if (later.source !== undefined) return coversFolder(later, rule);
  if (!later.host || !rule.host) return true;
  const grants = later.effect !== "deny";
  return coversHost(later.host, rule.host, grants) && coversRequests(later.requests, rule.requests);
}

function isAll(pattern: string): boolean {
  return pattern === "/**" || pattern === "*";
}

function coversFolder(later: AnyRule, rule: AnyRule): boolean {
  if (later.effect === "allow" && later.mode !== rule.mode) return false;
  const folder = later.source === "/" ? "" : later.source;
  return rule.source === later.source || rule.source?.startsWith(`${folder}/`) === true;
}

function coversPorts(
  later: readonly PortRange[] | undefined,
  ports: readonly PortRange[] | undefined,
): boolean {
  if (!later) return true;
  return (
    ports?.every(([from, to]) => later.some(([first, last]) => first <= from && to <= last)) ===
    true
  );
}

function coversHost(later: HostPattern, host: HostPattern, grants: boolean): boolean {
  // Grants of everything do not reach private addresses.
  const isPrivate = host.type === "address" && isWithinSpecial(host.bytes, host.prefix);
  if (later.type === "any") return !grants || !isPrivate;
  if (later.type === "name") return host.type === "name" && host.name === later.name;
  if (later.type === "below") {
    if (host.type !== "name" && host.type !== "below") return false;
    return (
      host.name.endsWith(`.${later.name}`) || (host.type === "below" && host.name === later.name)
    );
  }
  if (host.type !== "address" || host.bytes.length !== later.bytes.length) return false;
  if (grants && isPrivate && !isWithinSpecial(later.bytes, later.prefix)) return false;
  return host.prefix >= later.prefix && samePrefix(host.bytes, later.bytes, later.prefix);
}

function coversRequests(
  later: RequestPattern | undefined,
  requests: RequestPattern | undefined,
): boolean {
  if (!later) return true;
  if (!requests || later.paths) return false;
  if (later.scheme !== "any" && later.scheme !== requests.scheme) return false;
  const { methods } = later;
  return !methods || requests.methods?.every((method) => methods.includes(method)) === true;
}
