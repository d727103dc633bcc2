/**
 * Evaluates a graph of modules, those that await at their top level too.
 * ECMA-262, 16.2.1.6.1.3 (Evaluate) and what it uses.
 */
import { type ModuleRecord, Status } from "./record.ts";
import { SourceTextModule } from "./source-module.ts";
import type { SyntheticModule } from "./synthetic-module.ts";

const then = Function.prototype.call.bind(Promise.prototype.then) as <T>(
  promise: Promise<T>,
  fulfilled: (value: T) => unknown,
  rejected: (reason: unknown) => unknown,
) => Promise<unknown>;

/** Counts modules that await, in the order in which they began to. */
let asyncModules = 0;

/** Resolves when `module` and all that it imports is evaluated. */
export function evaluateModule(module: ModuleRecord): Promise<void> {
  if (!(module instanceof SourceTextModule)) {
    try {
      (module as SyntheticModule).evaluate();
      return Promise.resolve();
    } catch (error) {
      return Promise.reject(error);
    }
  }
  const root = isEvaluated(module) ? (module.cycleRoot ?? module) : module;
  if (root.capability) return root.capability.promise;
  const capability = Promise.withResolvers<void>();
  root.capability = capability;
  const failure = evaluateGraph(root);
  if (failure) capability.reject(failure.error);
  else if (!root.isEvaluatingAsync) capability.resolve();
  return capability.promise;
}

/** Evaluates a graph in which nothing awaits; throws what it throws. */
export function evaluateModuleSync(module: ModuleRecord): void {
  if (!(module instanceof SourceTextModule)) {
    (module as SyntheticModule).evaluate();
    return;
  }
  if (module.status === Status.kErrored) throw module.error;
  if (isEvaluated(module)) return;
  const failure = evaluateGraph(module);
  if (failure) throw failure.error;
}

function evaluateGraph(module: SourceTextModule): { error: unknown } | undefined {
  const stack: SourceTextModule[] = [];
  try {
    evaluateInner(module, stack, 0);
    return undefined;
  } catch (error) {
    for (const entry of stack) fail(entry, error);
    if (module.status === Status.kEvaluating) fail(module, error);
    return { error };
  }
}

function isEvaluated({ status }: ModuleRecord): boolean {
  return status === Status.kEvaluated || status === Status.kErrored;
}

function fail(module: SourceTextModule, error: unknown): void {
  module.status = Status.kErrored;
  module.isEvaluatingAsync = false;
  module.error = error;
  module.cycleRoot ??= module;
}

function evaluateInner(module: ModuleRecord, stack: SourceTextModule[], next: number): number {
  if (!(module instanceof SourceTextModule)) {
    (module as SyntheticModule).evaluate();
    return next;
  }
  if (module.status === Status.kErrored) throw module.error;
  if (module.status !== Status.kInstantiated) return next;
  module.status = Status.kEvaluating;
  module.index = module.lowest = next;
  module.pendingAsync = 0;
  let following = next + 1;
  stack.push(module);
  for (const required of module.requested) {
    following = evaluateInner(required, stack, following);
    if (required instanceof SourceTextModule) awaitRequired(module, required);
  }
  if (module.pendingAsync > 0 || module.analysis.hasTopLevelAwait) {
    module.isEvaluatingAsync = true;
    module.asyncOrder = ++asyncModules;
    if (module.pendingAsync === 0) executeAsync(module);
  } else {
    module.run();
  }
  if (module.lowest === module.index) closeCycle(stack, module);
  return following;
}

function awaitRequired(module: SourceTextModule, required: SourceTextModule): void {
  let awaited = required;
  if (required.status === Status.kEvaluating) {
    module.lowest = Math.min(module.lowest, required.lowest);
  } else {
    awaited = required.cycleRoot ?? required;
    if (awaited.status === Status.kErrored) throw awaited.error;
  }
  if (awaited.isEvaluatingAsync) {
    module.pendingAsync++;
    awaited.asyncParents.push(module);
  }
}

function closeCycle(stack: SourceTextModule[], root: SourceTextModule): void {
  for (const member of stack.splice(stack.indexOf(root))) {
    member.status = Status.kEvaluated;
    member.cycleRoot = root;
  }
}

function executeAsync(module: SourceTextModule): void {
  const done = module.run();
  if (!done) return;
  then(
    done,
    () => fulfilled(module),
    (error) => rejected(module, error),
  );
}

function fulfilled(module: SourceTextModule): void {
  if (module.status === Status.kErrored) return;
  module.isEvaluatingAsync = false;
  module.capability?.resolve();
  const ready: SourceTextModule[] = [];
  gatherParents(module, ready);
  for (const parent of ready.sort((a, b) => a.asyncOrder - b.asyncOrder)) {
    if (parent.status === Status.kErrored) continue;
    if (parent.analysis.hasTopLevelAwait) {
      executeAsync(parent);
      continue;
    }
    try {
      parent.run();
    } catch (error) {
      rejected(parent, error);
      continue;
    }
    parent.isEvaluatingAsync = false;
    parent.capability?.resolve();
  }
}

/** Those that waited for `module` last, and those that waited for these and do not await themselves. */
function gatherParents(module: SourceTextModule, ready: SourceTextModule[]): void {
  for (const parent of module.asyncParents) {
    if (ready.includes(parent) || (parent.cycleRoot ?? parent).status === Status.kErrored) continue;
    parent.pendingAsync--;
    if (parent.pendingAsync > 0) continue;
    ready.push(parent);
    if (!parent.analysis.hasTopLevelAwait) gatherParents(parent, ready);
  }
}

function rejected(module: SourceTextModule, error: unknown): void {
  if (module.status === Status.kErrored) return;
  fail(module, error);
  for (const parent of module.asyncParents) rejected(parent, error);
  module.capability?.reject(error);
}
