/** Links a graph of modules. ECMA-262, 16.2.1.6.1.2 (Link). */
import { type ModuleRecord, Status } from "./record.ts";
import { type LinkFailure, SourceTextModule } from "./source-module.ts";
import type { SyntheticModule } from "./synthetic-module.ts";

export function linkModule(module: ModuleRecord, fail: LinkFailure): void {
  const stack: SourceTextModule[] = [];
  try {
    linkInner(module, stack, 0, fail);
  } catch (error) {
    for (const entry of stack) entry.status = Status.kUninstantiated;
    throw error;
  }
}

function linkInner(
  module: ModuleRecord,
  stack: SourceTextModule[],
  next: number,
  fail: LinkFailure,
): number {
  if (!(module instanceof SourceTextModule)) {
    (module as SyntheticModule).link();
    return next;
  }
  if (module.status !== Status.kUninstantiated) return next;
  module.status = Status.kInstantiating;
  module.index = module.lowest = next;
  let following = next + 1;
  stack.push(module);
  for (const required of module.requested) {
    following = linkInner(required, stack, following, fail);
    if (required.status === Status.kInstantiating && required instanceof SourceTextModule) {
      module.lowest = Math.min(module.lowest, required.lowest);
    }
  }
  module.resolveImports(fail);
  if (module.lowest === module.index) linkCycle(stack, module);
  return following;
}

/** All of a cycle that `root` was the first of; mostly it alone. */
function linkCycle(stack: SourceTextModule[], root: SourceTextModule): void {
  const members = stack.slice(stack.indexOf(root));
  const isCycle = members.length > 1 || root.requested.includes(root);
  for (const member of members) member.instantiate(isCycle);
  for (const member of members) member.status = Status.kInstantiated;
  stack.length -= members.length;
}
