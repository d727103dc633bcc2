/**
 * Runs a case in the host's own bash, in an empty directory, as nobody special where the runner is
 * root. What it gave is remembered between runs, for as long as case and bash are the same.
 */
import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { CASE_TIMEOUT, type Case, environmentOf, type Outcome } from "./case.ts";

const BASH = "/bin/bash";
const USER = 1000;
const CACHE = join(import.meta.dirname, "../../../.cache/conformance");

export class HostBash {
  readonly #root: string;
  readonly #cachePath: string;
  readonly #cache: Record<string, Outcome>;
  readonly #version = execFileSync(BASH, ["-c", 'echo "$BASH_VERSION"']).toString();
  readonly #folder = mkdtempSync(join(tmpdir(), "isopod-shell-"));
  readonly #privileged = process.getuid?.() === 0;

  constructor(suite: string, root: string) {
    this.#root = root;
    this.#cachePath = join(CACHE, `${suite}.json`);
    this.#cache = existsSync(this.#cachePath)
      ? JSON.parse(readFileSync(this.#cachePath, "utf8"))
      : {};
    chmodSync(this.#folder, 0o755);
    cpSync(join(import.meta.dirname, "programs"), join(this.#folder, "programs"), {
      recursive: true,
    });
  }

  async run(test: Case): Promise<Outcome> {
    const contents = Object.values(test.files).map((path) => readFileSync(path, "latin1"));
    const key = createHash("sha256")
      .update(JSON.stringify([this.#version, test, contents]))
      .digest("hex");
    return (this.#cache[key] ??= await this.#start(test));
  }

  [Symbol.dispose](): void {
    mkdirSync(CACHE, { recursive: true });
    writeFileSync(this.#cachePath, JSON.stringify(this.#cache));
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #start(test: Case): Promise<Outcome> {
    const directory = mkdtempSync(join(this.#folder, "case-"));
    for (const name of test.directories) mkdirSync(join(directory, name));
    for (const [name, path] of Object.entries(test.files)) cpSync(path, join(directory, name));
    if (this.#privileged) this.#own(test, directory);
    const place = { directory, root: this.#root, programs: join(this.#folder, "programs") };
    // One pipe for both streams keeps what they say in order.
    const streams = test.merged ? "2>&1" : "";
    const command = ["-c", `exec -a bash ${BASH} "$@" ${streams}`, "bash", ...test.argv.slice(1)];
    const child = spawn(BASH, command, {
      cwd: directory,
      env: environmentOf(place),
      detached: true,
      stdio: [test.stdin === undefined ? "ignore" : "pipe", "pipe", "pipe"],
      ...(this.#privileged ? { uid: USER, gid: USER } : {}),
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout!.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr!.on("data", (chunk: Buffer) => stderr.push(chunk));
    // A shell that ends early leaves input unread.
    child.stdin?.on("error", () => {});
    child.stdin?.end(Buffer.from(test.stdin ?? "", "latin1"));
    let trouble: string | undefined;
    const timer = setTimeout(() => {
      trouble = "timeout";
      process.kill(-child.pid!, "SIGKILL");
    }, CASE_TIMEOUT);
    const status = await new Promise<number>((settle) => {
      child.on("close", (code, signal) => settle(code ?? -constants.signals[signal!]));
    });
    clearTimeout(timer);
    rmSync(directory, { recursive: true, force: true });
    return {
      stdout: Buffer.concat(stdout).toString("latin1"),
      stderr: Buffer.concat(stderr).toString("latin1"),
      status,
      ...(trouble ? { trouble } : {}),
    };
  }

  #own(test: Case, directory: string): void {
    for (const name of ["", ...test.directories, ...Object.keys(test.files)]) {
      chownSync(join(directory, name), USER, USER);
    }
  }
}
