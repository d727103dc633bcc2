/** `isopod run` and `isopod shell`: one command in a fresh machine, on this terminal or these streams. */
import { createVm } from "../create-vm.ts";
import type { Vm } from "../vm.ts";
import type { Command, MachineArguments } from "./arguments.ts";
import { onStreams } from "./on-streams.ts";
import { hasTerminal, onTerminal } from "./on-terminal.ts";
import { complain, paintFor } from "./style.ts";

const NOT_EXECUTABLE = 126;
const NOT_FOUND = 127;

export async function run(command: Extract<Command, { name: "run" }>): Promise<number> {
  await using vm = await machineFor(command);
  if (command.strace) await vm.trace(strace());
  const status = await attach(vm, command.argv, command);
  if (command.strace) await vm.trace(undefined);
  return status;
}

export async function shell(command: MachineArguments): Promise<number> {
  await using vm = await machineFor(command);
  return await attach(vm, ["bash", "-l"], command);
}

/** A machine with what the command line grants. */
export function machineFor({ mounts, env, user }: MachineArguments): Promise<Vm> {
  return createVm({ mounts, env, ...(user === undefined ? {} : { user }) });
}

/** Runs `argv` on this terminal where all three streams are one, else on the streams; its status. */
export async function attach(
  vm: Vm,
  argv: readonly string[],
  { cwd }: Pick<MachineArguments, "cwd">,
): Promise<number> {
  const options = cwd === undefined ? {} : { cwd };
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

function strace(): (line: string) => void {
  const paint = paintFor(process.stderr);
  return (line) => process.stderr.write(`${paint("dim", line)}\n`);
}
