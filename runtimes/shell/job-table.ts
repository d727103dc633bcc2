/** The jobs of a shell: plain state. What starts, waits for and continues them stands in jobs.ts. */
import { ShellError } from "./errors.ts";

export interface JobProcess {
  readonly pid: number;
  state: "running" | "stopped" | "done";
  /** Raw wait status once it stopped or is done. */
  status: number;
  /** Its part of a pipeline, as `jobs` prints it. */
  readonly command?: string;
}

export class Job {
  readonly number: number;
  /** Its process group; 0 where it shares the shell's. */
  readonly pgid: number;
  readonly processes: JobProcess[] = [];
  /** The command as `jobs` prints it. */
  readonly command: string;
  /** Waited for by the shell itself, not in the background. */
  isForeground: boolean;
  /** The last change of state was reported to the user. */
  isNotified = false;
  /** `disown -h`: not to be sent SIGHUP. */
  keepsRunning = false;
  /** Its processes are children of the shell that this one was forked from: it can be neither waited for nor continued. */
  isInherited = false;
  /** The working directory where it was started. */
  readonly cwd: string;

  constructor(number: number, pgid: number, command: string, foreground: boolean, cwd: string) {
    this.number = number;
    this.pgid = pgid;
    this.command = command;
    this.isForeground = foreground;
    this.cwd = cwd;
  }

  clone(): Job {
    const copy = new Job(this.number, this.pgid, this.command, this.isForeground, this.cwd);
    copy.processes.push(...this.processes.map((process) => ({ ...process })));
    copy.isNotified = this.isNotified;
    copy.isInherited = true;
    return copy;
  }

  /** Done when all of it is; stopped when nothing of it runs and something is stopped. */
  get state(): "running" | "stopped" | "done" {
    let state: "running" | "stopped" | "done" = "done";
    for (const process of this.processes) {
      if (process.state === "running") return "running";
      if (process.state === "stopped") state = "stopped";
    }
    return state;
  }

  /** The raw wait status of its last process. */
  get status(): number {
    return this.processes.at(-1)?.status ?? 0;
  }
}

export class JobTable {
  readonly #jobs = new Map<number, Job>();
  /** Numbers of the current job, the one before it, and so on. */
  #recent: number[] = [];

  get all(): Job[] {
    return [...this.#jobs.values()].sort((a, b) => a.number - b.number);
  }

  /** Whether it knows of children of this shell. */
  get hasChildren(): boolean {
    return this.#jobs.size > 0 && this.all.some((job) => !job.isInherited);
  }

  get size(): number {
    return this.#jobs.size;
  }

  /** `%+`: the last one stopped or put into the background. */
  get current(): Job | undefined {
    return this.#byRecency()[0];
  }

  /** `%-` */
  get previous(): Job | undefined {
    return this.#byRecency()[1];
  }

  nextNumber(): number {
    let last = 0;
    for (const number of this.#jobs.keys()) last = Math.max(last, number);
    return last + 1;
  }

  add(job: Job): void {
    this.#jobs.set(job.number, job);
    this.makeCurrent(job);
  }

  makeCurrent(job: Job): void {
    this.#recent = [job.number, ...this.#recent.filter((number) => number !== job.number)];
  }

  remove(job: Job): void {
    this.#jobs.delete(job.number);
    this.#recent = this.#recent.filter((number) => number !== job.number);
  }

  /** For a subshell: none of the processes are its children. */
  fork(): JobTable {
    const copy = new JobTable();
    for (const job of this.#jobs.values()) copy.#jobs.set(job.number, job.clone());
    copy.#recent = [...this.#recent];
    return copy;
  }

  clear(): void {
    this.#jobs.clear();
    this.#recent = [];
  }

  byPid(pid: number): Job | undefined {
    return this.all.find((job) => job.processes.some((process) => process.pid === pid));
  }

  /** The job that `%1`, `%+`, `%-`, `%name` or `%?text` names. Throws ShellError. */
  find(spec: string): Job {
    const text = spec.startsWith("%") ? spec.slice(1) : spec;
    const job = this.#match(spec, text);
    if (!job) throw new ShellError(`${spec}: no such job`);
    return job;
  }

  #match(spec: string, text: string): Job | undefined {
    if (text === "" || text === "%" || text === "+") return this.current;
    if (text === "-") return this.previous ?? this.current;
    if (/^[0-9]+$/u.test(text)) return this.#jobs.get(Number(text));
    const matching = this.all.filter((job) =>
      text.startsWith("?") ? job.command.includes(text.slice(1)) : job.command.startsWith(text),
    );
    if (matching.length > 1) throw new ShellError(`${spec.replace(/^%/u, "")}: ambiguous job spec`);
    return matching[0];
  }

  /** Stopped jobs come before running ones. */
  #byRecency(): Job[] {
    const jobs = this.#recent.map((number) => this.#jobs.get(number) as Job);
    return [
      ...jobs.filter((job) => job.state === "stopped"),
      ...jobs.filter((job) => job.state !== "stopped"),
    ];
  }
}
