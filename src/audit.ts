/** Hearing of what crosses a machine's boundary: `vm.audit` and `vm.crossings`. */
import type { AuditEvent } from "./machine/embedder.ts";
import { type Place, refuse } from "./options/check.ts";
import { permissionsElsewhere } from "./permissions/deciders.ts";
import type { RemoteMachine } from "./remote-machine.ts";

type Listener = (event: AuditEvent) => unknown;

/** Of one machine: one listener at a time, and any number of streams. */
export class Audit {
  readonly #machine: RemoteMachine;
  #end: (() => Promise<void>) | undefined;
  /** Of the streams that are open. */
  readonly #controllers = new Set<ReadableStreamDefaultController<AuditEvent>>();

  constructor(machine: RemoteMachine) {
    this.#machine = machine;
  }

  /** Resolves when the listener before has heard everything and the new one is there. */
  async replace(listener: Listener | undefined): Promise<void> {
    const place: Place = { where: "audit", name: "the listener" };
    if (listener !== undefined && typeof listener !== "function") {
      refuse(place, listener, "a function, or undefined to end it");
    }
    const end = this.#end;
    this.#end = undefined;
    await end?.();
    if (listener) this.#end = await listen(this.#machine, listener);
  }

  stream(): ReadableStream<AuditEvent> {
    let end: (() => Promise<void>) | undefined;
    let resume = () => {};
    let own: ReadableStreamDefaultController<AuditEvent> | undefined;
    return new ReadableStream({
      start: async (controller) => {
        own = controller;
        this.#machine.embedding.farewells.add(this.close);
        this.#controllers.add(controller);
        end = await listen(this.#machine, (event) => {
          controller.enqueue(event);
          if ((controller.desiredSize ?? 0) > 0) return undefined;
          return new Promise<void>((resolve) => {
            resume = resolve;
          });
        });
      },
      pull() {
        resume();
      },
      cancel: async () => {
        if (own) this.#controllers.delete(own);
        resume();
        await end?.();
      },
    });
  }

  /** The machine is gone: streams end. */
  readonly close = (): void => {
    this.#machine.embedding.farewells.delete(this.close);
    for (const controller of this.#controllers) controller.close();
    this.#controllers.clear();
  };
}

/** What comes back ends it, once everything so far was heard. */
async function listen(machine: RemoteMachine, listener: Listener): Promise<() => Promise<void>> {
  const { embedding } = machine;
  const number = embedding.addAuditor(listener);
  try {
    await machine.machine("audit", number, true);
  } catch (reason) {
    embedding.removeAuditor(number);
    const { code } = reason as { code?: unknown };
    throw code === "ERR_NO_SUCH_OPERATION" ? permissionsElsewhere("vm.audit") : reason;
  }
  return async () => {
    await machine.machine("audit", number, false);
    embedding.removeAuditor(number);
  };
}
