/**
 * What a test's own source says on whether it counts. Left out is what needs a flag, Node's internals or
 * a native addon, and what is about a part of Node that a machine does not offer.
 */

export type OutOfScope =
  | "flag"
  | "internals"
  | "addon"
  | "inspector"
  | "cluster"
  | "snapshot"
  | "sea"
  | "permission"
  | "http2";

const RULES: readonly (readonly [
  OutOfScope,
  name: RegExp | undefined,
  source: RegExp | undefined,
])[] = [
  ["flag", undefined, /^\/\/\s+Flags:/m],
  [
    "internals",
    /\/test-internal-|\/test-bootstrap-modules/,
    /--expose[-_]internals|internalBinding\(|process\.binding\(|(require|import)\(?\s*['"]internal\//,
  ],
  ["addon", undefined, /\/addons?\/|common\.buildType|\.node['"`]/],
  [
    "inspector",
    /inspect(or)?[-_]|debugger/,
    uses("inspector", /--inspect|skipIfInspectorDisabled/),
  ],
  ["cluster", /cluster/, uses("cluster")],
  ["snapshot", /\/test-snapshot|startup-snapshot/, /--build-snapshot|startupSnapshot/],
  ["sea", /single-executable|\/test-sea/, uses("sea")],
  ["permission", /permission/, /--(experimental-)?permission/],
  ["http2", /http2/, uses("http2")],
];

export function scopeOf(name: string, source: string): OutOfScope | undefined {
  return RULES.find(([, byName, bySource]) => byName?.test(name) || bySource?.test(source))?.[0];
}

/** Loading a module of Node's, in one of the ways that tests do it. */
function uses(module: string, or?: RegExp): RegExp {
  const load = String.raw`(?:require\(|from |import\(?)\s*['"](?:node:)?${module}(?:/[a-z]+)?['"]`;
  return new RegExp(or ? `${load}|${or.source}` : load);
}
