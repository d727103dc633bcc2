/**
 * The machine's tools as a server of the Model Context Protocol, by the official SDK. Loaded when a program
 * of a machine with tools first speaks MCP; what carries the messages stands beside it.
 */
import {
  type CallToolResult,
  type ContentBlock,
  Server,
  type ServerContext,
  type Tool,
} from "@modelcontextprotocol/server";
import { CfWorkerJsonSchemaValidator } from "@modelcontextprotocol/server/validators/cf-worker";
import { decodeUtf8, joined } from "../../../kernel/index.ts";
import { type CallFailure, Frame } from "../../../runtimes/programs/tools/frames.ts";
import { shapeOf } from "../../../runtimes/programs/tools/shape.ts";
import { flatName, type ToolSpec } from "../../../runtimes/programs/tools/spec.ts";
import type { ToolEvent } from "../tools/calls.ts";
import type { Caller, ToolRun, Tools } from "../tools/tools.ts";

const SELF = { name: "isopod-tools", version: "0.1.0" };
/** Bytes of streamed output that one answer gathers; what is more is left out. */
const GATHERED_MAX = 4 << 20;

/** `caller` says on whose behalf a request is. */
export function mcpServer(tools: Tools, caller: (context: ServerContext) => Caller): Server {
  const server = new Server(SELF, {
    capabilities: { tools: { listChanged: true } },
    // It makes no code of schemas, which hosts may forbid.
    jsonSchemaValidator: new CfWorkerJsonSchemaValidator(),
  });
  server.setRequestHandler("tools/list", () => ({ tools: tools.list().map(described) }));
  server.setRequestHandler("tools/call", ({ params }, context) => {
    const spec = tools.list().find(({ name }) => flatName(name) === params.name);
    const request = {
      name: spec?.name ?? params.name,
      input: JSON.stringify(params.arguments ?? {}),
      hasInput: false,
    };
    return new Exchange(tools.begin(request, caller(context)), spec, context).answer();
  });
  const stop = tools.onChange(() => {
    // A client that has not said hello yet asks for the list anyway.
    server.sendToolListChanged().catch(() => {});
  });
  server.onclose = stop;
  return server;
}

function described(spec: ToolSpec): Tool {
  const { name, description, input, output } = spec;
  const hasOutput = output !== undefined && isObject(output);
  return {
    name: flatName(name),
    description,
    inputSchema: { ...input, type: "object" } as Tool["inputSchema"],
    ...(hasOutput && { outputSchema: { ...output, type: "object" } as Tool["outputSchema"] }),
  };
}

/** The protocol has structured content for objects alone. */
function isObject(schema: ToolSpec["input"]): boolean {
  const { types } = shapeOf(schema, schema);
  return types.size === 1 && types.has("object");
}

/** One tools/call. */
class Exchange {
  readonly #run: ToolRun;
  readonly #spec: ToolSpec | undefined;
  readonly #context: ServerContext;
  readonly #output: Uint8Array[] = [];
  readonly #items: string[] = [];
  #gathered = 0;
  #isCut = false;
  #steps = 0;

  constructor(run: ToolRun, spec: ToolSpec | undefined, context: ServerContext) {
    this.#run = run;
    this.#spec = spec;
    this.#context = context;
  }

  async answer(): Promise<CallToolResult> {
    const { signal } = this.#context.mcpReq;
    const cancel = () => this.#run.cancel();
    signal.addEventListener("abort", cancel, { once: true });
    if (signal.aborted) cancel();
    try {
      for (;;) {
        for (const event of await this.#run.next()) {
          const result = await this.#take(event);
          if (result) return result;
        }
      }
    } finally {
      signal.removeEventListener("abort", cancel);
      this.#run.cancel();
    }
  }

  /** The answer, once that is there. */
  async #take({ type, payload }: ToolEvent): Promise<CallToolResult | undefined> {
    switch (type) {
      case Frame.OUTPUT:
        this.#gather(this.#output, payload, payload.length);
        await this.#tell({ progress: ++this.#steps, message: decodeUtf8(payload) });
        return undefined;
      case Frame.ITEM: {
        const text = decodeUtf8(payload);
        this.#gather(this.#items, text, text.length);
        await this.#tell({ progress: ++this.#steps, message: text });
        return undefined;
      }
      case Frame.PROGRESS:
        await this.#tell(JSON.parse(decodeUtf8(payload)));
        return undefined;
      case Frame.WANT:
        return undefined;
      case Frame.FAILURE:
        return this.#failure(JSON.parse(decodeUtf8(payload)));
      default:
        return this.#success(type, payload);
    }
  }

  #success(type: number, payload: Uint8Array): CallToolResult {
    const content = this.#written();
    if (type === Frame.BYTES) content.push(this.#bytes(payload));
    else if (type !== Frame.NOTHING) content.push({ type: "text", text: decodeUtf8(payload) });
    if (type !== Frame.JSON) return { content };
    const data: unknown = JSON.parse(decodeUtf8(payload));
    const isStructured = typeof data === "object" && data !== null && !Array.isArray(data);
    return isStructured
      ? { content, structuredContent: data as Record<string, unknown> }
      : { content };
  }

  #failure({ message, issues }: CallFailure): CallToolResult {
    const lines = issues.map(({ path, message: what }) =>
      path.length > 0 ? `${path.join(".")}: ${what}` : what,
    );
    const text = [message, ...lines].join("\n");
    return { content: [...this.#written(), { type: "text", text }], isError: true };
  }

  #written(): ContentBlock[] {
    const content: ContentBlock[] = [];
    if (this.#output.length > 0) content.push(this.#bytes(joined(this.#output)));
    if (this.#items.length > 0) content.push({ type: "text", text: this.#items.join("\n") });
    if (this.#isCut) content.push({ type: "text", text: "(more was left out)" });
    return content;
  }

  /** Text where it is any. */
  #bytes(bytes: Uint8Array): ContentBlock {
    try {
      return { type: "text", text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
    } catch {
      const uri = `tool:///${this.#spec?.name ?? ""}`;
      const mimeType = "application/octet-stream";
      return { type: "resource", resource: { uri, mimeType, blob: base64(bytes) } };
    }
  }

  #gather<T>(list: T[], piece: T, size: number): void {
    this.#gathered += size;
    if (this.#gathered > GATHERED_MAX) this.#isCut = true;
    else list.push(piece);
  }

  async #tell(state: { progress: number; total?: number; message?: string }): Promise<void> {
    const { _meta, notify } = this.#context.mcpReq;
    const progressToken = _meta?.progressToken;
    if (progressToken === undefined) return;
    await notify({ method: "notifications/progress", params: { ...state, progressToken } });
  }
}

function base64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return btoa(text);
}
