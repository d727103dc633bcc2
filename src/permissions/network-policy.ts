/** What the rules of `permissions.network` and `permissions.dns` say of one crossing. */
import type { Crossing } from "../../kernel/policy.ts";
import type { Effect, NetworkRule, Rule, Ruling } from "./data.ts";
import { type NormalHost, normalizeHost } from "./hosts.ts";
import { type IndexedRule, inRanges, type Judge, NetworkIndex } from "./network-index.ts";
import { pathForms } from "./request-paths.ts";
import { isSpecial, parseAddress } from "./special-addresses.ts";

export type NetworkCrossing = Extract<Crossing, { kind: "resolve" | "connect" | "request" }>;
type Connect = Extract<Crossing, { kind: "connect" }>;

/** What rules come to, and how people are told. */
export interface Finding {
  readonly effect: Effect;
  readonly reason: string;
  /** The rule, or the option. */
  readonly place: string;
  /** Whose function decides, where the effect is to ask. */
  readonly decider: string;
  /** Of a lookup: nobody outside is to hear of it yet. */
  readonly quietly?: boolean;
  /** To ask about a connection is to ask about all that is said on it. */
  readonly isWhole?: boolean;
}

export class NetworkPolicy {
  readonly #network: Ruling<NetworkRule>;
  readonly #dns: Ruling<NetworkRule> | undefined;
  readonly #index: NetworkIndex;
  readonly #names: NetworkIndex | undefined;

  constructor(network: Ruling<NetworkRule>, dns: Ruling<NetworkRule> | undefined) {
    this.#network = network;
    this.#dns = dns;
    this.#index = new NetworkIndex(network.rules);
    this.#names = dns && new NetworkIndex(dns.rules);
  }

  find(crossing: NetworkCrossing): Finding {
    const host = normalizeHost(crossing.host);
    if (!host) return this.#unreadable(crossing.host);
    if (crossing.kind === "resolve") return this.#resolve(host);
    if (crossing.kind === "request")
      return this.#find(host, host.address, requestJudge(crossing), crossing);
    if (crossing.address === undefined) {
      return this.#find(host, host.address, connectJudge(crossing), crossing);
    }
    const address = parseAddress(crossing.address);
    if (!address) return this.#unreadable(crossing.address);
    return this.#find(host, address, addressJudge(crossing), crossing);
  }

  #unreadable(host: string): Finding {
    const reason = `${JSON.stringify(host.slice(0, 100))} is neither a name nor an address`;
    return { effect: "deny", reason, place: this.#network.place, decider: "" };
  }

