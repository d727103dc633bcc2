/**
 * The engines that run Node programs, by where machines are opened that have them. ISOPOD_HOST names one:
 * `node` (isolated-vm, the default), `tab` (the tab's own V8), `tab-quickjs` (a tab without shared
 * memory), `edge` (QuickJS in workerd). All but the first are held to a sample of the tests.
 */
import { createHash } from "node:crypto";
import { openHost, type TestHost } from "../../support/hosts/host.ts";
import type { Case } from "./checkout.ts";

export type EngineName = "node" | "tab" | "tab-quickjs" | "edge";

const OPEN: Readonly<Record<EngineName, () => Promise<TestHost>>> = {
  node: () => openHost("node"),
  tab: () => openHost("tab"),
  "tab-quickjs": async () =>
    (await import("../../support/hosts/tab.ts")).openTab(undefined, { isolated: false }),
  edge: () => openHost("edge"),
};

export const ENGINE: EngineName = fromEnvironment();

export function openEngine(): Promise<TestHost> {
  return OPEN[ENGINE]();
}

/** Of the tests that count; some four hundred of them pass on isolated-vm. */
const SAMPLE = 500;

/** The same tests each time: those whose names come first when they are hashed. */
export function sampleOf(counted: readonly Case[]): Case[] {
  const hash = ({ id }: Case) => createHash("sha256").update(id).digest("hex");
  const ranked = counted.map((test) => [hash(test), test] as const);
  ranked.sort(([a], [b]) => (a < b ? -1 : 1));
  return ranked.slice(0, SAMPLE).map(([, test]) => test);
}

function fromEnvironment(): EngineName {
  const name = process.env["ISOPOD_HOST"] ?? "node";
  const known = (Object.keys(OPEN) as EngineName[]).find((each) => each === name);
  if (known) return known;
  throw new Error(`ISOPOD_HOST is ${JSON.stringify(name)}; expected ${Object.keys(OPEN)}`);
}
