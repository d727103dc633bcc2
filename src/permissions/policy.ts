/**
 * The policy of a machine: what the kernel, the gateway and the tools ask before anything crosses its
 * boundary. Rules are compiled once; whoever has several sets (a fork) needs the leave of each.
 */
import type { Asker, Crossing, Policy, Seals, Verdict } from "../../kernel/policy.ts";
import type { Embedder } from "../machine/embedder.ts";
import type { ListenRule, MountRule, PatternRule, PermissionSet, Rule, Ruling } from "./data.ts";
import { compileGlob, type Matcher } from "./globs.ts";
import { inRanges } from "./network-index.ts";
import { type Finding, finding, NetworkPolicy } from "./network-policy.ts";
import { type Answered, type Memory, Questions } from "./questions.ts";
import { makeSeals } from "./seals.ts";

/** Hears of everything that was decided. */
export type Witness = (crossing: Crossing, asker: Asker, verdict: Verdict) => void;

export interface PolicyParts {
  readonly sets: readonly PermissionSet[];
  readonly embedder: Embedder | undefined;
  readonly memory: Memory;
  readonly witness: Witness;
  /** Texts of the latest refusals. */
  readonly refusals: () => readonly string[];
}

export class MachinePolicy implements Policy {
  readonly #sets: readonly CompiledSet[];
  readonly #questions: Questions;
  readonly #witness: Witness;
  readonly refusals: () => readonly string[];
  readonly seals: Seals | undefined;

  constructor({ sets, embedder, memory, witness, refusals }: PolicyParts) {
    this.#sets = sets.map((set) => new CompiledSet(set));
    this.#questions = new Questions(embedder, memory);
    this.#witness = witness;
    this.refusals = refusals;
    const lists = sets.map(({ fs }) => fs);
    this.seals = makeSeals(lists, (path, access, asker, reason) =>
      witness({ kind: "file", path, access }, asker, { allowed: false, reason }),
    );
  }

  decide(crossing: Crossing, asker: Asker): Verdict | Promise<Verdict> {
    let verdict: Verdict = NOTHING_FORBIDS;
    for (let i = 0; i < this.#sets.length; i++) {
      const { effect, reason, quietly } = (this.#sets[i] as CompiledSet).find(crossing);
      if (effect === "ask") return this.#ask(crossing, asker, this.#sets.slice(i));
      const isQuiet = quietly === true || verdict.quietly === true;
      verdict = { allowed: effect === "allow", reason, ...(isQuiet && { quietly: true }) };
      if (!verdict.allowed) break;
    }
    this.#witness(crossing, asker, verdict);
    return verdict;
  }

  /** Nobody is asked about what a later set denies. */
  #ask(crossing: Crossing, asker: Asker, sets: readonly CompiledSet[]): Verdict | Promise<Verdict> {
    const findings = sets.map((set) => set.find(crossing));
    const denied = findings.find(({ effect }) => effect === "deny");
    if (denied) return this.#told(crossing, asker, { allowed: false, reason: denied.reason });
    const asked = findings.filter(({ effect }) => effect === "ask");
    const answers = asked.map((finding) => this.#questions.ask(finding, crossing, asker));
    const conclude = (all: readonly Answered[]) => {
      const no = all.findIndex(({ allowed }) => !allowed);
      const at = no < 0 ? 0 : no;
      const reason = `${asked[at]?.place} ${all[at]?.how}`;
      return this.#told(crossing, asker, { allowed: no < 0, reason });
    };
    const isKnown = (answer: Answered | Promise<Answered>) => !(answer instanceof Promise);
    if (answers.every(isKnown)) return conclude(answers as Answered[]);
    return Promise.all(answers).then(conclude);
  }

  #told(crossing: Crossing, asker: Asker, verdict: Verdict): Verdict {
    this.#witness(crossing, asker, verdict);
    return verdict;
  }
}

const NOTHING_FORBIDS: Verdict = { allowed: true, reason: "nothing forbids it" };

class CompiledSet {
  readonly #network: NetworkPolicy;
  readonly #set: PermissionSet;
  readonly #processes: PatternIndex;
  readonly #tools: PatternIndex;

  constructor(set: PermissionSet) {
    this.#set = set;
    this.#network = new NetworkPolicy(set.network, set.dns);
    this.#processes = new PatternIndex(set.processes);
    this.#tools = new PatternIndex(set.tools);
  }

  find(crossing: Crossing): Finding {
    const { listen, mounts } = this.#set;
    switch (crossing.kind) {
      case "resolve":
      case "connect":
      case "request":
        return this.#network.find(crossing);
      case "listen":
        return last(
          listen,
          (rule) => listens(rule, crossing),
          () => `port ${crossing.port}`,
        );
      case "execute":
        return this.#processes.find(crossing.path);
      case "tool":
        return this.#tools.find(crossing.name);
      case "file":
        return {
          effect: "allow",
          reason: "permissions.fs is the kernel's",
          place: "",
          decider: "",
        };
      case "mount":
        return last(
          mounts,
          (rule) => mountsFrom(rule, crossing),
          () => describeMount(crossing),
        );
    }
  }
}

/** Rules by pattern: those without wildcards are found by their text. */
class PatternIndex {
  readonly #ruling: Ruling<PatternRule>;
  readonly #exact = new Map<string, number>();
  /** From the last to the first. */
  readonly #wild: { readonly index: number; readonly matches: Matcher }[] = [];

  constructor(ruling: Ruling<PatternRule>) {
    this.#ruling = ruling;
    ruling.rules.forEach(({ pattern }, index) => {
      if (!/[*?]/.test(pattern)) this.#exact.set(pattern, index);
      else this.#wild.unshift({ index, matches: compileGlob(pattern) });
    });
  }

  find(text: string): Finding {
    const { rules } = this.#ruling;
    const exact = this.#exact.get(text) ?? -1;
    const wild = this.#wild.find(({ index, matches }) => index < exact || matches(text));
    const rule = rules[Math.max(exact, wild?.index ?? -1)];
    return finding(this.#ruling, rule && { effect: rule.effect, rule }, () => text);
  }
}

function last<R extends Rule>(
  ruling: Ruling<R>,
  matches: (rule: R) => boolean,
  shown: () => string,
) {
  const rule = ruling.rules.findLast(matches);
  return finding(ruling, rule && { effect: rule.effect, rule }, shown);
}

function listens(
  rule: ListenRule,
  { protocol, port }: Extract<Crossing, { kind: "listen" }>,
): boolean {
  return (rule.transport === "any" || rule.transport === protocol) && inRanges(port, rule.ports);
}

type Mounting = Extract<Crossing, { kind: "mount" }>;

function mountsFrom(rule: MountRule, { source, readOnly }: Mounting): boolean {
  const folder = /[\\/]$/.test(rule.source) ? rule.source.slice(0, -1) : rule.source;
  const isBelow = source === rule.source || /^[\\/]/.test(source.slice(folder.length));
  if (!source.startsWith(folder) || !isBelow) return false;
  // A grant to read says nothing of writing; what is denied is denied either way.
  return rule.effect === "deny" || rule.mode === "write" || readOnly;
}

function describeMount({ source, readOnly }: Mounting): string {
  return `${source}${readOnly ? "" : " to be written to"}`;
}
