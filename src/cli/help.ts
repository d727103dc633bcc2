/** What `isopod --help` and `isopod --version` say. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../package-root.ts";
import { type Paint, paintFor } from "./style.ts";

export function version(): string {
  const text = readFileSync(join(packageRoot(), "package.json"), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

export function help(): string {
  const paint = paintFor(process.stdout);
  const title = (text: string) => paint("bold", text);
  return `${title("isopod")} ${version()}: a Linux-like machine inside this process

${title("Usage")}
  isopod run [options] -c LINE [ARGUMENT...]      run a line of bash
  isopod run [options] PROGRAM [ARGUMENT...]      run a program
  isopod shell [options]                          open a shell
  isopod start [options]                          the shell with a welcome; without a terminal,
                                                  the commands on standard input; without
                                                  either, a tour
  isopod serve [-l HOST:PORT] [--store DIRECTORY] serve machines to clients elsewhere
  isopod move | copy SRC DST                      take a machine elsewhere: DIRECTORY:NAME, URL
  isopod vms [ls | rm NAME...] --host URL         list or remove a server's machines
  isopod build [-t NAME] [-o FOLDER] [FILE]       build an image from an image file
  isopod image ls | inspect | pull | push | rm    images kept here, and registries
  isopod fsck [--repair] [DIRECTORY]              check the machines kept in a directory
  isopod gc [--now] [DIRECTORY]                   delete what no machine or snapshot there needs

${title("Options")}
${options(paint)}

Nothing of the host is there but what -v, -e and --allow-... give (serve takes those for all its
machines). The exit status is the command's own,
128 and the signal's number where a signal ended it; 2 for a wrong command line.

${title("Examples")}
  isopod run -c 'seq 1 100 | awk "{s+=\\$1} END {print s}"'
  isopod run -v .:/work:ro -w /work rg -c TODO
  isopod run --strace true
`;
}

function options(paint: Paint): string {
  const rows: [string, string][] = [
    ["-i, --image NAME", "the image to run, or the folder of one (default: the base image)"],
    ["-v, --volume HOST:GUEST[:ro]", "mount a directory of the host; may be repeated"],
    ["    --mount HOST:GUEST[:rw]", "the same, read-only unless it says rw"],
    [
      "    --allow-net[=HOST[:PORT],...]",
      "hosts that may be reached, or URLs; alone: every public one",
    ],
    ["    --deny-net[=HOST,...]", "and those that may not, whatever is allowed"],
    ["    --allow-run=NAME,...", "the programs that may run, by name or path (default: all)"],
    ["    --deny-run=NAME,...", "and those that may not"],
    ["    --allow-env[=NAME,...]", "variables of the host that pass; * for any text"],
    ["    --read-only=PATH,...", "paths in the machine that nothing may change"],
    ["    --hide=PATH,...", "paths in the machine that do not seem to be there"],
    ["-e, --env NAME=VALUE", "set a variable; NAME alone takes the host's value"],
    ["-w, --workdir DIRECTORY", "where the command starts (default: the home directory)"],
    ["-u, --user USER", "whom it runs as (default: user)"],
    [
      "-H, --host URL[/vms/NAME]",
      "a server's machine instead of one here (ISOPOD_HOST, ISOPOD_TOKEN)",
    ],
    ["-c, --command LINE", "run: a line of bash"],
    ["    --strace", "run: tell every system call on standard error"],
    ["-l, --listen HOST:PORT", "serve: where to listen (default: 127.0.0.1:7400)"],
    ["    --store DIRECTORY", "serve: keep the machines there; without, they end with the server"],
    ["    --token TOKEN", "serve: what clients must know (default: ISOPOD_TOKEN, or a new one)"],
    ["    --allow-origin ORIGIN", "serve: pages of this origin may use it; may be repeated"],
    ["    --preview-url URL", "serve: previews are at names below it (default: below localhost)"],
    ["    --idle SECONDS", "serve: switch machines off that nobody uses (default: 300)"],
    ["    --kernel worker|process", "serve: a process for each machine, which may die alone"],
    ["-t, --tag NAME", "build: what to call the image (default: as its file says)"],
    ["-o, --output FOLDER", "build: write an OCI layout there, not among the images kept here"],
    ["    --repair", "fsck: forget broken chunks, so that they can be stored again"],
    ["    --now", "gc: also what is newer than 15 minutes; no machine may be storing anything"],
    ["-h, --help", "this"],
    ["-V, --version", "the version"],
  ];
  return rows.map(([names, text]) => `  ${paint("cyan", names.padEnd(30))}  ${text}`).join("\n");
}
