/** `permissions`: what a machine may reach, and the one place where that is checked and made data. */
import type { Asker, Crossing } from "../../kernel/policy.ts";
import type { PermissionSet, Rule, Ruling } from "../permissions/data.ts";
import { compileGlob } from "../permissions/globs.ts";
import { checkOptions, type Place, refuse } from "./check.ts";
import { requireUse } from "./contradictions.ts";
import { parseNetworkRule } from "./network-rules.ts";
import { fsRules, listenRule, mountRule, programPatterns, toolPattern } from "./other-rules.ts";

/**
 * What a machine may reach beyond its own files and processes. Nothing that is not granted here leaves
 * it. Rules are ordered, and the last that matches decides.
 */
export interface Permissions {
  /**
   * Hosts that its programs may connect to. A text allows: a host (`"api.example.com"`), all that is below
   * one (`"*.example.com:443"`), addresses (`"10.0.0.0/8:5432"`), a URL's beginning
   * (`"https://api.example.com/v1/**"`), methods (`"GET,HEAD https://api.example.com"`). `"*"` is every
   * name and every public address: private ones, loopback and metadata services are granted by address
   * alone. Default: deny.
   */
  network?: Access<string | NetworkRule>;
  /** Names that may be looked up. Default: those of hosts that `network` may allow. */
  dns?: Access<string | HostRule>;
  /** Ports that servers in the machine may listen on, seen by itself and by the host. Default: allow. */
  listen?: Access<string | number | ListenRule>;
  /**
   * Names of the host's environment variables that commands get, `*` for any text: `["LANG", "MY_*"]`.
   * What `env` says comes first. Default: none.
   */
  env?: readonly string[];
  /**
   * Programs that may be executed: absolute paths without links, `*` and `**` in them, or the name of one
   * in a folder of /bin and its like. Default: allow.
   */
  processes?: Access<string | ProgramRule>;
  /** Paths in the machine that are read-only or hidden. A folder means all that is in it. */
  fs?: readonly FsRule[];
  /** Folders of the host that may be mounted, by mode. Default: whatever the embedder mounts. */
  mounts?: Access<string | MountRule>;
  /** Names of the embedder's tools that may be called, `*` for any text. Default: allow. */
  tools?: Access<string | ProgramRule>;
  /** Decides what rules with `ask` match; may wait for a person. */
  ask?: Decide;
}

/** A function in place of rules is asked about everything. */
export type Access<R> = "allow" | "deny" | R | readonly R[] | Decide;

export type Decide = (request: PermissionRequest) => PermissionAnswer | Promise<PermissionAnswer>;

/** What is to be decided: a crossing of the machine's boundary, and who attempts it. */
export type PermissionRequest = Crossing & {
  readonly asker: Asker;
  /** Which option asks: `permissions.network`, or the rule with `ask`. */
  readonly place: string;
};

/**
 * `remember`: "session" answers the same question for this machine's life, "always" for as long as the
 * machine is kept in its store. Default: once.
 */
export type PermissionAnswer =
  | "allow"
  | "deny"
  | { readonly allow: boolean; readonly remember?: "once" | "session" | "always" };

/** Exactly one of the three. */
export type Matching<T> =
  | { allow: T | readonly T[]; deny?: never; ask?: never }
  | { deny: T | readonly T[]; allow?: never; ask?: never }
  | { ask: T | readonly T[]; allow?: never; deny?: never };

export type HostRule = Matching<string>;

export type NetworkRule = Matching<string> & {
  /** HTTP methods, such as GET. A connection that the gateway cannot look into matches no such grant. */
  methods?: readonly string[];
  /** Such as 443 or "8000-8999". */
  ports?: number | string | readonly (number | string)[];
  /** Such as "/v1/**"; hosts then begin with https:// or http://. */
  paths?: string | readonly string[];
};

/** Ports such as 8080, "3000-3999" or "udp:*". */
export type ListenRule = Matching<string | number>;

/** Programs by path, or tools by name. */
export type ProgramRule = Matching<string>;

export type MountRule = Matching<string> & {
  /** What may be done to it at most. Default: read. */
  mode?: "read" | "write";
};

export interface FsRule {
  /** Absolute; `*`, `**` and `?` match. */
  path: string | readonly string[];
  /** "read": nothing in it changes. "none": it does not seem to be there. "write": as its modes say. */
  access: "read" | "none" | "write";
}

const AREAS = ["network", "dns", "listen", "processes", "mounts", "tools"] as const;
const KNOWN = [...AREAS, "env", "fs", "ask"];
const NETWORK_PARTS = ["methods", "ports", "paths"];

/** Permissions as the kernel's thread gets them, and the functions that stay, by their place. */
export interface NormalPermissions {
  readonly set: PermissionSet;
  readonly deciders: ReadonlyMap<string, Decide>;
  /** Patterns of names. */
  readonly env: readonly string[];
}

/** Throws an IsopodError that shows the rule which is wrong. `owner` tells functions of several from each other. */
export function normalizePermissions(
  where: string,
  permissions: Permissions = {},
  owner = "",
): NormalPermissions {
  checkOptions(`${where}: permissions`, permissions, KNOWN);
  const reader = new Reader(where, permissions, owner);
  const host = (place: Place, text: string, parts: object) => {
    const rule = parseNetworkRule(place, text, parts);
    if (rule.ports || rule.requests || rule.transport !== "any") {
      refuse(
        place,
        text,
        "a host alone",
        "Ports, schemes and paths belong to permissions.network.",
      );
    }
    return [rule];
  };
  const set: PermissionSet = {
    network: reader.ruling("network", "deny", NETWORK_PARTS, (place, text, parts) => [
      parseNetworkRule(place, text, parts),
    ]),
    dns: permissions.dns === undefined ? undefined : reader.ruling("dns", "deny", [], host),
    listen: reader.ruling("listen", "allow", [], listenRule),
    processes: reader.ruling("processes", "allow", [], programPatterns),
    tools: reader.ruling("tools", "allow", [], toolPattern),
    mounts: reader.ruling("mounts", "allow", ["mode"], mountRule),
    fs: fsRules(where, permissions.fs),
  };
  return { set, deciders: reader.deciders, env: envPatterns(where, permissions.env) };
}

