/**
 * The files by which programs find tools: a command each in /usr/local/bin, and what tells of all of them
 * in /usr/local/lib/isopod. They are files like any other, and kept with the machine; what an earlier life
 * of it left behind is taken away.
 */
import {
  AT_FDCWD,
  decodeUtf8,
  Errno,
  encodeUtf8,
  type Kernel,
  KernelError,
  type Main,
  O_CREAT,
  O_RDONLY,
  O_TRUNC,
  O_WRONLY,
  type Sys,
} from "../../../kernel/index.ts";
import { toolCommand } from "../../../runtimes/programs/tools/command.ts";
import { commandOf, programName, type ToolSpec } from "../../../runtimes/programs/tools/spec.ts";
import { builtins } from "../../../runtimes/shell/builtins/index.ts";
import { IsopodError } from "../../errors.ts";
import { writeAll } from "../descriptors.ts";
import type { Trees } from "../files/trees.ts";
import { declarations } from "./declarations.ts";
import { ABOUT, COMMANDS } from "./places.ts";
import type { Tools } from "./tools.ts";

/** Where a command of the image's may stand. */
const ELSEWHERE = ["/usr/local/sbin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
const FILE_HEAD = `#!isopod:${programName("")}`;
/** Commands beside the tools' own. */
export const MCP_COMMAND = "mcp-tools";
/** Words that a shell never looks up. */
const KEYWORDS = new Set(
  "if then else elif fi for while until do done case esac in function select time coproc".split(
    " ",
  ),
);

export class ToolCommands {
  readonly #sys: Sys;
  readonly #trees: Trees;
  readonly #tools: Tools;
  readonly #programs: Map<string, Main>;

  constructor(kernel: Kernel, trees: Trees, tools: Tools, programs: Map<string, Main>) {
    this.#sys = kernel.init;
    this.#trees = trees;
    this.#tools = tools;
    this.#programs = programs;
  }

  /** Makes the machine's files say what `tools` has; `mcp` serves them. */
  async install(
    specs: readonly ToolSpec[],
    mcp: { readonly main: Main; readonly port: number | undefined },
  ): Promise<void> {
    const wanted = new Set(specs.map(commandOf));
    for (const command of wanted) await this.#check(command, specs);
    if (wanted.size > 0) wanted.add(MCP_COMMAND);
    await this.#removeOthers(wanted);
    if (wanted.size === 0) return this.#trees.remove(ABOUT, true, true);
    await this.#trees.makeDirectories(COMMANDS, 0o755);
    await this.#trees.makeDirectories(ABOUT, 0o755);
    for (const command of wanted) {
      const main = command === MCP_COMMAND ? mcp.main : toolCommand(this.#tools, command);
      this.#programs.set(programName(command), main);
      await this.#write(`${COMMANDS}/${command}`, `${FILE_HEAD}${command}\n`, 0o755);
    }
    await this.#write(`${ABOUT}/tools.json`, `${JSON.stringify(specs, undefined, 2)}\n`, 0o644);
    await this.#write(`${ABOUT}/mcp.json`, clientConfig(mcp.port), 0o644);
    await this.#write(`${ABOUT}/tools.d.ts`, declarations(specs), 0o644);
  }

  /** Refuses a name that would never be run, or would be run instead of something else. */
  async #check(command: string, specs: readonly ToolSpec[]): Promise<void> {
    if (builtins.has(command) || KEYWORDS.has(command) || command === MCP_COMMAND) {
      throw refused(`a tool cannot be named ${command}: that is a word of the shell or of Isopod`);
    }
    if (specs.some((spec) => commandOf(spec) === command && spec.override)) return;
    for (const folder of ELSEWHERE) {
      if (!(await this.#exists(`${folder}/${command}`))) continue;
      throw refused(
        `a tool named ${command} would stand in front of ${folder}/${command}; ` +
          "choose another name, or say override: true",
      );
    }
    const own = await this.#read(`${COMMANDS}/${command}`);
    if (own === undefined || own.startsWith(FILE_HEAD)) return;
    throw refused(`there is a file ${COMMANDS}/${command} already, which is no tool's`);
  }

  async #removeOthers(wanted: ReadonlySet<string>): Promise<void> {
    for (const name of await this.#names()) {
      if (wanted.has(name)) continue;
      const path = `${COMMANDS}/${name}`;
      if (!(await this.#read(path))?.startsWith(FILE_HEAD)) continue;
      this.#programs.delete(programName(name));
      await this.#trees.remove(path, false, true);
    }
  }

  async #names(): Promise<string[]> {
    try {
      const entries = await this.#trees.listTree(COMMANDS, false);
      return entries.map(({ name }) => name);
    } catch {
      return [];
    }
  }

  async #write(path: string, text: string, mode: number): Promise<void> {
    if ((await this.#read(path)) === text) return;
    const sys = this.#sys;
    const fd = await sys.openat(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode);
    try {
      await sys.fchown(fd, 0, 0);
      await sys.fchmod(fd, mode);
      await writeAll(sys, fd, encodeUtf8(text));
    } finally {
      await sys.close(fd);
    }
  }

  /** Undefined where there is no such file. */
  async #read(path: string): Promise<string | undefined> {
    let fd: number;
    try {
      fd = await this.#sys.openat(AT_FDCWD, path, O_RDONLY, 0);
    } catch (reason) {
      if (reason instanceof KernelError) return undefined;
      throw reason;
    }
    try {
      const { size } = await this.#sys.fstat(fd);
      const bytes = new Uint8Array(Math.min(Number(size), READ_MAX));
      const count = await this.#sys.read(fd, bytes);
      return decodeUtf8(bytes, 0, count);
    } catch (reason) {
      if (reason instanceof KernelError && reason.errno === Errno.EISDIR) return "";
      throw reason;
    } finally {
      await this.#sys.close(fd);
    }
  }

  async #exists(path: string): Promise<boolean> {
    try {
      await this.#sys.faccessat2(AT_FDCWD, path, 0, 0);
      return true;
    } catch (reason) {
      if (reason instanceof KernelError) return false;
      throw reason;
    }
  }
}

const READ_MAX = 8 << 20;

/** As clients of MCP take it. */
function clientConfig(port: number | undefined): string {
  const url = `http://127.0.0.1:${port}/mcp`;
  const mcpServers = {
    tools: { command: `${COMMANDS}/${MCP_COMMAND}`, args: [] },
    ...(port !== undefined && { "tools-over-http": { type: "http", url } }),
  };
  return `${JSON.stringify({ mcpServers }, undefined, 2)}\n`;
}

function refused(message: string): IsopodError {
  return new IsopodError("ERR_TOOL_NAME", message);
}
