/** The files of dist/browser that are fetched by address, from the folder that holds them all. */
export const KERNEL_WORKER = "kernel-worker.js";
export const SPAWNER = "spawner.js";
export const GUEST = "guest.js";
export const BASE_IMAGE = "base-image/";
export const SERVICE_WORKER = "service-worker.js";
export const QUICKJS = "quickjs.wasm";
export const NODE_GUEST = "node-guest.js";
export const NODE_LIBRARY = "node-library.bin";
export const SQLITE = "sqlite3.wasm";
export const CODECS = "codecs.js";
export const BROTLI = "brotli.wasm";
export const BROTLI_MODULE = "brotli.js";
export const ZSTD = "zstd.wasm";
export const TLS = "tls.js";
export const OPENSSL = "openssl.wasm";
export const AUTHORITIES = "authorities.pem";
