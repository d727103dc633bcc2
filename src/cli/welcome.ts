/** The screen above the first prompt of `npm start`. */
import type { Vm } from "../vm.ts";
import { version } from "./help.ts";
import { paintFor } from "./style.ts";

export async function welcome(vm: Vm, bootMs: number): Promise<void> {
  const paint = paintFor(process.stdout);
  const commands = (await vm.fs.readdir("/usr/bin")).length;
  const art = ["   ╭┬┬┬┬┬┬╮  ", "  ◖││││││││◗›", "   ╵╵╵╵╵╵╵╵  "];
  const words = [
    `${paint("bold", "Isopod")} ${paint("dim", version())}`,
    `a machine inside this process, booted in ${Math.round(bootMs)} ms`,
    paint("dim", `bash and ${commands} commands; files in memory; nothing of the host is here`),
  ];
  const tries = [
    ["git init demo", "a repository"],
    ["seq 5 | jq -s add", "a pipeline"],
    ["ps aux", "what runs"],
    ["exit", "or Ctrl-D: leave"],
  ];
  process.stdout.write(
    `\n${art.map((line, i) => `${paint("cyan", line)}  ${words[i]}`).join("\n")}\n\n` +
      `${tries.map(([command = "", what = ""]) => `  ${paint("green", command.padEnd(20))}${paint("dim", what)}`).join("\n")}\n\n`,
  );
}
