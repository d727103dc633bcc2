/** A command on this process's terminal: raw keys go in, the screen comes out, the size follows. */
import type { TerminalOptions } from "../options/command-options.ts";
import type { Terminal } from "../terminal.ts";
import type { Vm } from "../vm.ts";
import { settled } from "./on-streams.ts";

export function hasTerminal(): boolean {
  return process.stdin.isTTY && process.stdout.isTTY && process.stderr.isTTY;
}

export async function onTerminal(
  vm: Vm,
  argv: readonly string[],
  options: TerminalOptions,
): Promise<number> {
  const { TERM = "xterm-256color", COLORTERM } = process.env;
  const env = { TERM, ...(COLORTERM === undefined ? {} : { COLORTERM }), ...options.env };
  const terminal = await vm.openTerminal({ ...options, argv, env, ...windowSize() });
  const detach = attachKeyboard(terminal);
  try {
    const drained = drain(terminal);
    const { exitCode } = await terminal.exit;
    await settled(drained);
    return exitCode;
  } finally {
    detach();
  }
}

async function drain(terminal: Terminal): Promise<void> {
  for await (const chunk of terminal.output) process.stdout.write(chunk);
}

function windowSize(): { cols: number; rows: number } {
  return { cols: process.stdout.columns || 80, rows: process.stdout.rows || 24 };
}

/** Hands keys, window sizes and ends of the session on; undone by the result. */
function attachKeyboard(terminal: Terminal): () => void {
  const { stdin, stdout } = process;
  const onKeys = (data: Buffer) => void terminal.write(data).catch(() => {});
  const onResize = () => void terminal.resize(windowSize()).catch(() => {});
  const onHangUp = () => void terminal.kill("SIGHUP").catch(() => {});
  // Whoever stopped us took the terminal back to lines; and its size may have changed meanwhile.
  const onContinue = () => {
    stdin.setRawMode(true);
    onResize();
  };
  stdin.setRawMode(true);
  stdin.on("data", onKeys);
  stdout.on("resize", onResize);
  process.on("SIGCONT", onContinue);
  for (const name of ["SIGHUP", "SIGTERM"] as const) process.on(name, onHangUp);
  return () => {
    stdin.off("data", onKeys);
    stdout.off("resize", onResize);
    process.off("SIGCONT", onContinue);
    for (const name of ["SIGHUP", "SIGTERM"] as const) process.off(name, onHangUp);
    stdin.setRawMode(false);
    stdin.pause();
  };
}
