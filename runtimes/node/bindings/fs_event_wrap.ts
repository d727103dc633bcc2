/** internalBinding("fs_event_wrap"): fs.watch, over one inotify instance for all watchers of a process. */
import {
  decodeUtf8,
  Errno,
  IN_ATTRIB,
  IN_CLOEXEC,
  IN_CREATE,
  IN_DELETE,
  IN_DELETE_SELF,
  IN_MODIFY,
  IN_MOVE_SELF,
  IN_MOVED_FROM,
  IN_MOVED_TO,
  IN_NONBLOCK,
  INOTIFY_EVENT_BYTES,
  KernelError,
  POLLIN,
} from "../../../kernel/abi.ts";
import { HandleWrap } from "../async-wrap.ts";
import type { BindingFactory, Environment } from "../environment.ts";
import { uvErrno } from "../errors.ts";
import { LoopHandle, Watcher } from "../loop/event-loop.ts";
import { fromPath, toPath } from "./fs/paths.ts";

/** What libuv asks for, and which of it means that content or attributes changed. */
const CHANGES = IN_ATTRIB | IN_MODIFY;
const EVENTS =
  CHANGES | IN_CREATE | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF | IN_MOVED_FROM | IN_MOVED_TO;

export const fsEventWrap: BindingFactory = (env) => {
  const inotify = new Inotify(env);

  class FSEvent extends HandleWrap {
    readonly #handle = new LoopHandle(env.loop);
    #path = "";
    #encoding: unknown;
    #wd = -1;

    constructor() {
      super(env, "FSEVENTWRAP");
    }

    protected get handles() {
      return [this.#handle];
    }

    get initialized(): boolean {
      return this.#wd >= 0 && this.isOpen;
    }

    /** `recursive` is lib/'s own affair on Linux. */
    start(path: unknown, persistent: boolean, _recursive: boolean, encoding: unknown): number {
      if (this.#wd >= 0) return 0;
      this.#path = toPath(path);
      this.#encoding = encoding;
      try {
        this.#wd = inotify.add(this.#path, this);
      } catch (reason) {
        return uvErrno(reason);
      }
      this.#handle.active = true;
      if (!persistent) this.#handle.unref();
      return 0;
    }

    /** The instance's own call; `name` is empty for the watched file itself. */
    tell(mask: number, name: string): void {
      const type = (mask & ~CHANGES) !== 0 ? "rename" : "change";
      const shown = name === "" ? basename(this.#path) : name;
      this.makeCallback("onchange", [0, type, fromPath(env, shown, this.#encoding)]);
    }

    protected onClose(): void {
      this.#handle.active = false;
      if (this.#wd >= 0) inotify.remove(this.#wd, this);
    }
  }

  return { FSEvent };
};

interface Listener {
  tell(mask: number, name: string): void;
}

class Inotify {
  readonly #env: Environment;
  readonly #listeners = new Map<number, Set<Listener>>();
  #fd = -1;
  #watcher: Watcher | undefined;

  constructor(env: Environment) {
    this.#env = env;
  }

  add(path: string, listener: Listener): number {
    const { sys, loop } = this.#env;
    if (this.#fd < 0) {
      this.#fd = sys.inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
      this.#watcher = new Watcher(loop, this.#fd, () => this.#read());
      this.#watcher.unref();
    }
    const wd = sys.inotify_add_watch(this.#fd, path, EVENTS);
    const listeners = this.#listeners.get(wd);
    if (listeners) listeners.add(listener);
    else this.#listeners.set(wd, new Set([listener]));
    if (this.#watcher) this.#watcher.events = POLLIN;
    return wd;
  }

  remove(wd: number, listener: Listener): void {
    const listeners = this.#listeners.get(wd);
    if (!listeners?.delete(listener) || listeners.size > 0) return;
    this.#listeners.delete(wd);
    if (this.#listeners.size === 0 && this.#watcher) this.#watcher.events = 0;
    try {
      this.#env.sys.inotify_rm_watch(this.#fd, wd);
    } catch (reason) {
      // The file is gone, and the watch with it.
      if (!(reason instanceof KernelError)) throw reason;
    }
  }

  #read(): void {
    const buffer = new Uint8Array(4096);
    const view = new DataView(buffer.buffer);
    for (;;) {
      let length: number;
      try {
        length = this.#env.sys.read(this.#fd, buffer);
      } catch (reason) {
        if (reason instanceof KernelError && reason.errno === Errno.EAGAIN) return;
        throw reason;
      }
      for (let at = 0; at < length; ) {
        const nameLength = view.getUint32(at + 12, true);
        const start = at + INOTIFY_EVENT_BYTES;
        const [name = ""] = decodeUtf8(buffer, start, start + nameLength).split("\0", 1);
        const mask = view.getUint32(at + 4, true);
        for (const listener of [...(this.#listeners.get(view.getInt32(at, true)) ?? [])]) {
          listener.tell(mask, name);
        }
        at = start + nameLength;
      }
      if (this.#listeners.size === 0) return;
    }
  }
}

function basename(path: string): string {
  const trimmed = path.replace(/\/+$/, "");
  return trimmed.slice(trimmed.lastIndexOf("/") + 1);
}
