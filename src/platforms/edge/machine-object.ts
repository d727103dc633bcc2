/** The Durable Object that is one machine: its kernel runs here, and its storage is the machine's disk. */
import { DurableObject } from "cloudflare:workers";
import * as baseImage from "isopod:base-image";
import type { DurableObjectState, WebSocket } from "@cloudflare/workers-types";
import type { NetworkOptions } from "../../options/network.ts";
import type { Permissions } from "../../options/permissions.ts";
import { RemoteServer } from "../../remote/server/server.ts";
import type { DurableObjectStorage } from "../../stores/durable-object.ts";
import type { ToolGroup } from "../../tools/tool.ts";
import { BundledImage } from "./bundled-image.ts";
import type { EdgeEnv } from "./env.ts";
import { EdgeFormat } from "./formats.ts";
import { DurableMachineHost, type MachineRecord } from "./machine-host.ts";
import { edgeNode } from "./node-format.ts";
import { preparePeer } from "./peer.ts";
import { edgePlatform } from "./platform.ts";
import { edgeQjs } from "./quickjs.ts";
import { Sockets } from "./sockets.ts";

/** Most bytes of one answer: an isolate has 128 MB for all its objects. */
const REPLY_BYTES = 16 << 20;

/** A close frame without a code is told as 1005, which may not be sent. */
const [NORMAL, NO_STATUS] = [1000, 1005];

export class IsopodMachine extends DurableObject<EdgeEnv> {
  readonly #host: DurableMachineHost;
  readonly #server: RemoteServer;
  readonly #sockets: Sockets;

  constructor(ctx: DurableObjectState, env: EdgeEnv) {
    super(ctx, env);
    const platform = edgePlatform({
      image: { ...baseImage.image, source: new BundledImage(baseImage, env.ASSETS) },
      images: env.IMAGES,
      formats: [new EdgeFormat(baseImage, env.LOADER), edgeNode(env.ASSETS)],
      programs: edgeQjs(),
      storage: ctx.storage as unknown as DurableObjectStorage,
    });
    this.#host = new DurableMachineHost({
      storage: ctx.storage,
      platform,
      prepare: (record) => preparePeer(env, record),
      tools: () => this.tools(),
      permissions: () => this.permissions(),
      network: () => this.network(),
    });
    this.#server = new RemoteServer({
      machines: this.#host,
      // Who may come here has been asked by handle().
      token: undefined,
      origins: ["*"],
      replyBytes: REPLY_BYTES,
    });
    this.#sockets = new Sockets(ctx, this.#server);
  }

  /** Functions of yours that programs of its machine may call, by name; to be overridden. */
  protected tools(): ToolGroup {
    return {};
  }

  /** What its machine may reach; to be overridden. As it is, ISOPOD_NETWORK's rules. */
  protected permissions(): Permissions {
    const rules = this.env.ISOPOD_NETWORK?.split(/\s+/).filter((rule) => rule !== "") ?? [];
    return { network: rules };
  }

  /** How what is granted is reached; to be overridden. */
  protected network(): NetworkOptions {
    return {};
  }

  fetch(request: Request): Promise<Response> {
    return this.#server.fetch(request, this.#sockets.upgrade(request.url));
  }

  /** Asked by another machine's object, which is about to send a fork here. */
  expect(record: MachineRecord): Promise<void> {
    return this.#host.expect(record);
  }

  webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
    return this.#sockets.message(socket, data);
  }

  webSocketClose(socket: WebSocket, code: number, reason: string, clean: boolean): void {
    this.#closed(socket, clean);
    // The other half of the handshake, which the runtime leaves to us: the client waits for it.
    if (clean) socket.close(code === NO_STATUS ? NORMAL : code, reason);
  }

  webSocketError(socket: WebSocket): void {
    this.#closed(socket, false);
  }

  #closed(socket: WebSocket, clean: boolean): void {
    if (this.#sockets.closed(socket, clean)) void this.#host.left();
  }
}
