/** Writes COMPATIBILITY.md: how many of Node's own tests pass, module by module, and why others do not. */
import type { Case } from "./checkout.ts";
import { EXPECTATIONS, type Expectation } from "./expectations.ts";
import type { Verdict } from "./suite.ts";
import { percentOf, rowsOf } from "./table.ts";

const OUTSIDE: Readonly<Record<string, string>> = {
  flag: "begin with a flag for `node` (`// Flags:`)",
  internals: "look into Node's internals",
  addon: "load a native addon",
  inspector: "use the inspector",
  cluster: "use `node:cluster`",
  snapshot: "make a start-up snapshot",
  sea: "make a single executable",
  permission: "use Node's permission model",
  http2: "use `node:http2`",
};
const HEADINGS: readonly (readonly [Expectation["category"], string])[] = [
  ["scope", "Not offered, on purpose"],
  ["gap", "Gaps"],
  ["timing", "Depends on the clock"],
];

export function compatibilityPage(
  version: string,
  all: readonly Case[],
  counted: readonly Case[],
  results: ReadonlyMap<string, Verdict>,
): string {
  const sets = [...new Set(all.map(({ set }) => set))].join(", ");
  return [
    "# Compatibility with Node.js",
    "",
    "<!-- Written by `node tests/conformance/node/run.ts --compatibility`; do not edit. -->",
    "",
    `Guest JavaScript runs on the library of Node ${version}. This is how it does on Node's own tests ` +
      `(the sets ${sets} of denoland/node_test; a test that is the same in two of them counts once), ` +
      "run by `tests/conformance/node` in a machine each, with Node's `test/common` as it is.",
    "",
    `A test counts if Node ${version} itself passes it, without a network, as nobody special. A test that ` +
      "skips itself in a machine only does not count as passed.",
    "",
    ...table(counted, results),
    "",
    "Of the others:",
    "",
    ...outside(all, counted),
    "",
    ...HEADINGS.flatMap(([category, heading]) => exceptions(category, heading, counted)),
  ].join("\n");
}

function table(counted: readonly Case[], results: ReadonlyMap<string, Verdict>): string[] {
  const rows = rowsOf(counted, results).map((row) => {
    const name = row.module === "total" ? "**total**" : row.module;
    return `| ${name} | ${row.counted} | ${row.passed} | ${row.skipped} | ${row.missing} | ${percentOf(row)} |`;
  });
  return [
    "| Module | Tests | Pass | Skip here | Not run | % |",
    "| --- | --: | --: | --: | --: | --: |",
    ...rows,
  ];
}

function outside(all: readonly Case[], counted: readonly Case[]): string[] {
  const reasons = all.flatMap(({ outOfScope }) => outOfScope ?? []);
  const groups = [...Map.groupBy(reasons, (reason) => reason)].sort(
    ([, a], [, b]) => b.length - a.length,
  );
  const rest = all.length - counted.length - reasons.length;
  return [
    ...groups.map(([reason, list]) => `- ${list.length} ${OUTSIDE[reason]}`),
    `- ${rest} fail or skip themselves on Node itself: they are of other releases, or need more than a bare machine`,
  ];
}

function exceptions(
  category: Expectation["category"],
  heading: string,
  counted: readonly Case[],
): string[] {
  const modules = new Map(
    counted.flatMap(({ id, name, module }) => [
      [id, module],
      [name, module],
    ]),
  );
  const entries = EXPECTATIONS.filter((entry) => entry.category === category);
  if (entries.length === 0) return [];
  const lines = entries.flatMap(({ reason, tests }) =>
    [...Map.groupBy(tests, (test) => modules.get(test) ?? "other")].map(
      ([module, list]) =>
        [module, `- ${reason}: ${list.map((test) => `\`${test}\``).join(", ")}`] as const,
    ),
  );
  const byModule = [...Map.groupBy(lines, ([module]) => module)].sort(([a], [b]) =>
    a < b ? -1 : 1,
  );
  return [
    `## ${heading}`,
    "",
    ...byModule.flatMap(([module, list]) => [
      `### ${module}`,
      "",
      ...list.map(([, line]) => line),
      "",
    ]),
  ];
}