/** Reads one area after the other, and gathers their functions. */
class Reader {
  readonly deciders = new Map<string, Decide>();
  readonly #where: string;
  readonly #permissions: Permissions;
  readonly #owner: string;

  constructor(where: string, permissions: Permissions, owner: string) {
    this.#where = where;
    this.#owner = owner;
    this.#permissions = permissions;
    const { ask } = permissions;
    if (ask === undefined) return;
    if (typeof ask !== "function") refuse(this.#place("ask"), ask, "a function");
    this.deciders.set(`${owner}permissions.ask`, ask);
  }

  /** `unsaid` holds where the option is left out; where it has rules, what they do not match is denied. */
  ruling<R extends Rule>(
    area: (typeof AREAS)[number],
    unsaid: "allow" | "deny",
    parts: readonly string[],
    parse: (place: Place, text: string, parts: object) => Omit<R, "effect" | "place">[],
  ): Ruling<R> {
    const place = `permissions.${area}`;
    const value = this.#permissions[area] as Access<unknown> | undefined;
    const common = { place, decider: `${this.#owner}permissions.ask` };
    if (value === undefined) return { ...common, otherwise: unsaid, rules: [] };
    if (value === "allow" || value === "deny") return { ...common, otherwise: value, rules: [] };
    if (typeof value === "function") {
      const decider = `${this.#owner}${place}`;
      this.deciders.set(decider, value as Decide);
      return { place, decider, otherwise: "ask", rules: [] };
    }
    const written = Array.isArray(value) ? value : [value];
    const rules = written.flatMap((rule, i) => {
      const at = Array.isArray(value) ? `${area}[${i}]` : area;
      return this.#rules(this.#place(at), rule, parts, parse);
    });
    requireUse(this.#where, rules);
    // A list that only denies is one of exceptions to what holds where nothing is said.
    const onlyDenies = rules.length > 0 && rules.every(({ effect }) => effect !== "allow");
    return { ...common, otherwise: onlyDenies ? unsaid : "deny", rules };
  }

  #rules<R extends Rule>(
    place: Place,
    rule: unknown,
    parts: readonly string[],
    parse: (place: Place, text: string, parts: object) => Omit<R, "effect" | "place">[],
  ): R[] {
    if (typeof rule === "string" || typeof rule === "number") {
      return parse(place, String(rule), {}).map(
        (made) => ({ ...made, effect: "allow", place: place.name }) as R,
      );
    }
    if (typeof rule !== "object" || rule === null) refuse(place, rule, RULE, RULE_EXAMPLE);
    checkOptions(`${this.#where}: ${place.name}`, rule, [...EFFECTS, ...parts]);
    const effects = EFFECTS.filter(
      (effect) => (rule as Record<string, unknown>)[effect] !== undefined,
    );
    const [effect] = effects;
    if (effect === undefined || effects.length > 1) {
      refuse(place, rule, "a rule with exactly one of allow, deny and ask", RULE_EXAMPLE);
    }
    if (effect === "ask" && !this.deciders.has(`${this.#owner}permissions.ask`)) {
      refuse(
        place,
        rule,
        "allow or deny where nobody is to be asked",
        "Or give permissions.ask a function.",
      );
    }
    const { [effect]: what, ...rest } = rule as Record<string, unknown>;
    const targets = Array.isArray(what) ? what : [what];
    if (targets.length === 0) refuse(place, rule, "a rule that says what it is about");
    return targets.flatMap((target) => {
      if (typeof target !== "string" && typeof target !== "number") {
        refuse(place, rule, RULE, RULE_EXAMPLE);
      }
      const made = parse(place, String(target), rest);
      return made.map((one) => ({ ...one, effect, place: place.name }) as unknown as R);
    });
  }

  #place(name: string): Place {
    return { where: this.#where, name: `permissions.${name}` };
  }
}

const EFFECTS = ["allow", "deny", "ask"] as const;
const RULE = "a text, or an object with allow, deny or ask";
const RULE_EXAMPLE = 'Such as { deny: "*.example.com" }.';

/** A machine has these of its own, and gets the host's only by their full names. */
const OWN = ["HOME", "USER", "LOGNAME", "SHELL", "PATH", "PWD", "OLDPWD", "SHLVL", "TMPDIR"];

/** What passes of the host's environment. */
export function passing(
  patterns: readonly string[],
  hostEnv: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const matchers = patterns.map(compileGlob);
  const passes = (name: string) =>
    OWN.includes(name) ? patterns.includes(name) : matchers.some((matches) => matches(name));
  const entries = Object.entries(hostEnv).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && passes(entry[0]),
  );
  return Object.fromEntries(entries);
}

function envPatterns(where: string, env: unknown): string[] {
  const place = { where, name: "permissions.env" };
  if (env === undefined) return [];
  if (!Array.isArray(env)) refuse(place, env, 'a list of names, such as ["LANG", "MY_*"]');
  env.forEach((name, i) => {
    if (typeof name === "string" && /^[^=\0?/]+$/.test(name)) return;
    const remedy = "Values are given by the option env.";
    refuse(
      { where, name: `permissions.env[${i}]` },
      name,
      "a variable's name, or a pattern with *",
      remedy,
    );
  });
  return [...env];
}
