/** The columns of df's table. */
import type { StatFs } from "../../../kernel/index.ts";
import { Failure } from "../program.ts";
import type { FileSystem } from "./mounts.ts";
import type { DfOptions } from "./options.ts";
import { blocksOf, showSize, type Unit, unitName } from "./sizes.ts";

export interface Column {
  readonly title: string;
  readonly width: number;
  readonly isText?: true;
  show(of: FileSystem): string;
}

/** What --output without names means. */
const EVERY = "source,fstype,itotal,iused,iavail,ipcent,size,used,avail,pcent,file,target".split(
  ",",
);

export function columnsOf(options: DfOptions): Column[] {
  const { inodes, posix, types, unit = blocksOf(1024), columns } = options;
  const known = makeColumns(unit, posix, columns !== undefined);
  if (columns) {
    return (columns.length > 0 ? columns : EVERY).map((name) => {
      const column = known[name];
      if (column) return column;
      throw new Failure(`option --output: field '${name}' unknown`);
    });
  }
  const numbers = inodes ? "itotal,iused,iavail,ipcent" : "size,used,avail,pcent";
  const names = ["source", ...(types ? ["fstype"] : []), ...numbers.split(","), "target"];
  return names.map((name) => known[name] as Column);
}

/** Rows of cells, one below the other as wide as the widest; the last column is as wide as it is. */
export function table(columns: readonly Column[], of: readonly FileSystem[]): string {
  const rows = [columns.map(({ title }) => title)];
  for (const each of of) rows.push(columns.map((column) => column.show(each)));
  const widths = columns.map(({ width }, at) =>
    Math.max(width, ...rows.map((row) => (row[at] as string).length)),
  );
  const line = (row: readonly string[]) =>
    row.map((cell, at) => {
      if (!columns[at]?.isText) return cell.padStart(widths[at] as number);
      return at === row.length - 1 ? cell : cell.padEnd(widths[at] as number);
    });
  return rows.map((row) => `${line(row).join(" ")}\n`).join("");
}

function makeColumns(unit: Unit, posix: boolean, isOutput: boolean): Record<string, Column> {
  const size = (bytes: (use: StatFs) => number) => (of: FileSystem) =>
    showSize(bytes(of.use), unit);
  const count = (inodes: (use: StatFs) => number) => (of: FileSystem) =>
    unit.forPeople ? showSize(inodes(of.use), unit) : `${inodes(of.use)}`;
  const blocks = posix && !unit.forPeople ? `${unit.bytes}-blocks` : unitName(unit);
  const text = { isText: true } as const;
  return {
    source: { title: "Filesystem", width: 14, ...text, show: ({ source }) => source },
    fstype: { title: "Type", width: 4, ...text, show: ({ type }) => type },
    itotal: { title: "Inodes", width: 5, show: count(({ files }) => files) },
    iused: { title: "IUsed", width: 5, show: count(({ files, ffree }) => files - ffree) },
    iavail: { title: "IFree", width: 5, show: count(({ ffree }) => ffree) },
    ipcent: {
      title: "IUse%",
      width: 4,
      show: ({ use }) => percent(use.files - use.ffree, use.ffree),
    },
    size: { title: blocks, width: 5, show: size((use) => use.blocks * use.bsize) },
    used: { title: "Used", width: 5, show: size((use) => (use.blocks - use.bfree) * use.bsize) },
    avail: {
      title: unit.forPeople || isOutput ? "Avail" : "Available",
      width: 5,
      show: size((use) => use.bavail * use.bsize),
    },
    pcent: {
      title: posix ? "Capacity" : "Use%",
      width: 4,
      show: ({ use }) => percent(use.blocks - use.bfree, use.bavail),
    },
    file: { title: "File", width: 0, ...text, show: ({ file }) => file ?? "-" },
    target: { title: "Mounted on", width: 0, ...text, show: ({ target }) => target },
  };
}

function percent(used: number, available: number): string {
  if (used + available <= 0) return "-";
  return `${Math.ceil((used * 100) / (used + available))}%`;
}
