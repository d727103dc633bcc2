/** Servers for the tests of the machine's network, run by Node inside of it. */
import type { Vm } from "../../src/index.ts";

/** Starts `script`, which is to listen on `port`. */
export async function startServer(vm: Vm, port: number, script: string): Promise<void> {
  await vm.fs.writeFile(`/tmp/server-${port}.cjs`, script);
  const child = await vm.spawn(["node", `/tmp/server-${port}.cjs`], { stdout: "ignore" } as never);
  child.exit.catch(() => {});
  await vm.waitForPort(port, { timeout: 60_000 });
}

export const HTTP_SERVER = (port: number) => `
const http = require("node:http");
const crypto = require("node:crypto");
const server = http.createServer((request, response) => {
  const url = new URL(request.url, "http://guest");
  if (url.pathname === "/echo") {
    response.writeHead(200, { "x-method": request.method, "x-host": request.headers.host });
    return request.pipe(response);
  }
  if (url.pathname === "/headers") {
    response.setHeader("set-cookie", ["a=1", "b=2"]);
    return response.end(JSON.stringify(request.headers));
  }
  if (url.pathname === "/slow") {
    response.write("one\\n");
    return void setTimeout(() => response.end("two\\n"), 30);
  }
  if (url.pathname === "/events") {
    response.writeHead(200, { "content-type": "text/event-stream" });
    let count = 0;
    const timer = setInterval(() => response.write("data: " + ++count + "\\n\\n"), 10);
    return void response.on("close", () => { clearInterval(timer); closed++; });
  }
  if (url.pathname === "/closed") return response.end(String(closed));
  if (url.pathname === "/large") {
    response.setHeader("content-length", 3 << 20);
    return response.end(Buffer.alloc(3 << 20, 97));
  }
  if (url.pathname === "/redirect") {
    response.writeHead(302, { location: url.searchParams.get("to") });
    return response.end();
  }
  if (url.pathname === "/hang") return;
  if (url.pathname === "/break") return request.socket.destroy();
  if (url.pathname === "/empty") { response.statusCode = 204; return response.end(); }
  response.end("hello " + request.method + " " + request.url);
});
let closed = 0;
server.on("upgrade", (request, socket) => {
  const key = request.headers["sec-websocket-key"];
  if (key === undefined) {
    socket.write("HTTP/1.1 101 Switching Protocols\\r\\nConnection: upgrade\\r\\nUpgrade: echo\\r\\n\\r\\n");
    return socket.pipe(socket);
  }
  const accept = crypto.createHash("sha1")
    .update(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest("base64");
  socket.write("HTTP/1.1 101 Switching Protocols\\r\\nConnection: Upgrade\\r\\nUpgrade: websocket\\r\\n" +
    "Sec-WebSocket-Accept: " + accept + "\\r\\n\\r\\n");
  socket.on("data", (frame) => {
    const opcode = frame[0] & 15;
    if (opcode === 8) return socket.end(Buffer.from([0x88, 0]));
    const length = frame[1] & 127;
    const mask = frame.subarray(2, 6);
    const text = Buffer.from(frame.subarray(6, 6 + length)).map((byte, i) => byte ^ mask[i & 3]);
    const reply = Buffer.from("echo " + text);
    socket.write(Buffer.concat([Buffer.from([0x81, reply.length]), reply]));
  });
});
server.listen(${port}, "127.0.0.1");
`;
