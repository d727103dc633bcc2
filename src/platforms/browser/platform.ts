/** Machines in a tab: guests in workers of their own, images and state from where the page may fetch. */
import type { ChunkStore } from "../../../kernel/state/chunk-store.ts";
import { BASE_IMAGE, SQLITE } from "../../browser-files/names.ts";
import { IsopodError } from "../../errors.ts";
import type { FetchHost } from "../../gateway/fetch-request.ts";
import type { Image } from "../../images/image.ts";
import { openHttpImage } from "../../images/open-http.ts";
import type { Platform } from "../../machine/platform.ts";
import type { StoreSource } from "../../machine/protocol.ts";
import { openIndexedDbStore } from "../../stores/indexed-db.ts";
import { openMemoryStore } from "../../stores/thread-memory.ts";
import { lazyQjs } from "../lazy-qjs.ts";
import { withLentFiles } from "../lent-files.ts";
import { sha256 } from "../web-sha256.ts";
import { tabCodecs } from "./codecs/index.ts";
import { type EngineOptions, fetchFile } from "./engine-options.ts";
import { browserHost } from "./host.ts";
import { openImageCache } from "./image-cache.ts";
import { nodeFormat } from "./node-format.ts";
import { loadQuickJs } from "./quickjs.ts";
import { tabTls } from "./tls/index.ts";
import { wasmFormat } from "./wasm-format.ts";

/** What the page may fetch, without anything that its user is to somebody. */
const network: FetchHost = {
  fetch: (url, init) => fetch(url, init),
  init: { credentials: "omit", cache: "no-store", referrerPolicy: "no-referrer", mode: "cors" },
  streamsBodies: false,
  failure:
    "The server may be out of reach, or may not allow pages of other origins to ask it (CORS).",
  onFault: reportFault,
};

export type BrowserPlatformOptions = Omit<EngineOptions, "onFault">;

export interface BrowserPlatform extends Platform {
  /** Loads what runs commands, which otherwise the first of them does. */
  warm(): void;
}

export function browserPlatform(options: BrowserPlatformOptions): BrowserPlatform {
  const { base } = options;
  const wasm = wasmFormat({ ...options, onFault: reportFault });
  const node = nodeFormat({ ...options, onFault: reportFault });
  const images = new Map<string, Promise<Image>>();
  return {
    host: {
      ...browserHost,
      codecs: withLentFiles(
        { "sqlite3.wasm": () => fetchBytes(new URL(SQLITE, base)) },
        tabCodecs(base),
      ),
      tls: tabTls(base),
    },
    formats: [wasm, node],
    programs: lazyQjs({ load: () => loadQuickJs(base) }),
    openImage(reference = BASE_IMAGE) {
      const known = images.get(reference);
      if (known) return known;
      const opening = openCachedImage(new URL(reference, base).href);
      images.set(reference, opening);
      // Next time the network may be there.
      opening.catch(() => images.delete(reference));
      return opening;
    },
    openStore,
    sha256,
    makeMount,
    dialer: (_options, isHttpPort) => ({
      async connect(target) {
        const { fetchDialer } = await import("../../gateway/fetch-dialer.ts");
        return fetchDialer(network, isHttpPort).connect(target);
      },
    }),
    authorities: () => [],
    warm: () => void wasm.warm(),
    settle: async () => void (await Promise.all([wasm.settle(), node.settle()])),
  };
}

async function fetchBytes(url: URL): Promise<Uint8Array> {
  return new Uint8Array(await (await fetchFile(url)).arrayBuffer());
}

async function openCachedImage(address: string): Promise<Image> {
  const cache = await openImageCache();
  return openHttpImage(address, { onFault: reportFault, ...(cache && { cache }) });
}

async function openStore(source: StoreSource): Promise<ChunkStore> {
  if (source.type === "indexed-db") return openIndexedDbStore(source.name);
  if (source.type === "memory") return openMemoryStore(source.name);
  throw new IsopodError(
    "ERR_NOT_ON_THIS_HOST",
    `a tab has no ${source.type} store: use indexedDbStore() or memoryStore()`,
  );
}

function makeMount(): never {
  throw new Error("a tab has no directories of the host");
}

/** A fault of ours is no guest's business, and must not pass unseen. */
function reportFault(reason: unknown): void {
  console.error("isopod:", reason);
}
