/** An interactive bash on a terminal of the kernel: keys go in, the screen is looked at. */
import { AT_FDCWD, O_CLOEXEC, O_NOCTTY, O_RDWR, Signal } from "../../../../kernel/abi.ts";
import { decodeUtf8, encodeUtf8, type Kernel, SpawnOp } from "../../../../kernel/index.ts";
import { NO_ATTRIBUTES, now } from "../../../kernel/boot.ts";
import { ScreenModel } from "../line-editor/screen-model.ts";
import { bootShell, DIRECTORY, writeFile } from "../machine.ts";

const ROWS = 24;
const PATIENCE_MS = 60_000;

export interface SessionOptions {
  readonly columns?: number;
  readonly argv?: readonly string[];
  /** Files by path, there before the shell starts. */
  readonly files?: Readonly<Record<string, string>>;
}

export class Session {
  readonly kernel: Kernel;
  readonly #screen: ScreenModel;
  readonly #master: number;
  readonly #pid: number;
  #changed = Promise.withResolvers<void>();
  #ended = false;
  #status: Promise<number>;

  constructor(kernel: Kernel, screen: ScreenModel, master: number, pid: number) {
    this.kernel = kernel;
    this.#screen = screen;
    this.#master = master;
    this.#pid = pid;
    this.#status = this.#listen();
  }

  static async open(options: SessionOptions = {}): Promise<Session> {
    const { columns = 80, argv = ["/bin/bash", "--norc"], files = {} } = options;
    const kernel = bootShell();
    const { init } = kernel;
    now(init.mount("devpts", "/dev/pts", "devpts", 0, ""));
    for (const [path, text] of Object.entries(files)) writeFile(kernel, path, text);
    const master = now(init.openat(AT_FDCWD, "/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC, 0));
    now(init.tiocsptlck(master, 0));
    now(init.tiocswinsz(master, { rows: ROWS, cols: columns }));
    const path = `/dev/pts/${now(init.tiocgptn(master))}`;
    const nothing = { source: 0, flags: 0, mode: 0, path: "" };
    const actions = [
      { ...nothing, op: SpawnOp.OPEN, fd: 0, flags: O_RDWR, path },
      { ...nothing, op: SpawnOp.TIOCSCTTY, fd: 0 },
      { ...nothing, op: SpawnOp.DUP2, fd: 1 },
      { ...nothing, op: SpawnOp.DUP2, fd: 2 },
    ];
    const environment = ["PATH=/bin", "HOME=/home/user", "TERM=xterm", "PS1=$ "];
    const pid = await init.spawn(argv[0] as string, argv, environment, actions, {
      ...NO_ATTRIBUTES,
      cwd: DIRECTORY,
      setsid: true,
    });
    const session = new Session(kernel, new ScreenModel(columns), master, pid);
    await session.until(/\$ ?$/);
    return session;
  }

  get text(): string {
    return this.#screen.lines.join("\n");
  }

  /** Sends keys as they stand. */
  async keys(text: string): Promise<void> {
    await this.kernel.init.write(this.#master, encodeUtf8(text));
  }

  /** Enters a line and waits for what is to be seen then. */
  async enter(line: string, expected: RegExp): Promise<string> {
    await this.keys(`${line}\r`);
    return this.until(expected);
  }

  /** Waits until the screen shows what is expected; fails with the screen where it never does. */
  async until(expected: RegExp): Promise<string> {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.#changed.resolve();
    }, PATIENCE_MS);
    try {
      while (!expected.test(this.text)) {
        if (this.#ended || isLate) {
          throw new Error(`${expected} never came; the screen was\n${this.text}`);
        }
        await this.#changed.promise;
      }
      return this.text;
    } finally {
      clearTimeout(timer);
    }
  }

  async resize(columns: number): Promise<void> {
    await this.kernel.init.tiocswinsz(this.#master, { rows: ROWS, cols: columns });
  }

  async hangUp(): Promise<void> {
    await this.kernel.init.kill(this.#pid, Signal.SIGHUP);
  }

  /** The exit status, when the shell has ended. */
  status(): Promise<number> {
    return this.#status;
  }

  async #listen(): Promise<number> {
    const { init } = this.kernel;
    const buffer = new Uint8Array(4096);
    for (;;) {
      const length = await Promise.resolve(init.read(this.#master, buffer)).catch(() => 0);
      if (length === 0) break;
      this.#screen.write(decodeUtf8(buffer, 0, length));
      this.#changed.resolve();
      this.#changed = Promise.withResolvers();
    }
    const { status } = await init.wait4(this.#pid, 0);
    this.#ended = true;
    this.#changed.resolve();
    return (status & 0x7f) === 0 ? status >> 8 : 128 + (status & 0x7f);
  }
}