  #resolve(host: NormalHost): Finding {
    if (this.#dns && this.#names) {
      const judged = this.#names.judge(host, undefined, ({ rule }) => rule.effect);
      return finding(this.#dns, judged, () => host.text);
    }
    const judged = this.#index.judge(host, undefined, mayBeReached);
    const found = finding(this.#network, judged, () => host.text);
    if (found.effect !== "ask") return found;
    // Who is asked is asked about the connection; until then nobody outside hears of the name.
    const reason = `${found.place} is asked about connections`;
    return { ...found, effect: "allow", reason, quietly: true };
  }

  #find(
    host: NormalHost,
    address: Uint8Array | undefined,
    judge: Judge,
    crossing: Exclude<NetworkCrossing, { kind: "resolve" }>,
  ): Finding {
    const shown = () => describeTarget(crossing, host);
    const judged = this.#index.judge(host, address, judge);
    const { otherwise, place, decider } = this.#network;
    const special = address !== undefined && isSpecial(address);
    if (!judged && special && otherwise === "allow") {
      const reason = `${place} allows private and reserved addresses one by one, and not ${shown()}`;
      return { effect: "deny", reason, place, decider };
    }
    // What was asked about by name is not asked about again for being a public address.
    const isSecond = crossing.kind === "connect" && crossing.address !== undefined;
    if (!judged && otherwise === "ask" && isSecond && !special) {
      return { effect: "allow", reason: `${place} was asked`, place, decider };
    }
    const found = finding(this.#network, judged, shown);
    const isWhole = judged !== undefined && judged.rule.requests === undefined;
    return found.effect === "ask" && isWhole ? { ...found, isWhole } : found;
  }
}

export function finding(
  ruling: Ruling,
  judged: { effect: Effect; rule: Rule } | undefined,
  shown: () => string,
): Finding {
  const { otherwise, place, rules, decider } = ruling;
  if (judged) {
    const { effect, rule } = judged;
    const reason = `${rule.place} ${VERBS[effect]} ${rule.text}`;
    return { effect, reason, place: rule.place, decider };
  }
  if (otherwise !== "deny") {
    return { effect: otherwise, reason: `${place} allows ${shown()}`, place, decider };
  }
  const grants = rules.some(({ effect }) => effect !== "deny");
  const reason = grants
    ? `${place} has no rule that allows ${shown()}`
    : `${place} allows nothing, so ${shown()} is out of reach`;
  return { effect: "deny", reason, place, decider };
}

const VERBS: Readonly<Record<Effect, string>> = {
  allow: "allows",
  deny: "denies",
  ask: "asks about",
};

/** Of connections that nobody looks into, rules about requests can only deny. */
function connectJudge({ protocol, port, inspected }: Connect): Judge {
  const transport = protocol === "udp" ? "udp" : "tcp";
  return ({ rule }) => {
    if (!reaches(rule, transport, port)) return undefined;
    if (!rule.requests) return rule.effect;
    if (inspected) return rule.effect === "deny" ? undefined : rule.effect;
    if (rule.effect === "allow") return undefined;
    return rule.effect;
  };
}

/** What was said of the name has been heard: of grants by name there is nothing more to ask. */
function addressJudge(crossing: Connect): Judge {
  const judge = connectJudge(crossing);
  return (indexed) => {
    const effect = judge(indexed);
    return effect === "ask" && indexed.rule.host.type !== "address" ? "allow" : effect;
  };
}

function requestJudge(crossing: Extract<Crossing, { kind: "request" }>): Judge {
  const { protocol, port, method, path } = crossing;
  let forms: ReturnType<typeof pathForms> | undefined;
  return (indexed) => {
    const { rule } = indexed;
    if (!reaches(rule, "tcp", port)) return undefined;
    const { requests } = rule;
    if (!requests) return rule.effect;
    if (requests.scheme !== "any" && requests.scheme !== protocol) return undefined;
    if (requests.methods && !requests.methods.includes(method)) return undefined;
    if (!indexed.paths) return rule.effect;
    forms ??= pathForms(path);
    return matchesPaths(indexed, forms) ? rule.effect : undefined;
  };
}

function matchesPaths(
  { rule, paths }: IndexedRule,
  [sent, decoded = sent]: readonly [string, string?],
) {
  const matches = (form: string) => paths?.some((matcher) => matcher(form)) === true;
  if (rule.effect === "allow") return matches(sent) && (sent === decoded || matches(decoded));
  return matches(sent) || (sent !== decoded && matches(decoded));
}

function mayBeReached({ rule }: IndexedRule): Effect | undefined {
  if (rule.effect !== "deny") return rule.effect;
  return rule.ports || rule.requests || rule.transport !== "any" ? undefined : "deny";
}

function reaches(rule: NetworkRule, transport: "tcp" | "udp", port: number): boolean {
  if (rule.transport !== "any" && rule.transport !== transport) return false;
  return inRanges(port, rule.ports);
}

function describeTarget(
  crossing: Exclude<NetworkCrossing, { kind: "resolve" }>,
  host: NormalHost,
): string {
  const name = host.text.includes(":") ? `[${host.text}]` : host.text;
  const at = `${name}:${crossing.port}`;
  if (crossing.kind === "connect") {
    const behind = crossing.address === undefined ? "" : ` at ${crossing.address}`;
    return crossing.protocol === "udp" ? `${at} (udp)${behind}` : `${at}${behind}`;
  }
  return `${crossing.method} ${crossing.protocol}://${at}${crossing.path.slice(0, 100)}`;
}
