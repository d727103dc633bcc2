/**
 * The HTTP parser against recorded.json: requests and responses, whole, broken and in pieces, with what the
 * parser of Node 22.23.3 (llhttp 9.3) said to them, its errors' codes, reasons and places too.
 */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { REQUEST, RESPONSE } from "../../../../runtimes/node/http/constants.ts";
import { Llhttp } from "../../../../runtimes/node/http/llhttp.ts";
import type { Listener } from "../../../../runtimes/node/http/parser-core.ts";

interface Recorded {
  readonly type: typeof REQUEST | typeof RESPONSE;
  readonly chunks: readonly string[];
  readonly lenient: number;
  readonly events: readonly unknown[];
}

const FILE = new URL("recorded.json", import.meta.url);
const recorded: Recorded[] = JSON.parse(readFileSync(FILE, "utf8"));

const latin1 = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));

/** Notes events as Node's HTTPParser reports them to JavaScript. */
class Recorder implements Listener {
  readonly events: unknown[] = [];
  readonly parser = new Llhttp(this);
  #pairs: string[] = [];
  #isInField = false;
  #url = "";
  #status = "";
  #hasFlushed = false;

  onMessageBegin(): boolean {
    this.#url = "";
    this.#status = "";
    this.#pairs = [];
    this.events.push("begin");
    return false;
  }

  onUrl(text: string): boolean {
    this.#url += text;
    return false;
  }

  onStatus(text: string): boolean {
    this.#status += text;
    return false;
  }

  onHeaderField(text: string): boolean {
    if (!this.#isInField) this.#pairs.push("", "");
    this.#isInField = true;
    this.#pairs[this.#pairs.length - 2] += text;
    return false;
  }

  onHeaderValue(text: string): boolean {
    this.#isInField = false;
    this.#pairs[this.#pairs.length - 1] += text;
    return false;
  }

  onHeadersComplete(): number {
    if (this.#hasFlushed) this.#flush();
    const { type, major, minor, method, statusCode, upgrade, shouldKeepAlive } = this.parser;
    const isRequest = type === REQUEST;
    const headers = this.#hasFlushed ? null : this.#headers();
    this.events.push([
      "complete",
      major,
      minor,
      headers,
      isRequest ? method : null,
      isRequest && headers ? this.#url : null,
      isRequest ? null : statusCode,
      isRequest ? null : this.#status,
      upgrade,
      shouldKeepAlive,
    ]);
    return 0;
  }

  onBody(bytes: Uint8Array): boolean {
    if (bytes.length > 0) this.events.push(`body:${String.fromCharCode(...bytes)}`);
    return false;
  }

  onMessageComplete(): boolean {
    if (this.#pairs.length > 0) this.#flush();
    this.events.push("done");
    return false;
  }

  onChunkHeader(): void {}

  onChunkExtension(): boolean {
    return false;
  }

  onChunkComplete(): void {}

  /** Reads one piece; false where nothing more is recorded. */
  read(chunk: string): boolean {
    const { parser } = this;
    parser.execute(latin1(chunk));
    const { code, reason, position } = parser;
    const isUpgrade = code === "HPE_PAUSED_UPGRADE";
    if (code !== "" && !isUpgrade && !parser.upgrade) {
      this.events.push({ code, reason, n: position });
      return false;
    }
    this.events.push(position);
    return !isUpgrade;
  }

  #flush(): void {
    this.#hasFlushed = true;
    this.events.push(["headers", this.#headers(), this.#url]);
    this.#url = "";
  }

  #headers(): string[] {
    return this.#pairs.splice(0).map((text) => text.replace(/[ \t]+$/, ""));
  }
}

test.each(recorded)("$type $chunks", ({ type, chunks, lenient, events }) => {
  const recorder = new Recorder();
  recorder.parser.reset(type, lenient);
  const isRead = chunks.every((chunk) => recorder.read(chunk));
  if (isRead && events.length > recorder.events.length) {
    const { parser } = recorder;
    const ok = parser.finish();
    recorder.events.push(ok ? null : { fin: parser.code, reason: parser.reason });
  }
  expect(recorder.events).toEqual(events);
});

test("both kinds are recorded, and errors as well as messages", () => {
  expect(new Set(recorded.map(({ type }) => type))).toEqual(new Set([REQUEST, RESPONSE]));
  const failed = recorded.filter(({ events }) => JSON.stringify(events).includes("HPE_"));
  expect(failed.length).toBeGreaterThan(100);
  expect(recorded.length - failed.length).toBeGreaterThan(50);
});
