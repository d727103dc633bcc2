/** A pseudo-terminal for tests: the master in pid 1's hands, programs on the slave. */
import {
  AT_FDCWD,
  decodeUtf8,
  encodeUtf8,
  type Kernel,
  type Main,
  O_RDWR,
  POLLIN,
  S_IFCHR,
} from "../../../kernel/index.ts";
import { makedev } from "../../../kernel/vfs/constants.ts";
import { now } from "../boot.ts";

export interface TestTerminal {
  readonly master: number;
  readonly path: string;
  type(text: string): Promise<void>;
  /** Reads the screen until it shows `text`, and returns all that it showed since the last time. */
  shows(text: string): Promise<string>;
  /** Starts `main` as the leader of a session that the terminal controls, on descriptors 0, 1 and 2. */
  start(main: Main): number;
}

export function openTerminal(kernel: Kernel): TestTerminal {
  const { init } = kernel;
  makeDevices(kernel);
  const master = now(init.openat(AT_FDCWD, "/dev/ptmx", O_RDWR, 0));
  now(init.tiocsptlck(master, 0));
  const number = now(init.tiocgptn(master));
  const path = `/dev/pts/${number}`;
  now(init.mknodat(AT_FDCWD, path, S_IFCHR | 0o666, makedev(136, number)));
  let screen = "";
  return {
    master,
    path,
    async type(text) {
      await init.write(master, encodeUtf8(text));
    },
    async shows(text) {
      const buffer = new Uint8Array(4096);
      while (!screen.includes(text)) {
        await init.ppoll([{ fd: master, events: POLLIN }], undefined, undefined);
        screen += decodeUtf8(buffer, 0, await init.read(master, buffer));
      }
      const shown = screen;
      screen = "";
      return shown;
    },
    start: (main) =>
      init.fork(async (sys) => {
        now(sys.setsid());
        const slave = now(sys.openat(AT_FDCWD, path, O_RDWR, 0));
        for (const fd of [0, 1, 2]) if (fd !== slave) now(sys.dup3(slave, fd, 0));
        now(sys.close_range(3, 0xffff, 0));
        return main(sys);
      }),
  };
}

function makeDevices({ init }: Kernel): void {
  try {
    now(init.mkdirat(AT_FDCWD, "/dev", 0o755));
    now(init.mkdirat(AT_FDCWD, "/dev/pts", 0o755));
    now(init.mknodat(AT_FDCWD, "/dev/ptmx", S_IFCHR | 0o666, makedev(5, 2)));
    now(init.mknodat(AT_FDCWD, "/dev/tty", S_IFCHR | 0o666, makedev(5, 0)));
  } catch {
    // They are there already.
  }
}
