/** id(1), whoami(1) and groups(1): who a process is, or a user of /etc/passwd would be. */
import { Errno, KernelError, type Sys } from "../../kernel/index.ts";
import { Failure, print, program, readText } from "./program.ts";

interface Identity {
  readonly uid: number;
  readonly euid: number;
  readonly gid: number;
  readonly egid: number;
  readonly groups: readonly number[];
}

const USAGE = `Usage: id [OPTION]... [USER]...
  -g, --group    the effective group alone
  -G, --groups   all groups
  -n, --name     a name instead of a number, for -ugG
  -r, --real     the real id instead of the effective one, for -ugG
  -u, --user     the effective user alone
  -z, --zero     NUL instead of white space, for -ugG
`;

const LONG: Readonly<Record<string, string>> = {
  "--group": "g",
  "--groups": "G",
  "--name": "n",
  "--real": "r",
  "--user": "u",
  "--zero": "z",
  "--help": "h",
};

export const id = program("id", async (sys, args) => {
  const options = new Set<string>();
  const users: string[] = [];
  for (const [index, arg] of args.entries()) {
    if (arg === "--") {
      users.push(...args.slice(index + 1));
      break;
    }
    if (!arg.startsWith("-")) users.push(arg);
    else for (const letter of LONG[arg] ?? arg.slice(1)) options.add(letter);
  }
  if (options.has("h")) {
    await print(sys, USAGE);
    return 0;
  }
  check(options);
  const accounts = await Accounts.read(sys);
  if (users.length === 0) {
    await print(sys, describe(await ownIdentity(sys), accounts, options));
    return 0;
  }
  let status = 0;
  for (const user of users) {
    const identity = accounts.identityOf(user);
    if (identity) await print(sys, describe(identity, accounts, options));
    else {
      await print(sys, `id: '${user}': no such user\n`, 2);
      status = 1;
    }
  }
  return status;
});

export const whoami = program("whoami", async (sys, args) => {
  if (args.length > 0) throw new Failure(`extra operand '${args[0]}'`);
  const { effective } = await sys.getresuid();
  const name = (await Accounts.read(sys)).userName(effective);
  if (name === undefined) throw new Failure(`cannot find name for user ID ${effective}`);
  await print(sys, `${name}\n`);
  return 0;
});

export const groups = program("groups", async (sys, args) => {
  const accounts = await Accounts.read(sys);
  const names = (identity: Identity) => all(identity).map((gid) => accounts.groupName(gid) ?? gid);
  if (args.length === 0) {
    await print(sys, `${names(await ownIdentity(sys)).join(" ")}\n`);
    return 0;
  }
  let status = 0;
  for (const user of args) {
    const identity = accounts.identityOf(user);
    if (identity) await print(sys, `${user} : ${names(identity).join(" ")}\n`);
    else {
      await print(sys, `groups: '${user}': no such user\n`, 2);
      status = 1;
    }
  }
  return status;
});

function check(options: ReadonlySet<string>): void {
  const wrong = [...options].find((letter) => !"gGnruz".includes(letter));
  if (wrong !== undefined) throw new Failure(`invalid option -- '${wrong}'\n${USAGE.trimEnd()}`);
  const chosen = ["g", "G", "u"].filter((letter) => options.has(letter));
  if (chosen.length > 1) throw new Failure('cannot print "only" of more than one choice');
  if (chosen.length === 0 && (options.has("n") || options.has("r"))) {
    throw new Failure("cannot print only names or real IDs in default format");
  }
  if (chosen.length === 0 && options.has("z")) {
    throw new Failure("option --zero not permitted in default format");
  }
}

function describe(identity: Identity, accounts: Accounts, options: ReadonlySet<string>): string {
  const real = options.has("r");
  const end = options.has("z") ? "\0" : "\n";
  const named = (number: number, name: string | undefined) =>
    options.has("n") ? (name ?? String(number)) : String(number);
  if (options.has("u")) {
    const uid = real ? identity.uid : identity.euid;
    return named(uid, accounts.userName(uid)) + end;
  }
  if (options.has("g")) {
    const gid = real ? identity.gid : identity.egid;
    return named(gid, accounts.groupName(gid)) + end;
  }
  if (options.has("G")) {
    const names = all(identity).map((gid) => named(gid, accounts.groupName(gid)));
    return names.join(options.has("z") ? "\0" : " ") + end;
  }
  return `${full(identity, accounts)}\n`;
}

function full(identity: Identity, accounts: Accounts): string {
  const { uid, euid, gid, egid } = identity;
  const user = (number: number) => withName(number, accounts.userName(number));
  const group = (number: number) => withName(number, accounts.groupName(number));
  const parts = [`uid=${user(uid)}`, `gid=${group(gid)}`];
  if (euid !== uid) parts.push(`euid=${user(euid)}`);
  if (egid !== gid) parts.push(`egid=${group(egid)}`);
  parts.push(`groups=${all(identity).map(group).join(",")}`);
  return parts.join(" ");
}

function withName(number: number, name: string | undefined): string {
  return name === undefined ? String(number) : `${number}(${name})`;
}

/** Every group, the effective one first. */
function all({ egid, groups }: Identity): number[] {
  return [...new Set([egid, ...groups])];
}

async function ownIdentity(sys: Sys): Promise<Identity> {
  const uids = await sys.getresuid();
  const gids = await sys.getresgid();
  return {
    uid: uids.real,
    euid: uids.effective,
    gid: gids.real,
    egid: gids.effective,
    groups: await sys.getgroups(),
  };
}

/** /etc/passwd and /etc/group. */
class Accounts {
  readonly #users: readonly string[][];
  readonly #groups: readonly string[][];

  private constructor(users: readonly string[][], groups: readonly string[][]) {
    this.#users = users;
    this.#groups = groups;
  }

  static async read(sys: Sys): Promise<Accounts> {
    return new Accounts(await table(sys, "/etc/passwd"), await table(sys, "/etc/group"));
  }

  userName(uid: number): string | undefined {
    return this.#users.find((entry) => Number(entry[2]) === uid)?.[0];
  }

  groupName(gid: number): string | undefined {
    return this.#groups.find((entry) => Number(entry[2]) === gid)?.[0];
  }

  /** By name, or by number with a plus sign or where no name is like that. */
  identityOf(user: string): Identity | undefined {
    const entry =
      this.#users.find(([name]) => name === user) ??
      (/^\+?\d+$/.test(user)
        ? this.#users.find(([, , id]) => Number(id) === Number(user))
        : undefined);
    if (!entry) return undefined;
    const [name = "", , uid, gid] = entry;
    const groups = this.#groups
      .filter(([, , , members = ""]) => members.split(",").includes(name))
      .map(([, , number]) => Number(number));
    const [own, group] = [Number(uid), Number(gid)];
    return { uid: own, euid: own, gid: group, egid: group, groups };
  }
}

async function table(sys: Sys, path: string): Promise<string[][]> {
  try {
    const lines = (await readText(sys, path)).split("\n");
    return lines.filter((line) => line.includes(":")).map((line) => line.split(":"));
  } catch (reason) {
    if (reason instanceof KernelError && reason.errno === Errno.ENOENT) return [];
    throw reason;
  }
}
