/**
 * `isopod start`, what `npm start` runs: a welcome and a shell on a terminal, the commands on standard
 * input where there are any, and else a tour.
 */
import type { MachineArguments } from "./arguments.ts";
import { onStreams } from "./on-streams.ts";
import { hasTerminal } from "./on-terminal.ts";
import { attach, commandOptions, machineFor } from "./run.ts";
import { tour } from "./tour.ts";
import { welcome } from "./welcome.ts";

export async function start(command: MachineArguments): Promise<number> {
  if (hasTerminal()) {
    const started = performance.now();
    await using vm = await machineFor(command);
    await welcome(vm, performance.now() - started);
    return await attach(vm, ["bash", "-l"], command);
  }
  const input = await commandsOnInput();
  if (!input) return tour();
  await using vm = await machineFor(command);
  return await onStreams(vm, ["bash"], commandOptions(command), input);
}

/** Standard input from its first byte on; undefined where it holds none. */
async function commandsOnInput(): Promise<AsyncIterable<Uint8Array> | undefined> {
  const input = process.stdin[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let first: IteratorResult<Buffer>;
  try {
    do first = await input.next();
    while (!first.done && first.value.length === 0);
  } catch {
    // Closed before we began.
    return undefined;
  }
  return first.done ? undefined : continued(first.value, input);
}

async function* continued(first: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Uint8Array> {
  for (let chunk = first; ; ) {
    yield chunk;
    const next = await rest.next();
    if (next.done) return;
    chunk = next.value;
  }
}
