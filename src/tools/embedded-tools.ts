/** The embedder's functions for one machine and its forks, and the calls of them that are under way. */
import { encodeUtf8 } from "../../kernel/bytes.ts";
import { Frame } from "../../runtimes/programs/tools/frames.ts";
import type { ToolSpec } from "../../runtimes/programs/tools/spec.ts";
import { IsopodError } from "../errors.ts";
import type { ToolCall, ToolEvent } from "../machine/tools/calls.ts";
import type { Vm } from "../vm.ts";
import { RunningTool } from "./call.ts";
import type { NormalTool } from "./normalize.ts";

export class EmbeddedTools {
  readonly #tools = new Map<string, NormalTool>();
  readonly #running = new Map<number, RunningTool>();
  readonly #machines = new Map<number, Vm>();

  get specs(): ToolSpec[] {
    return [...this.#tools.values()].map(({ spec }) => spec);
  }

  add(tools: readonly NormalTool[]): void {
    for (const tool of tools) this.#tools.set(tool.spec.name, tool);
  }

  delete(name: string): boolean {
    return this.#tools.delete(name);
  }

  /** Which machine a call comes from. */
  attach(machine: number, vm: Vm): void {
    this.#machines.set(machine, vm);
  }

  run(request: ToolCall): Promise<readonly ToolEvent[]> {
    const tool = this.#tools.get(request.name);
    if (!tool) return Promise.resolve([gone(request.name)]);
    const running = new RunningTool(tool, request, () => this.#vmOf(request.machine));
    this.#running.set(request.call, running);
    running.start();
    return this.continue(request.call);
  }

  async continue(call: number): Promise<readonly ToolEvent[]> {
    const running = this.#running.get(call);
    if (!running) return [];
    const events = await running.next();
    if (running.isOver) this.#running.delete(call);
    return events;
  }

  feed(call: number, bytes: Uint8Array): void {
    this.#running.get(call)?.feed(bytes);
  }

  cancel(call: number): void {
    this.#running.get(call)?.cancel();
    this.#running.delete(call);
  }

  #vmOf(machine: number): Vm {
    const vm = this.#machines.get(machine);
    if (vm) return vm;
    const message = "a tool has no vm where its machine is not one of createVm's, as at the edge";
    throw new IsopodError("ERR_NOT_ON_THIS_HOST", message);
  }

  clear(): void {
    for (const call of [...this.#running.keys()]) this.cancel(call);
    this.#tools.clear();
    this.#machines.clear();
  }
}

function gone(name: string): ToolEvent {
  const failure = { kind: "unknown", message: `the tool ${name} was taken away`, issues: [] };
  return { type: Frame.FAILURE, payload: encodeUtf8(JSON.stringify(failure)) };
}
