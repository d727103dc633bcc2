/** The sessions of a server: opened, taken up again after a cut, and ended when nobody comes back. */
import { badRequest, RemoteError } from "../errors.ts";
import { CLOSE_MACHINE_GONE, GRACE_MS, PORT_PROTOCOL_HEADER, SUBPROTOCOL } from "../protocol.ts";
import { offeredProtocols } from "./access.ts";
import type { Connection, ConnectionAttachment, MachineHost, ServerSocket } from "./host.ts";
import { RpcSession } from "./rpc.ts";
import type { Route } from "./server.ts";

/** Sessions of one server at once, those in their grace too. */
const SESSIONS_MAX = 1024;
const KEY_BYTES = 16;

export class Sessions {
  readonly #host: MachineHost;
  readonly #replyBytes: number | undefined;
  readonly #sessions = new Map<string, RpcSession>();
  /** What ends those whose client does not come back. */
  readonly #graces = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(host: MachineHost, replyBytes: number | undefined) {
    this.#host = host;
    this.#replyBytes = replyBytes;
  }

  /** The route `/vms/NAME/rpc[?session=KEY&received=COUNT]`. */
  async open({ request, url, name, upgrade }: Route): Promise<Response> {
    checkUpgrade(request);
    if (!offeredProtocols(request).includes(SUBPROTOCOL)) {
      throw badRequest(`the WebSocket must offer the subprotocol ${SUBPROTOCOL}`);
    }
    const known = this.#sessions.get(url.searchParams.get("session") ?? "");
    const received = Number(url.searchParams.get("received") ?? "0");
    if (known && known.name === name && known.canResume(received)) {
      return upgrade((socket) => known.attach(socket, received, true), SUBPROTOCOL);
    }
    if (this.#sessions.size >= SESSIONS_MAX) {
      throw new RemoteError(503, "ERR_TOO_MANY_SESSIONS", "too many clients are connected");
    }
    const machine = await this.#host.attach(name);
    let session: RpcSession | undefined;
    try {
      return upgrade((socket) => {
        session = this.#make(machine, { machine: name, session: newKey(), received: 0, sent: 0 });
        return session.attach(socket, 0, false);
      }, SUBPROTOCOL);
    } catch (reason) {
      if (!session) machine.release();
      throw reason;
    }
  }

  restore(socket: ServerSocket, attachment: ConnectionAttachment): Connection {
    const known = this.#sessions.get(attachment.session);
    const session = known ?? this.#make(() => this.#host.attach(attachment.machine), attachment);
    return session.adopt(socket);
  }

  /** Ends the sessions of one machine, which goes away. */
  async endOf(name: string, reason: string): Promise<void> {
    const all = [...this.#sessions.values()].filter((session) => session.name === name);
    await Promise.all(all.map((session) => session.end(reason, CLOSE_MACHINE_GONE)));
  }

  async close(): Promise<void> {
    await Promise.all(
      [...this.#sessions.values()].map((session) => session.end("the server stops")),
    );
  }

  #make(
    machine: ConstructorParameters<typeof RpcSession>[0],
    { machine: name, session: key, sent, received }: ConnectionAttachment,
  ): RpcSession {
    const session = new RpcSession(machine, {
      name,
      session: key,
      replyBytes: this.#replyBytes,
      counts: { sent, received },
      onEnd: () => {
        this.#sessions.delete(key);
        clearTimeout(this.#graces.get(key));
        this.#graces.delete(key);
      },
      onCut: () => this.#awaitReturn(session),
    });
    this.#sessions.set(key, session);
    return session;
  }

  #awaitReturn(session: RpcSession): void {
    clearTimeout(this.#graces.get(session.session));
    const timer = setTimeout(() => {
      if (!session.connected) void session.end();
    }, GRACE_MS);
    this.#graces.set(session.session, timer);
    // On Node it would keep the process alive.
    (timer as { unref?: () => void }).unref?.();
  }
}

export function checkUpgrade(request: Request): void {
  if (request.headers.get("upgrade")?.toLowerCase() === "websocket") return;
  if (request.headers.has(PORT_PROTOCOL_HEADER)) return;
  throw new RemoteError(426, "ERR_UPGRADE_REQUIRED", "this is reached by a WebSocket");
}

function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
