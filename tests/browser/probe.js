/**
 * Tries every way out that a script in a browser may have: to the network, to storage, to the page, to
 * the visitor's devices. Runs as it stands in a guest, and for control in a worker and in a page without
 * the guests' policy. Plain JavaScript, sent as text.
 *
 * Attempts that would be requests use an address that holds their name and `where`; whether they arrived
 * is for the server's log to say. Others resolve if they reached something and throw if not.
 */
// biome-ignore lint/correctness/noUnusedVariables: called by what embeds this text.
async function probe(where, base) {
  const WAIT_MS = 1500;
  const g = globalThis;
  const nav = g.navigator ?? {};
  let current = "";
  const url = (scheme = "http") =>
    `${base.replace(/^http/, scheme)}leak/${where}/${encodeURIComponent(current)}`;
  const js = (text) => `data:text/javascript,${encodeURIComponent(text)}`;
  const blob = (text) => URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  const event = (target, good, bad = "error") =>
    new Promise((resolve, reject) => {
      target[`on${good}`] = resolve;
      target[`on${bad}`] = (error) => reject(new Error(error?.message || bad));
    });
  const present = (value) => {
    if (value === undefined || value === null) throw new ReferenceError("absent");
    return value;
  };
  // From text, so that no tool rewrites it.
  const importing = new Function("address", "return import(address)");
  const request = (open) =>
    new Promise((resolve, reject) => {
      open.onsuccess = () => resolve(open.result);
      open.onerror = () => reject(open.error);
    });
  const make = (name, ...args) => new (present(g[name]))(...args);

  const attempts = {
    // The network.
    fetch: () => fetch(url()),
    "fetch no-cors": () => fetch(url(), { mode: "no-cors" }),
    "fetch POST": () => fetch(url(), { method: "POST", body: "secret", mode: "no-cors" }),
    "fetch keepalive": () => fetch(url(), { keepalive: true }),
    "fetch data:": async () => (await fetch("data:,text")).text(),
    "fetch blob:": async () => (await fetch(blob("text"))).text(),
    fetchLater: () => present(g.fetchLater)(url(), { activateAfter: 0 }),
    XMLHttpRequest: () => {
      const xhr = make("XMLHttpRequest");
      xhr.open("GET", url());
      xhr.send();
      return event(xhr, "load");
    },
    "XMLHttpRequest sync": () => {
      const xhr = make("XMLHttpRequest");
      xhr.open("GET", url(), false);
      xhr.send();
    },
    WebSocket: () => event(make("WebSocket", url("ws")), "open"),
    WebSocketStream: () => make("WebSocketStream", url("ws")).opened,
    EventSource: () => event(make("EventSource", url()), "open"),
    WebTransport: () => make("WebTransport", url("https")).ready,
    sendBeacon: () => {
      if (!present(nav.sendBeacon).call(nav, url(), "secret")) throw new Error("refused");
    },
    RTCPeerConnection: async () => {
      const peer = make("RTCPeerConnection", { iceServers: [{ urls: "stun:127.0.0.1:1" }] });
      peer.createDataChannel("c");
      await peer.setLocalDescription(await peer.createOffer());
      if (!peer.localDescription) throw new Error("no offer");
    },
    "WebAssembly.compileStreaming": () => WebAssembly.compileStreaming(fetch(url())),
    Image: () => {
      const image = make("Image");
      image.src = url();
      return event(image, "load");
    },
    Audio: () => event(make("Audio", url()), "loadeddata"),
    "CSS url()": () => {
      const style = present(g.document).createElement("style");
      style.textContent = `body { background: url(${url()}) }`;
      document.head.append(style);
      return new Promise((resolve) => setTimeout(resolve, 200));
    },
    FontFace: () => make("FontFace", "leak", `url(${url()})`).load(),
    "OffscreenCanvas font": async () => {
      const face = make("FontFace", "leak2", `url(${url()})`);
      present(g.fonts ?? g.document?.fonts).add(face);
      const context = make("OffscreenCanvas", 10, 10).getContext("2d");
      context.font = "10px leak2";
      context.fillText("text", 0, 9);
      await (g.fonts ?? g.document.fonts).load("10px leak2");
    },
    "OffscreenCanvas filter url()": async () => {
      const context = make("OffscreenCanvas", 10, 10).getContext("2d");
      context.filter = `url(${url()}#f)`;
      context.fillRect(0, 0, 9, 9);
      await new Promise((resolve) => setTimeout(resolve, 100));
      throw new Error("no sign of it");
    },

    // More code.
    "importScripts http:": () => present(g.importScripts)(url()),
    "importScripts data:": () => present(g.importScripts)(js("1")),
    "importScripts blob:": () => present(g.importScripts)(blob("1")),
    "import() http:": () => importing(url()),
    "import() data:": () => importing(js("export default 1")),
    "import() blob:": () => importing(blob("export default 1")),
    "Worker http:": () => event(make("Worker", url()), "message"),
    "Worker blob:": () => event(make("Worker", blob("postMessage(1)")), "message"),
    "Worker module data:": () =>
      event(
        make("Worker", js(`import ${JSON.stringify(url())}; postMessage(1)`), { type: "module" }),
        "message",
      ),
    "fetch in a nested Worker": async () => {
      const nested = make(
        "Worker",
        js(
          `fetch(${JSON.stringify(url())}).then(() => postMessage(1), (e) => postMessage(String(e)))`,
        ),
      );
      const { data } = await event(nested, "message");
      if (data !== 1) throw new Error(data);
    },
    "SharedWorker http:": () => {
      const worker = make("SharedWorker", url());
      return event(worker, "message");
    },
    "SharedWorker data:": () => {
      const { port } = make("SharedWorker", js("onconnect = (e) => e.ports[0].postMessage(1)"));
      return event(port, "message");
    },
    "serviceWorker.register": () => present(nav.serviceWorker).register(url()),
    "audioWorklet.addModule": () => make("AudioContext").audioWorklet.addModule(url()),

    // Storage.
    indexedDB: () => request(present(g.indexedDB).open("leak")),
    "indexedDB.databases": () => present(g.indexedDB).databases(),
    "caches.open": () => present(g.caches).open("leak"),
    "caches.match": () => present(g.caches).match("/"),
    "cookieStore.getAll": () => present(g.cookieStore).getAll(),
    "cookieStore.set": () => present(g.cookieStore).set("leak", "1"),
    "document.cookie": () => present(g.document).cookie,
    localStorage: () => present(g.localStorage).setItem("leak", "1"),
    sessionStorage: () => present(g.sessionStorage).setItem("leak", "1"),
    "storage.getDirectory": () => present(nav.storage).getDirectory(),
    "storage.estimate": () => present(nav.storage).estimate(),
    "storage.persist": () => present(present(nav.storage).persist).call(nav.storage),
    storageBuckets: () => present(nav.storageBuckets).open("leak"),
    webkitRequestFileSystem: () =>
      new Promise((resolve, reject) =>
        present(g.webkitRequestFileSystem)(0, 1024, resolve, reject),
      ),
    webkitRequestFileSystemSync: () => present(g.webkitRequestFileSystemSync)(0, 1024),
    showOpenFilePicker: () => present(g.showOpenFilePicker)(),

    // The page and what else runs in the browser.
    BroadcastChannel: () => {
      const channel = make("BroadcastChannel", "probe");
      channel.postMessage({ where });
      return event(channel, "message", "messageerror");
    },
    "locks.request": () =>
      present(nav.locks).request(`probe-${where}`, { ifAvailable: true }, () => {}),
    "locks.query": () => present(nav.locks).query(),
    parent: () => present(g.parent).postMessage({ where }, "*"),
    opener: () => present(g.opener).postMessage({ where }, "*"),
    open: () => present(g.open)(url()),
    "top.location": () => present(present(g.top).location.href),
    "clients.matchAll": () => present(g.clients).matchAll(),

    // The visitor and the visitor's devices.
    Notification: () => {
      if (present(g.Notification).permission !== "granted") throw new Error("not granted");
      make("Notification", "leak");
    },
    "permissions.query": () => present(nav.permissions).query({ name: "geolocation" }),
    geolocation: () =>
      new Promise((resolve, reject) =>
        present(nav.geolocation).getCurrentPosition(resolve, reject),
      ),
    "mediaDevices.enumerateDevices": () => present(nav.mediaDevices).enumerateDevices(),
    clipboard: () => present(nav.clipboard).readText(),
    credentials: () => present(nav.credentials).get({ password: true }),
    wakeLock: () => present(nav.wakeLock).request("screen"),
    usb: () => present(nav.usb).getDevices(),
    hid: () => present(nav.hid).getDevices(),
    serial: () => present(nav.serial).getPorts(),
    bluetooth: () => present(nav.bluetooth).getAvailability(),
    IdleDetector: () => present(g.IdleDetector).requestPermission(),
    PressureObserver: () => make("PressureObserver", () => {}).observe("cpu"),
    gpu: async () => present(await present(nav.gpu).requestAdapter()),
  };

  const results = {};
  for (const [name, attempt] of Object.entries(attempts)) {
    current = name;
    const late = new Promise((_, reject) =>
      setTimeout(() => reject(new Error("silence")), WAIT_MS),
    );
    try {
      await Promise.race([attempt(), late]);
      results[name] = "reached";
    } catch (error) {
      results[name] = String(error?.message ?? error).slice(0, 120) || "refused";
    }
  }
  return results;
}
