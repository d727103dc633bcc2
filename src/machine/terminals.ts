/** Terminals that the host opens: it holds the master, the command gets the slave as its own. */

import { O_CLOEXEC, O_NOCTTY, O_RDWR } from "../../kernel/fd/flags.ts";
import type { Kernel } from "../../kernel/index.ts";
import { SpawnOp } from "../../kernel/syscalls/types.ts";
import { AT_FDCWD } from "../../kernel/vfs/constants.ts";
import { action, type Commands, duplicate } from "./commands.ts";
import type { TerminalRequest, TerminalResult } from "./protocol.ts";

/** Group "tty" of the base image, which owns every terminal. */
const TTY_GROUP = 5;

export class Terminals {
  readonly #kernel: Kernel;
  readonly #commands: Commands;

  constructor(kernel: Kernel, commands: Commands) {
    this.#kernel = kernel;
    this.#commands = commands;
  }

  async open(request: TerminalRequest): Promise<TerminalResult> {
    const { init } = this.#kernel;
    const master = await init.openat(AT_FDCWD, "/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC, 0);
    try {
      await init.tiocsptlck(master, 0);
      await init.tiocswinsz(master, { rows: request.rows, cols: request.cols });
      const path = `/dev/pts/${await init.tiocgptn(master)}`;
      const { uid } = await this.#commands.account(request.user);
      await init.fchownat(AT_FDCWD, path, uid, TTY_GROUP, 0);
      const actions = [
        { ...action(SpawnOp.OPEN, 0), flags: O_RDWR, path },
        action(SpawnOp.TIOCSCTTY, 0),
        duplicate(0, 1),
        duplicate(0, 2),
      ];
      const env = { TERM: "xterm-256color" };
      const started = await this.#commands.start(request, { actions, setsid: true, env });
      return { ...started, master };
    } catch (reason) {
      await init.close(master);
      throw reason;
    }
  }

  async resize(master: number, cols: number, rows: number): Promise<void> {
    await this.#kernel.init.tiocswinsz(master, { rows, cols });
  }
}
