/** The rules of `permissions.fs` as the kernel asks them: by path, the last that matches decides. */
import type { Asker, Seals } from "../../kernel/policy.ts";
import type { FsAccess, FsRule } from "./data.ts";
import { GlobAutomaton } from "./globs.ts";

/** Tells of an attempt that was refused. */
export type TellRefusal = (
  path: string,
  access: "look" | "write",
  asker: Asker,
  reason: string,
) => void;

interface SealedRule {
  readonly rule: FsRule;
  /** Of the folder and all that is in it. */
  readonly automaton: GlobAutomaton;
}

const ORDER = ["none", "way", "read", "write"] as const;

/** Undefined where there are no rules. Of several lists the strictest decides. */
export function makeSeals(
  lists: readonly (readonly FsRule[])[],
  tell: TellRefusal,
): Seals | undefined {
  const all = lists.filter((rules) => rules.length > 0).map((rules) => new SealedTree(rules));
  if (all.length === 0) return undefined;
  return {
    access(path) {
      let access: (typeof ORDER)[number] = "write";
      for (const tree of all) {
        const own = tree.access(path);
        if (ORDER.indexOf(own) < ORDER.indexOf(access)) access = own;
      }
      return access;
    },
    mayMove: (from, to) => all.every((tree) => tree.mayMove(from, to)),
    isFree: (path) => all.every((tree) => tree.isFree(path)),
    refuse(path, access, asker) {
      const reason = all.map((tree) => tree.reason(path)).find((text) => text !== undefined);
      const shown = reason ?? `permissions.fs has rules for what is below ${path}`;
      tell(path, access, asker, shown);
      return shown;
    },
  };
}

class SealedTree {
  readonly #rules: readonly SealedRule[];

  constructor(rules: readonly FsRule[]) {
    this.#rules = rules.map((rule) => {
      const folder = rule.path.replace(/(?:\/\*\*)+$/, "").replace(/^\/$/, "");
      return { rule, automaton: new GlobAutomaton(`${folder}/**`) };
    });
  }

  access(path: string): (typeof ORDER)[number] {
    const text = asFolder(path);
    const at = this.#last(text);
    const access = accessOf(this.#rules[at]);
    if (access !== "none") return access;
    const leadsOn = this.#rules
      .slice(at + 1)
      .some(({ rule, automaton }) => rule.access !== "none" && automaton.mayBegin(text));
    return leadsOn ? "way" : "none";
  }

  mayMove(from: string, to: string): boolean {
    const [before, behind] = [asFolder(from), asFolder(to)];
    const isUntouched = this.#rules.every(
      ({ rule, automaton }) => rule.access === "write" || automaton.after(before) === "",
    );
    if (isUntouched) return true;
    return this.#rules.every(
      ({ automaton }) => automaton.after(before) === automaton.after(behind),
    );
  }

  isFree(path: string): boolean {
    const text = asFolder(path);
    const at = this.#last(text);
    if (accessOf(this.#rules[at]) !== "write") return false;
    return this.#rules
      .slice(at + 1)
      .every(({ rule, automaton }) => rule.access === "write" || !automaton.mayBegin(text));
  }

  /** Which rule keeps something from being changed. */
  reason(path: string): string | undefined {
    const decisive = this.#rules[this.#last(asFolder(path))];
    if (!decisive || decisive.rule.access === "write") return undefined;
    const { place, access, path: pattern } = decisive.rule;
    return `${place} ${access === "none" ? "hides" : "makes read-only"} ${pattern}`;
  }

  #last(text: string): number {
    return this.#rules.findLastIndex(({ automaton }) => automaton.matches(text));
  }
}

function accessOf(sealed: SealedRule | undefined): FsAccess {
  return sealed?.rule.access ?? "write";
}

/** So that one pattern matches a folder and what is in it. */
function asFolder(path: string): string {
  return path === "/" ? path : `${path}/`;
}
