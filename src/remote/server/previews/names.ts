/**
 * Which machine and port a preview's address means. Each has an origin of its own, `PORT--NAME.BASE`; where
 * the name is none that a host name can have, a digest of it stands there.
 */

export interface PreviewName {
  readonly port: number;
  /** The machine's name, or its alias. */
  readonly name: string;
}

const PLAIN = /^[a-z0-9](?:[a-z0-9-]{0,53}[a-z0-9])?$/;
const ALIAS = /^m-[0-9a-f]{32}$/;
const LABEL = /^([1-9]\d{0,4})--([a-z0-9-]+)$/;
const ALIAS_DIGITS = 32;

export async function labelOf(name: string, port: number): Promise<string> {
  return `${port}--${isPlain(name) ? name : await aliasOf(name)}`;
}

export function parseLabel(label: string): PreviewName | undefined {
  const [, digits, name] = LABEL.exec(label) ?? [];
  const port = Number(digits);
  return name === undefined || port > 65_535 ? undefined : { port, name };
}

/** The machine that is meant, among those there are; undefined where there is none. */
export async function machineOf(
  { name }: PreviewName,
  all: () => Promise<readonly { readonly name: string }[]>,
): Promise<string | undefined> {
  if (isPlain(name)) return name;
  for (const known of await all()) {
    if (!isPlain(known.name) && (await aliasOf(known.name)) === name) return known.name;
  }
  return undefined;
}

/** No machine's name may be taken for another's alias. */
function isPlain(name: string): boolean {
  return PLAIN.test(name) && !ALIAS.test(name);
}

async function aliasOf(name: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(name));
  const digits = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0"));
  return `m-${digits.join("").slice(0, ALIAS_DIGITS)}`;
}
