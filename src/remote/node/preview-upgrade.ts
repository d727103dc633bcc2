/** A preview's WebSockets, and whatever else HTTP is left for: the two connections joined, byte for byte. */
import type { IncomingMessage } from "node:http";
import { Duplex } from "node:stream";
import { GuestConnection } from "../../guest-connection.ts";
import { ClientConnection } from "../../http/client-connection.ts";
import type { Header } from "../../http/message.ts";
import { MessageWriter } from "../../http/message-writer.ts";
import { prefixed } from "../../http/prefixed.ts";
import { splice } from "../../http/relay.ts";
import { streamFrom } from "../../http/web-streams.ts";
import { RemoteMachine } from "../../remote-machine.ts";
import { toBrowser, toGuest } from "../server/previews/headers.ts";
import type { OpenPreview, Previews } from "../server/previews/previews.ts";

/** Answers with what is to be said where there is no such way. */
export async function upgradePreview(
  previews: Previews,
  asked: Request,
  request: IncomingMessage,
  socket: Duplex,
  head: Uint8Array,
): Promise<Response | undefined> {
  const opened = await previews.open(asked);
  if (opened instanceof Response) return opened;
  // Browsers let any page open WebSockets, and send cookies along.
  const origin = asked.headers.get("origin");
  if (opened.byCookie && origin !== null && origin !== opened.origin.origin) {
    return new Response(`pages of ${origin} may not use this preview\n`, { status: 403 });
  }
  const held = await previews.hold(opened);
  try {
    const machine = RemoteMachine.attach(held.thread, held.id);
    await using guest = await GuestConnection.open(machine, opened.port, {});
    await join(opened, request, guest, prefixed(streamFrom(Duplex.toWeb(socket) as never), head));
  } catch (reason) {
    if ((reason as { code?: string }).code !== "ECONNREFUSED") throw reason;
    return new Response(`nobody listens on port ${opened.port} of the machine\n`, { status: 502 });
  } finally {
    held.release();
  }
  return undefined;
}

async function join(
  opened: OpenPreview,
  { method = "GET", rawHeaders, headers }: IncomingMessage,
  guest: GuestConnection,
  browser: ReturnType<typeof prefixed>,
): Promise<void> {
  const protocol = headers.upgrade ?? "";
  const answer = await new ClientConnection(streamFrom(guest as never)).request({
    method,
    target: opened.target,
    headers: [
      ...toGuest(pairs(rawHeaders), opened, opened.hidesAuthorization),
      ["Connection", "Upgrade"],
      ["Upgrade", protocol],
    ],
  });
  const { status, reason, upgraded } = answer;
  const writer = new MessageWriter(browser);
  const said = toBrowser(answer.headers, opened);
  if (upgraded) {
    const joins: Header[] = [
      ["Connection", "Upgrade"],
      ["Upgrade", protocol],
    ];
    writer.response(status, reason, [...said, ...joins], { kind: "none" });
    await writer.flush();
    await splice(browser, upgraded);
    return;
  }
  writer.response(status, reason, [...said, ["Connection", "close"]], { kind: "close" });
  for (let piece = await answer.body.read(); piece; piece = await answer.body.read()) {
    await writer.write(piece);
  }
  await writer.end();
  await browser.end();
}

function pairs(raw: readonly string[]): Header[] {
  return Array.from({ length: raw.length / 2 }, (_, i) => [
    raw[2 * i] as string,
    raw[2 * i + 1] as string,
  ]);
}
