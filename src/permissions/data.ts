/**
 * Permissions as data, for the way to the kernel's thread: what src/options/permissions.ts makes of what
 * createVm is given, all checked. Rules are ordered; the last that matches decides.
 */

/** All that one createVm or one fork says. A machine obeys each of its sets: a fork's can only narrow. */
export interface PermissionSet {
  readonly network: Ruling<NetworkRule>;
  /** Undefined: names follow from `network`. */
  readonly dns: Ruling<NetworkRule> | undefined;
  readonly listen: Ruling<ListenRule>;
  readonly processes: Ruling<PatternRule>;
  readonly tools: Ruling<PatternRule>;
  readonly mounts: Ruling<MountRule>;
  readonly fs: readonly FsRule[];
}

export interface Ruling<R extends Rule = Rule> {
  /** Where it stands in the options: `permissions.network`. */
  readonly place: string;
  /** What holds where no rule matches; "ask": a function stands in place of rules. */
  readonly otherwise: Effect;
  /** Whose function decides where something is to be asked, by its name in the thread of the API. */
  readonly decider: string;
  readonly rules: readonly R[];
}

export type Effect = "allow" | "deny" | "ask";

export interface Rule {
  readonly effect: Effect;
  /** `permissions.network[2]`. */
  readonly place: string;
  /** What it matches, as it was written. */
  readonly text: string;
}

export interface NetworkRule extends Rule {
  readonly host: HostPattern;
  /** Undefined: every port. */
  readonly ports: readonly PortRange[] | undefined;
  readonly transport: "tcp" | "udp" | "any";
  /** Undefined: every connection, of whatever protocol. Else HTTP requests alone. */
  readonly requests: RequestPattern | undefined;
}

export type HostPattern =
  /** Every name, and every public address. */
  | { readonly type: "any" }
  | { readonly type: "name"; readonly name: string }
  /** Every name below it, at any depth, but not itself. */
  | { readonly type: "below"; readonly name: string }
  /** Four or sixteen bytes. */
  | { readonly type: "address"; readonly bytes: Uint8Array; readonly prefix: number };

/** Both included. */
export type PortRange = readonly [number, number];

export interface RequestPattern {
  readonly scheme: "http" | "https" | "any";
  /** Undefined: every method. */
  readonly methods: readonly string[] | undefined;
  /** Undefined: every path. Patterns of globs.ts. */
  readonly paths: readonly string[] | undefined;
}

export interface ListenRule extends Rule {
  readonly transport: "tcp" | "udp" | "any";
  readonly ports: readonly PortRange[] | undefined;
}

/** Of programs' paths, and of tools' names. */
export interface PatternRule extends Rule {
  readonly pattern: string;
}

export interface MountRule extends Rule {
  /** Of the host's folders; what lies below one is meant too. */
  readonly source: string;
  /** What may be done to it at most. */
  readonly mode: "read" | "write";
}

export interface FsRule {
  readonly place: string;
  readonly path: string;
  readonly access: FsAccess;
}

/** "none": it does not seem to be there. */
export type FsAccess = "write" | "read" | "none";
