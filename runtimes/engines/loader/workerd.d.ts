/** What the engine uses of workerd. */
declare module "cloudflare:workers" {
  export abstract class RpcTarget {}
  export abstract class WorkerEntrypoint {}
}

declare module "*/program.wasm" {
  const module: WebAssembly.Module;
  export default module;
}

declare const crypto: { randomUUID(): string };
declare function setTimeout(callback: () => void, milliseconds: number): unknown;
