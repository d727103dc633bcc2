/**
 * A service worker for pages whose server sends no headers: it adds those that isolate the page, and the
 * guests' policy. Registered by enableIsolation(); it keeps nothing and changes nothing else.
 */
import { headersFor } from "../../browser-files/headers.ts";

declare const self: ServiceWorkerGlobalScope;

self.addEventListener("install", () => void self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const isOurs = new URL(request.url).origin === self.location.origin;
  // Devtools ask so for what only the cache may answer, which fetch() refuses.
  const isUnfetchable = request.cache === "only-if-cached" && request.mode !== "same-origin";
  if (isOurs && !isUnfetchable) event.respondWith(withHeaders(request));
});

async function withHeaders(request: Request): Promise<Response> {
  const response = await fetch(request);
  // Redirects and errors pass as they are.
  if (response.status === 0 || response.type === "opaqueredirect") return response;
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(headersFor(new URL(request.url).pathname))) {
    headers.set(name, value);
  }
  const hasBody = ![101, 204, 205, 304].includes(response.status);
  const { status, statusText } = response;
  return new Response(hasBody ? response.body : null, { status, statusText, headers });
}
