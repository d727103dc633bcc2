/** A command on this process's streams: bytes pass through both ways, signals inwards. */
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import type { SpawnOptions } from "../options/command-options.ts";
import type { Vm } from "../vm.ts";
import type { VmProcess } from "../vm-process.ts";

/** Signals that are handed on. A terminal would send these two to the whole foreground group. */
const TO_GROUP = ["SIGINT", "SIGQUIT"] as const;
const TO_LEADER = ["SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"] as const;

/** How long output is awaited that a command left behind. */
const AFTERGLOW_MS = 200;

export async function onStreams(
  vm: Vm,
  argv: readonly string[],
  options: SpawnOptions,
  input: AsyncIterable<Uint8Array> = process.stdin,
): Promise<number> {
  const child = await vm.spawn(argv, options);
  const stopForwarding = forwardSignals(vm, child);
  void feed(child, input);
  const drained = Promise.all([
    drain(child.stdout, process.stdout),
    drain(child.stderr, process.stderr),
  ]);
  await Promise.race([drained, child.exit]);
  await child.exit;
  await settled(drained);
  stopForwarding();
  // Whoever writes to us may never stop; nobody listens any more.
  process.stdin.destroy();
  return (await child.exit).exitCode;
}

/** Background jobs may hold the output open; the command is over, and they end with the machine. */
export async function settled(drained: Promise<unknown>): Promise<void> {
  const pause = new AbortController();
  await Promise.race([drained, wait(AFTERGLOW_MS, undefined, { signal: pause.signal })]);
  pause.abort();
}

async function feed(child: VmProcess, input: AsyncIterable<Uint8Array>): Promise<void> {
  const writer = child.stdin.getWriter();
  try {
    for await (const chunk of input) await writer.write(chunk);
    await writer.close();
  } catch {
    // The command ended or closed its input: it needs no more of ours.
  }
}

/** Passes `from` on until its end. Once nobody reads `to`, the command learns it as from any pipe. */
async function drain(from: ReadableStream<Uint8Array>, to: NodeJS.WriteStream): Promise<void> {
  let broken = false;
  const onError = () => {
    broken = true;
  };
  to.on("error", onError);
  try {
    for await (const chunk of from) {
      if (broken) break;
      if (!to.write(chunk))
        await Promise.race([once(to, "drain"), once(to, "close")]).catch(onError);
    }
  } finally {
    to.off("error", onError);
  }
}

function forwardSignals(vm: Vm, child: VmProcess): () => void {
  const undo: (() => void)[] = [];
  const forward = (name: NodeJS.Signals, pid: number) => {
    const handler = () => void vm.kill(pid, name).catch(() => {});
    process.on(name, handler);
    undo.push(() => process.off(name, handler));
  };
  for (const name of TO_GROUP) forward(name, -child.pid);
  for (const name of TO_LEADER) forward(name, child.pid);
  return () => {
    for (const step of undo) step();
  };
}
