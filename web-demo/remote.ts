/** Machines on a server: the page drives them as it does its own. Fetched when the first is opened. */
import type { Vm } from "../src/browser.ts";
import { connect } from "../src/remote/client/connect.ts";
import { add, choose, type MachineEntry } from "./machines.ts";
import { ask } from "./ui/dialogs.tsx";

const DEFAULT_NAME = "playground";

/** Asks which server and machine, and shows it. */
export async function connectToServer(): Promise<void> {
  const answers = await ask({
    title: "Use a machine on a server",
    text: "Of isopod serve, or of a Durable Object. The server must allow this page's origin.",
    fields: [
      { name: "url", label: "Address", type: "url", placeholder: "http://127.0.0.1:7400" },
      { name: "token", label: "Token", type: "password", optional: true, hint: KEPT },
      { name: "name", label: "Machine", value: DEFAULT_NAME, hint: "Made where there is none." },
    ],
    act: "Connect",
  });
  if (!answers) return;
  const { url = "", token = "", name = DEFAULT_NAME } = answers;
  const server = new URL(url).href;
  keepToken(server, token);
  const entry: MachineEntry = { id: name, label: name, server };
  add(entry);
  choose(entry);
}

const KEPT = "Kept until this tab is closed.";

export async function openRemote(entry: MachineEntry): Promise<Vm> {
  const server = entry.server as string;
  const token = tokenOf(server) ?? (await askForToken(server));
  const host = connect(server, token === "" ? {} : { token });
  try {
    return await host.vm(entry.id);
  } catch (reason) {
    const { code } = reason as { code?: string };
    if (code === "ERR_UNAUTHORIZED") sessionStorage.removeItem(keyOfToken(server));
    if (code !== "ERR_NO_SUCH_MACHINE") throw reason;
    return host.createVm({ name: entry.id });
  }
}

async function askForToken(server: string): Promise<string> {
  const answers = await ask({
    title: "Token",
    text: `What ${new URL(server).host} asks for.`,
    fields: [{ name: "token", label: "Token", type: "password", optional: true, hint: KEPT }],
    act: "Connect",
  });
  const token = answers?.["token"] ?? "";
  keepToken(server, token);
  return token;
}

function tokenOf(server: string): string | undefined {
  return sessionStorage.getItem(keyOfToken(server)) ?? undefined;
}

function keepToken(server: string, token: string): void {
  sessionStorage.setItem(keyOfToken(server), token);
}

function keyOfToken(server: string): string {
  return `isopod.token.${server}`;
}
