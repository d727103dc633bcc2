/**
 * Tests of Node's own that pass on the host and not in a machine. One that is not listed must pass; one
 * that is listed and passes is stale and fails the run, unless it depends on the clock.
 */
import { ENGINE, type EngineName } from "./engines.ts";
import { GAPS } from "./gaps.ts";
import { EDGE, QUICKJS, TAB_QUICKJS } from "./gaps-quickjs.ts";
import { TAB } from "./gaps-tab.ts";
import { TLS_GAPS } from "./gaps-tls.ts";

export interface Expectation {
  /**
   * scope: about something that a machine does not offer, on purpose. gap: ours is to be mended.
   * timing: passes or not, as the machine is busy.
   */
  readonly category: "scope" | "gap" | "timing";
  readonly reason: string;
  /** `folder/name`, for every checkout; `set:folder/name` for one. */
  readonly tests: readonly string[];
}

/** What fails on an engine of what isolated-vm passes: tests by reason. */
export interface Differences {
  readonly gaps: Readonly<Record<string, readonly string[]>>;
  /** Those that are too slow for their limit, sometimes. */
  readonly timing: Readonly<Record<string, readonly string[]>>;
}

interface Named {
  readonly id: string;
  readonly name: string;
}

const NOT_OFFERED: readonly Expectation[] = [];

const OF_NODE: readonly Expectation[] = [...NOT_OFFERED, ...Object.values(GAPS).flatMap(gaps)];

/** Beside those, on engines other than isolated-vm, of the sample. */
const OF_ENGINE: Readonly<Record<EngineName, readonly Expectation[]>> = {
  node: [],
  tab: differences(TAB),
  "tab-quickjs": [...differences(QUICKJS), ...differences(TAB_QUICKJS)],
  edge: [...differences(QUICKJS), ...differences(EDGE), ...gaps(TLS_GAPS)],
};

export const EXPECTATIONS: readonly Expectation[] = [...OF_NODE, ...OF_ENGINE[ENGINE]];

const BY_TEST = byTest(EXPECTATIONS);
const BY_TEST_OF_NODE = byTest(OF_NODE);

export function expectationOf({ id, name }: Named): Expectation | undefined {
  return BY_TEST.get(id) ?? BY_TEST.get(name);
}

/** Why isolated-vm is not expected to pass it. */
export function gapOfNode({ id, name }: Named): Expectation | undefined {
  return BY_TEST_OF_NODE.get(id) ?? BY_TEST_OF_NODE.get(name);
}

function differences({ gaps: lasting, timing }: Differences): Expectation[] {
  const late = gaps(timing).map((entry) => ({ ...entry, category: "timing" as const }));
  return [...gaps(lasting), ...late];
}

function gaps(reasons: Readonly<Record<string, readonly string[]>>): Expectation[] {
  return Object.entries(reasons).map(([reason, tests]) => ({ category: "gap", reason, tests }));
}

function byTest(expectations: readonly Expectation[]): ReadonlyMap<string, Expectation> {
  return new Map(expectations.flatMap((entry) => entry.tests.map((test) => [test, entry])));
}
