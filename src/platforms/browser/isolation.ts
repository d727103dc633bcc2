/** `enableIsolation()`: cross-origin isolation for a page whose server sends no headers. */
import { SERVICE_WORKER } from "../../browser-files/names.ts";
import { IsopodError } from "../../errors.ts";

/** What a window has beyond what the types of workers tell. */
declare const document: { readonly baseURI: string };
declare const sessionStorage: {
  getItem(name: string): string | null;
  setItem(name: string, value: string): void;
  removeItem(name: string): void;
};

export interface IsolationOptions {
  /**
   * Address of dist/browser's service-worker.js, in the page's own folder or above: it serves only what
   * lies below it. Default: beside the page.
   */
  serviceWorker?: string | URL;
}

/** Set while the page reloads, so that it does so only once. */
const TRIED = "isopod-isolation";

/**
 * Makes the page cross-origin isolated: registers a service worker that adds the headers, and reloads the
 * page once. To be awaited before anything else that the reload would lose. True: the page is isolated;
 * false: it cannot be so here, and commands run one at a time.
 */
export async function enableIsolation(options: IsolationOptions = {}): Promise<boolean> {
  if (globalThis.crossOriginIsolated) {
    sessionStorage.removeItem(TRIED);
    return true;
  }
  const container = navigator.serviceWorker;
  // Not on plain http, and not in every private window.
  if (container === undefined || sessionStorage.getItem(TRIED) !== null) return false;
  const script = new URL(options.serviceWorker ?? SERVICE_WORKER, document.baseURI);
  try {
    await activation(await container.register(script));
  } catch (cause) {
    const message = `the service worker ${script} could not be registered: ${cause}`;
    throw new IsopodError("ERR_NO_ISOLATION", message, { cause });
  }
  sessionStorage.setItem(TRIED, "1");
  (globalThis.location as unknown as { reload(): void }).reload();
  return new Promise(() => {});
}

/** Resolves when the worker serves the page's next load. */
function activation({ installing, waiting, active }: ServiceWorkerRegistration): Promise<void> {
  const worker = installing ?? waiting ?? active;
  return new Promise((resolve, reject) => {
    const look = () => {
      if (worker?.state === "activated") resolve();
      else if (!worker || worker.state === "redundant") reject(new Error("it was discarded"));
    };
    worker?.addEventListener("statechange", look);
    look();
  });
}
