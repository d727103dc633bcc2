/** `isopod run` and `isopod shell`: one command in a fresh machine, on this terminal or these streams. */
import { createVm } from "../create-vm.ts";
import type { CommandOptions } from "../options/command-options.ts";
import type { Vm } from "../vm.ts";
import type { Command, MachineArguments } from "./arguments.ts";
import { onStreams } from "./on-streams.ts";
import { hasTerminal, onTerminal } from "./on-terminal.ts";
import { heardRefusals } from "./refusals.ts";
import { addressOf, remoteMachine } from "./remote.ts";
import { complain, paintFor } from "./style.ts";
import { UsageError } from "./usage-error.ts";

const NOT_EXECUTABLE = 126;
const NOT_FOUND = 127;

export async function run(command: Extract<Command, { name: "run" }>): Promise<number> {
  await using vm = await machineFor(command);
  if (command.strace) await vm.trace(strace());
  const status = await attachHearing(vm, await programOf(command), command);
  if (command.strace) await vm.trace(undefined);
  return status;
}

export async function shell(command: MachineArguments): Promise<number> {
  await using vm = await machineFor(command);
  return await attachHearing(vm, ["bash", "-l"], command);
}

/** As attach; a terminal's user hears what was refused. */
async function attachHearing(
  vm: Vm,
  argv: readonly string[],
  command: MachineArguments,
): Promise<number> {
  const isHere = addressOf(command.host) === undefined;
  const tell = isHere && process.stderr.isTTY ? await heardRefusals(vm) : undefined;
  const status = await attach(vm, argv, command);
  await tell?.();
  return status;
}

/** A machine with what the command line grants. */
export function machineFor(command: MachineArguments): Promise<Vm> {
  const address = addressOf(command.host);
  if (address && command.image !== undefined) {
    throw new UsageError("--image cannot go with --host: a server's machines have its image");
  }
  if (address && command.permissions) {
    const remedy = "its server decides what it may reach (isopod serve --allow-net ...)";
    throw new UsageError(`permissions cannot be given to a machine elsewhere: ${remedy}`);
  }
  if (address) return remoteMachine(address, command);
  return localMachine(command);
}

async function localMachine(command: MachineArguments): Promise<Vm> {
  const { image, mounts, env, user, permissions } = command;
  if (image !== undefined) await (await import("./images.ts")).ensureImage(image);
  return createVm({
    mounts,
    env,
    ...(image === undefined ? {} : { image }),
    ...(user === undefined ? {} : { user }),
    ...(permissions && { permissions }),
  });
}

/** What runs: the image's entrypoint with the words given, or with those that it has itself. */
async function programOf({ image, argv, isLine }: Extract<Command, { name: "run" }>) {
  if (image === undefined || isLine) return argv;
  const { entrypoint, cmd } = await (await import("./images.ts")).configOf(image);
  const whole = [...entrypoint, ...(argv.length > 0 ? argv : cmd)];
  if (whole.length > 0) return whole;
  throw new UsageError(`the image ${image} does not say what to run: name a program`);
}

/** Runs `argv` on this terminal where all three streams are one, else on the streams; its status. */
export async function attach(
  vm: Vm,
  argv: readonly string[],
  command: MachineArguments,
): Promise<number> {
  const options = commandOptions(command);
  try {
    return await (hasTerminal() ? onTerminal(vm, argv, options) : onStreams(vm, argv, options));
  } catch (error) {
    const { code, syscall } = error as { code?: string; syscall?: string };
    if (!syscall?.startsWith("spawn ")) throw error;
    if (code === "ENOENT") complain(`${argv[0]}: command not found`);
    else complain(`${argv[0]}: ${(error as Error).message}`);
    return code === "ENOENT" ? NOT_FOUND : NOT_EXECUTABLE;
  }
}

/** A remote machine may have been made by others: what is said here is for this command. */
export function commandOptions({ cwd, env, user }: MachineArguments): CommandOptions {
  return { env, ...(cwd === undefined ? {} : { cwd }), ...(user === undefined ? {} : { user }) };
}

function strace(): (line: string) => void {
  const paint = paintFor(process.stderr);
  return (line) => process.stderr.write(`${paint("dim", line)}\n`);
}
