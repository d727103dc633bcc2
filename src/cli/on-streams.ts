/** A command on this process's streams: bytes pass through both ways, signals inwards. */
import { once } from "node:events";
import type { SpawnOptions } from "../options/command-options.ts";
import type { Vm } from "../vm.ts";
import type { VmProcess } from "../vm-process.ts";

/** Signals that are handed on. A terminal would send these two to the whole foreground group. */
const TO_GROUP = ["SIGINT", "SIGQUIT"] as const;
const TO_LEADER = ["SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"] as const;

export async function onStreams(
  vm: Vm,
  argv: readonly string[],
  options: SpawnOptions,
  input: AsyncIterable<Uint8Array> = process.stdin,
): Promise<number> {
  const child = await vm.spawn(argv, options);
  const stopForwarding = forwardSignals(vm, child);
  void feed(child, input);
  await Promise.all([
    drain(child.stdout, process.stdout),
    drain(child.stderr, process.stderr),
    child.exit,
  ]);
  stopForwarding();
  // Whoever writes to us may never stop; nobody listens any more.
  process.stdin.destroy();
  return (await child.exit).exitCode;
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
