/**
 * The signals of one process: actions, the blocked set, and what is pending. Pure bookkeeping; what a
 * signal does to a process is decided in deliver.ts.
 */
import type { SigAction, TakenSignal } from "../syscalls/types.ts";
import {
  bit,
  defaultAction,
  SA_NODEFER,
  SA_RESETHAND,
  SA_RESTART,
  SIG_CATCH,
  SIG_DFL,
  SIG_IGN,
  SIGNAL_MAX,
  SIGRTMIN,
  Signal,
} from "./numbers.ts";

const DEFAULT: SigAction = { handler: SIG_DFL, mask: 0n, flags: 0 };

/** What no process can block, catch or ignore. */
const UNBLOCKABLE = bit(Signal.SIGKILL) | bit(Signal.SIGSTOP);

/** Instances of one real-time signal that wait at most (RLIMIT_SIGPENDING, per signal). */
const QUEUE_MAX = 1024;

export class SignalState {
  readonly #actions: (SigAction | undefined)[] = [];
  /** Further instances of pending real-time signals. */
  readonly #queued = new Map<number, number>();
  #blocked = 0n;
  #pending = 0n;
  #caught = 0n;
  #ignored = 0n;
  /** Caught signals that are pending and not blocked: sigtake would return one. */
  deliverable = 0n;
  /** The mask to come back to after a call that waited under another one (sigsuspend, ppoll). */
  #saved: bigint | undefined;

  /** The state of a child made by fork: nothing is pending. */
  clone(): SignalState {
    const copy = new SignalState();
    for (let signal = 1; signal <= SIGNAL_MAX; signal++)
      copy.#actions[signal] = this.#actions[signal];
    copy.#blocked = this.#saved ?? this.#blocked;
    copy.#caught = this.#caught;
    copy.#ignored = this.#ignored;
    return copy;
  }

  /** A new program: caught signals have their default action again, ignored ones stay ignored. */
  exec(): void {
    for (let signal = 1; signal <= SIGNAL_MAX; signal++) {
      const action = this.#actions[signal];
      if (action && action.handler !== SIG_IGN) this.#actions[signal] = undefined;
    }
    this.restoreMask();
    this.#caught = 0n;
    this.#refresh();
  }

  get blocked(): bigint {
    return this.#blocked;
  }

  set blocked(mask: bigint) {
    this.#blocked = BigInt.asUintN(64, mask) & ~UNBLOCKABLE;
    this.#refresh();
  }

  get pending(): bigint {
    return this.#pending;
  }

  get caught(): bigint {
    return this.#caught;
  }

  get ignored(): bigint {
    return this.#ignored;
  }

  /** True where every signal that sigtake would return asks for the call to be made again. */
  get allRestart(): boolean {
    for (let signal = 1; signal <= SIGNAL_MAX; signal++) {
      if ((this.deliverable & bit(signal)) === 0n) continue;
      if ((this.action(signal).flags & SA_RESTART) === 0) return false;
    }
    return true;
  }

  action(signal: number): SigAction {
    return this.#actions[signal] ?? DEFAULT;
  }

  setAction(signal: number, action: SigAction): void {
    const own = bit(signal);
    this.#actions[signal] = { ...action, mask: action.mask & ~UNBLOCKABLE };
    this.#caught = action.handler === SIG_CATCH ? this.#caught | own : this.#caught & ~own;
    this.#ignored = action.handler === SIG_IGN ? this.#ignored | own : this.#ignored & ~own;
    if (this.ignores(signal)) this.discard(own);
    else this.#refresh();
  }

  /** Sets the signals in `set` back to their default action. */
  setDefault(set: bigint): void {
    for (let signal = 1; signal <= SIGNAL_MAX; signal++) {
      if ((set & bit(signal)) !== 0n) this.setAction(signal, DEFAULT);
    }
  }

  /** True where `signal` does nothing: ignored, or by default ignored. */
  ignores(signal: number): boolean {
    const { handler } = this.action(signal);
    return handler === SIG_IGN || (handler === SIG_DFL && defaultAction(signal) === "ignore");
  }

  isBlocked(signal: number): boolean {
    return (this.#blocked & bit(signal)) !== 0n;
  }

  isCaught(signal: number): boolean {
    return (this.#caught & bit(signal)) !== 0n;
  }

  add(signal: number): void {
    const own = bit(signal);
    if (signal >= SIGRTMIN && (this.#pending & own) !== 0n) {
      const queued = this.#queued.get(signal) ?? 0;
      this.#queued.set(signal, Math.min(queued + 1, QUEUE_MAX));
    }
    this.#pending |= own;
    this.#refresh();
  }

  /** Takes one instance of `signal` off the pending ones. */
  remove(signal: number): void {
    const queued = this.#queued.get(signal) ?? 0;
    if (queued > 1) this.#queued.set(signal, queued - 1);
    else this.#queued.delete(signal);
    if (queued === 0) this.#pending &= ~bit(signal);
    this.#refresh();
  }

  /** Drops every instance of the signals in `set`. */
  discard(set: bigint): void {
    this.#pending &= ~set;
    for (const signal of this.#queued.keys()) {
      if ((set & bit(signal)) !== 0n) this.#queued.delete(signal);
    }
    this.#refresh();
  }

  /** The lowest pending signal that is neither blocked nor caught; 0: none. */
  nextUncaught(): number {
    return lowest(this.#pending & ~this.#blocked & ~this.#caught);
  }

  /** Waits under `mask` until restoreMask; a signal taken meanwhile restores the old one itself. */
  swapMask(mask: bigint): void {
    if (this.#saved === undefined) this.#saved = this.#blocked;
    this.blocked = mask;
  }

  restoreMask(): void {
    if (this.#saved === undefined) return;
    const saved = this.#saved;
    this.#saved = undefined;
    this.blocked = saved;
  }

  /** Takes the next caught signal and blocks what its action asks for. */
  take(): TakenSignal {
    const signal = lowest(this.deliverable);
    const restoreMask = this.#saved ?? this.#blocked;
    if (signal === 0) {
      this.restoreMask();
      return { signal: 0, flags: 0, restoreMask };
    }
    this.#saved = undefined;
    const action = this.action(signal);
    const own = (action.flags & SA_NODEFER) !== 0 ? 0n : bit(signal);
    if ((action.flags & SA_RESETHAND) !== 0) this.setAction(signal, DEFAULT);
    this.remove(signal);
    this.blocked = this.#blocked | action.mask | own;
    return { signal, flags: action.flags, restoreMask };
  }

  #refresh(): void {
    this.deliverable = this.#pending & ~this.#blocked & this.#caught;
  }
}

/** The lowest signal in `set`, the synchronous ones first as Linux takes them; 0: none. */
function lowest(set: bigint): number {
  if (set === 0n) return 0;
  for (let signal = 1; signal <= SIGNAL_MAX; signal++) {
    if ((set & bit(signal)) !== 0n) return signal;
  }
  return 0;
}
