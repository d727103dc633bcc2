/**
 * Runs tests on a Node of the host's, the one whose release line we claim: what fails there counts for
 * nobody. As in a machine, a test sees no network but its loopback and is nobody special; for that the
 * host must be Linux and the runner root, else it runs as the runner. What it gave is remembered.
 */
import { execFileSync, spawn } from "node:child_process";
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import type { Case } from "./checkout.ts";
import { type Judgement, judge, type Outcome } from "./outcome.ts";
import { Recorder } from "./recorder.ts";

const CACHE = join(import.meta.dirname, "../../../.cache/conformance");
const LIMIT_MS = 60_000;
const USER = 1000;

export interface Baseline extends Judgement {
  readonly ms: number;
}

export class HostNode {
  /** Without the v. */
  readonly version: string;
  readonly #node: string;
  readonly #cachePath: string;
  readonly #cache: Record<string, Baseline>;
  readonly #confined = process.platform === "linux" && process.getuid?.() === 0;

  constructor(node: string) {
    this.#node = node;
    this.version = execFileSync(node, ["--version"]).toString().trim().slice(1);
    this.#cachePath = join(CACHE, `node-v${this.version}.json`);
    this.#cache = existsSync(this.#cachePath)
      ? JSON.parse(readFileSync(this.#cachePath, "utf8"))
      : {};
  }

  /** What was found before, if anything. */
  known(test: Case): Baseline | undefined {
    return this.#cache[test.id];
  }

  /** A test that fails gets a second try: others run at the same time. */
  async baseline(test: Case): Promise<Baseline> {
    for (let attempt = 0; this.#cache[test.id] === undefined; attempt++) {
      const outcome = await this.run(test);
      const judgement = judge(test, outcome);
      if (judgement.verdict !== "fail" || attempt > 0) {
        this.#cache[test.id] = { ...judgement, ms: Math.round(outcome.ms) };
      }
    }
    return this.#cache[test.id]!;
  }

  save(): void {
    mkdirSync(CACHE, { recursive: true });
    writeFileSync(this.#cachePath, JSON.stringify(this.#cache, null, 0).replaceAll("},", "},\n"));
  }

  run(test: Case): Promise<Outcome> {
    const scratch = mkdtempSync(join(tmpdir(), "isopod-nt-"));
    if (this.#confined) chownSync(scratch, USER, USER);
    const recorder = new Recorder();
    const started = performance.now();
    const child = spawn("/bin/sh", ["-c", this.#script(test), "sh", this.#node, test.path], {
      cwd: test.root,
      env: { ...test.env, ...environment(scratch) },
      stdio: [test.terminal ? "pipe" : "ignore", "pipe", "pipe"],
      detached: true,
    });
    child.stdin?.on("error", () => {}).write(test.terminal?.input ?? "");
    child.stdout?.on("data", (chunk: Buffer) => recorder.add(chunk));
    child.stderr?.on("data", (chunk: Buffer) => recorder.add(chunk));
    return new Promise((settle, fail) => {
      let trouble: string | undefined;
      const end = () => {
        if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      };
      const timer = setTimeout(() => {
        trouble = "timeout";
        end();
      }, LIMIT_MS);
      child.on("error", fail);
      child.on("close", (code, signal) => {
        clearTimeout(timer);
        rmSync(scratch, { recursive: true, force: true });
        settle({
          output: recorder.text(test.terminal !== undefined),
          status: statusOf(code, signal),
          ms: performance.now() - started,
          ...(trouble === undefined ? {} : { trouble }),
        });
      });
    });
  }

  /** `$1` is node, `$2` the test. Name spaces end whatever the test leaves behind. */
  #script(test: Case): string {
    const plain = test.terminal
      ? `script -qec "stty -onlcr -echoctl; exec $1 $PWD/$2" /dev/null`
      : `"$1" "$PWD/$2"`;
    if (!this.#confined) return `ulimit -c 0; exec ${plain}`;
    const user = `setpriv --reuid ${USER} --regid ${USER} --clear-groups`;
    const inner = `ip link set lo up; ${user} ${plain}; exit $?`;
    return `ulimit -c 0; exec unshare --net --pid --fork --kill-child --mount-proc sh -c '${inner}' sh "$1" "$2"`;
  }
}

function environment(scratch: string): Record<string, string> {
  return {
    PATH: process.env["PATH"] ?? "/usr/bin:/bin",
    HOME: scratch,
    NODE_TEST_DIR: scratch,
    LANG: "C.UTF-8",
    TERM: "xterm-256color",
  };
}

/** A shell that waits for a test which a signal ended says 128 and the signal. */
function statusOf(code: number | null, signal: NodeJS.Signals | null): number {
  if (signal !== null) return -constants.signals[signal];
  return code !== null && code > 128 && code < 160 ? 128 - code : (code ?? 0);
}
