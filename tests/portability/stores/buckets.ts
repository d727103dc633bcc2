/** The Worker of the KV and R2 stores' tests: `/kv/CASE`, `/r2/CASE`. */
import { type KVNamespace, openKvStore } from "../../../src/stores/kv.ts";
import { openR2Store, type R2Bucket } from "../../../src/stores/r2.ts";
import { runCase, STORE_CASES } from "../../src/stores/conformance.ts";

export default {
  async fetch(request: Request, { KV, R2 }: { KV: KVNamespace; R2: R2Bucket }): Promise<Response> {
    const [, kind, text = ""] = new URL(request.url).pathname.split("/");
    const name = decodeURIComponent(text);
    const storeCase = STORE_CASES.find((each) => each.name === name);
    if (!storeCase) return new Response(`there is no case ${name}`, { status: 404 });
    // One bucket for all, so that each case sees that others' objects are none of its own.
    const open = async () =>
      kind === "kv" ? openKvStore(KV, `${name}/`) : openR2Store(R2, `${name}/`);
    try {
      await runCase(storeCase, { open });
      return new Response();
    } catch (error) {
      const { stack, message, code } = error as Error & { code?: string };
      return new Response(`${message ?? code}\n${stack}`, { status: 500 });
    }
  },
};
