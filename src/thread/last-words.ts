/** What a kernel's process says on its standard error: passed on, but for what V8 says as it dies. */

/** Characters that are kept. */
const TAIL = 4096;
const DYING = 1 << 16;

/** How V8's and Node's last words begin: a fatal error, a heap that is full, an assertion. */
const BEGIN = /^\s*(#|<--- |FATAL ERROR|----- )/m;
/** What they have to say, of what they say. */
const GISTS = [/^# Fatal error .*\n# (.+)$/m, /^FATAL ERROR: (.+)$/m, /(\S.*)\s*$/];

export class LastWords {
  #text = "";
  #dying = false;

  /** All of it, as far as it is kept. */
  get text(): string {
    return this.#text;
  }

  /** In a line; empty where nothing was said. */
  get gist(): string {
    for (const gist of GISTS) {
      const [, found] = gist.exec(this.#text) ?? [];
      if (found !== undefined) return found.trim();
    }
    return "";
  }

  hear(text: string): void {
    this.#dying ||= BEGIN.test(text);
    if (!this.#dying) process.stderr.write(text);
    const most = this.#dying ? DYING : TAIL;
    if (!this.#dying || this.#text.length < most) this.#text = (this.#text + text).slice(-most);
  }
}
