/**
 * The rules of `permissions.network`, found by host: names by each of their suffixes, addresses in a tree
 * of their bits. Each rule judges for itself, so buckets are asked from their ends and the last rule of
 * all that has an opinion decides.
 */
import type { Effect, NetworkRule, PortRange } from "./data.ts";
import { compileGlob, type Matcher } from "./globs.ts";
import type { NormalHost } from "./hosts.ts";
import { isSpecial, isWithinSpecial } from "./special-addresses.ts";

export interface IndexedRule {
  readonly index: number;
  readonly rule: NetworkRule;
  /** It grants what only an address can grant. */
  readonly isOfSpecial: boolean;
  readonly paths: readonly Matcher[] | undefined;
}

/** What a rule says of something; undefined: nothing. */
export type Judge = (rule: IndexedRule) => Effect | undefined;

export interface Judgement {
  readonly effect: Effect;
  readonly rule: NetworkRule;
}

export class NetworkIndex {
  readonly #any: IndexedRule[] = [];
  readonly #names = new Map<string, IndexedRule[]>();
  /** By the name that they are below. */
  readonly #below = new Map<string, IndexedRule[]>();
  readonly #v4 = new Bits();
  readonly #v6 = new Bits();

  constructor(rules: readonly NetworkRule[]) {
    rules.forEach((rule, index) => {
      const { host, requests } = rule;
      const isOfSpecial = host.type === "address" && isWithinSpecial(host.bytes, host.prefix);
      const made = { index, rule, isOfSpecial, paths: requests?.paths?.map(compileGlob) };
      if (host.type === "any") this.#any.push(made);
      else if (host.type === "address") this.#tree(host.bytes).add(host.bytes, host.prefix, made);
      else add(host.type === "name" ? this.#names : this.#below, host.name, made);
    });
  }

  /** What the rules say of a host; a name may come with the address that it stands for. */
  judge(host: NormalHost, address: Uint8Array | undefined, judge: Judge): Judgement | undefined {
    let best: IndexedRule | undefined;
    let effect: Effect = "deny";
    const look = (bucket: readonly IndexedRule[] | undefined): void => {
      for (let i = (bucket?.length ?? 0) - 1; i >= 0; i--) {
        const candidate = bucket?.[i] as IndexedRule;
        if (best && candidate.index < best.index) return;
        const says = judge(candidate);
        if (says === undefined) continue;
        best = candidate;
        effect = says;
        return;
      }
    };
    const special = address !== undefined && isSpecial(address);
    const all = judge;
    if (special)
      judge = (rule) => (rule.isOfSpecial || all(rule) === "deny" ? all(rule) : undefined);
    look(this.#any);
    if (!host.address) this.#lookAtName(host.text, look);
    if (address) this.#tree(address).walk(address, look);
    return best && { effect, rule: (best as IndexedRule).rule };
  }

  #lookAtName(name: string, look: (bucket: readonly IndexedRule[] | undefined) => void): void {
    look(this.#names.get(name));
    if (this.#below.size === 0) return;
    for (let dot = name.indexOf("."); dot >= 0; dot = name.indexOf(".", dot + 1)) {
      look(this.#below.get(name.slice(dot + 1)));
    }
  }

  #tree(address: Uint8Array): Bits {
    return address.length === 4 ? this.#v4 : this.#v6;
  }
}

export function inRanges(port: number, ranges: readonly PortRange[] | undefined): boolean {
  return !ranges || ranges.some(([first, last]) => first <= port && port <= last);
}

function add(map: Map<string, IndexedRule[]>, name: string, rule: IndexedRule): void {
  const bucket = map.get(name);
  if (bucket) bucket.push(rule);
  else map.set(name, [rule]);
}

interface Node {
  zero?: Node;
  one?: Node;
  rules?: IndexedRule[];
}

/** Ranges of addresses by their bits. */
class Bits {
  readonly #root: Node = {};

  add(bytes: Uint8Array, prefix: number, rule: IndexedRule): void {
    let node = this.#root;
    for (let bit = 0; bit < prefix; bit++) {
      if (isOne(bytes, bit)) node = node.one ??= {};
      else node = node.zero ??= {};
    }
    node.rules ??= [];
    node.rules.push(rule);
  }

  walk(bytes: Uint8Array, look: (bucket: readonly IndexedRule[] | undefined) => void): void {
    let node: Node | undefined = this.#root;
    for (let bit = 0; node; bit++) {
      look(node.rules);
      if (bit >= 8 * bytes.length) return;
      node = isOne(bytes, bit) ? node.one : node.zero;
    }
  }
}

function isOne(bytes: Uint8Array, bit: number): boolean {
  return ((bytes[bit >> 3] as number) & (0x80 >> (bit & 7))) !== 0;
}
