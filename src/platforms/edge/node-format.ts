/**
 * Node programs at the edge: QuickJS in the object's own isolate, and lib/'s text from an asset beside
 * the image's files, fetched when the first program runs. Text and booted heap are one for all objects of
 * the isolate.
 */
import { digest } from "isopod:node-library";
import { encodeUtf8 } from "../../../kernel/index.ts";
import { QuickJsNodeEngine } from "../../../runtimes/engines/quickjs/node-engine.ts";
import { decodeWith, type LibraryIndex } from "../../../runtimes/node/library.ts";
import { NODE_MAGIC } from "../../../runtimes/node/magic.ts";
import { readLibraryFile } from "../../node-library/file.ts";
import { LazyFormat } from "../lazy-format.ts";
import { type Assets, fetchContent } from "./bundled-image.ts";
import { quickJsParts } from "./quickjs.ts";

/** Bytes of the memories of all of a machine's processes, and of the values of one: an isolate has 128 MB. */
const MEMORY_BYTES = 84 << 20;
const HEAP_BYTES = 40 << 20;

interface NodeLibrary {
  readonly index: LibraryIndex;
  readonly text: ArrayBuffer;
}

let library: NodeLibrary | undefined;

export function edgeNode(assets: Assets | undefined): LazyFormat {
  return new LazyFormat({
    name: "node",
    magic: encodeUtf8(NODE_MAGIC),
    async loadEngine() {
      // Each object fetches it for itself: what one of them awaits another may not.
      library ??= await fetchLibrary(assets);
      return new QuickJsNodeEngine({
        parts: quickJsParts,
        library,
        decode: decodeWith(TextDecoder),
        memoryBytes: MEMORY_BYTES,
        heapBytes: HEAP_BYTES,
      });
    },
    onFault: (reason) => console.error("isopod: Node's library:", reason),
  });
}

async function fetchLibrary(assets: Assets | undefined): Promise<NodeLibrary> {
  const bytes = await fetchContent(assets, digest);
  const { body } = new Response(bytes);
  return readLibraryFile(body as never, (length) => new ArrayBuffer(length));
}
