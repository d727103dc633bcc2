/**
 * Local time from the value of TZ: the names of the IANA database through `Intl` where the host has
 * it, and the POSIX form `EST5EDT,M3.2.0,M11.1.0`. Pure: no clock is read here.
 *
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/basedefs/V1_chap08.html#tag_08_03
 */

/** How far local time is ahead of UTC at some moment, and what it is called then. */
export interface ZoneOffset {
  readonly seconds: number;
  readonly abbreviation: string;
  readonly isDst: boolean;
}

const UTC: ZoneOffset = { seconds: 0, abbreviation: "UTC", isDst: false };

/** The offset at `time` (seconds since 1970). An unknown or missing zone is UTC. */
export function zoneOffset(zone: string | undefined, time: number): ZoneOffset {
  const name = zone?.replace(/^:/u, "");
  if (name === undefined || name === "" || name === "UTC" || name === "UTC0") return UTC;
  const posix = parsePosixZone(name);
  if (posix !== undefined) return posixOffset(posix, time);
  return namedOffset(name, time) ?? UTC;
}

interface Rule {
  readonly kind: "month" | "julian" | "day";
  readonly month: number;
  readonly week: number;
  readonly day: number;
  /** Seconds after local midnight. */
  readonly time: number;
}

interface PosixZone {
  readonly standard: ZoneOffset;
  readonly daylight: (ZoneOffset & { start: Rule; end: Rule }) | undefined;
}

const NAME = "([A-Za-z]{3,}|<[-+A-Za-z0-9]{3,}>)";
const OFFSET = "([-+]?\\d{1,2}(?::\\d{1,2}){0,2})";
const POSIX_ZONE = new RegExp(`^${NAME}${OFFSET}(?:${NAME}${OFFSET}?(?:,([^,]+),([^,]+))?)?$`, "u");

function parsePosixZone(text: string): PosixZone | undefined {
  const match = POSIX_ZONE.exec(text);
  if (match === null) return undefined;
  const [, name = "", offset = "", dstName, dstOffset, start = "M3.2.0", end = "M11.1.0"] = match;
  const seconds = -parseTime(offset);
  const standard = { seconds, abbreviation: unbracket(name), isDst: false };
  if (dstName === undefined) return { standard, daylight: undefined };
  const startRule = parseRule(start);
  const endRule = parseRule(end);
  if (startRule === undefined || endRule === undefined) return undefined;
  const dstSeconds = dstOffset === undefined ? seconds + 3600 : -parseTime(dstOffset);
  const abbreviation = unbracket(dstName);
  return {
    standard,
    daylight: { seconds: dstSeconds, abbreviation, isDst: true, start: startRule, end: endRule },
  };
}

function unbracket(name: string): string {
  return name.replace(/[<>]/gu, "");
}

function parseTime(text: string): number {
  const [hours = 0, minutes = 0, seconds = 0] = text.replace(/^[-+]/u, "").split(":").map(Number);
  const total = hours * 3600 + minutes * 60 + seconds;
  return text.startsWith("-") ? -total : total;
}

function parseRule(text: string): Rule | undefined {
  const match = /^(?:M(\d+)\.(\d+)\.(\d+)|(J?)(\d+))(?:\/([-+]?[\d:]+))?$/u.exec(text);
  if (match === null) return undefined;
  const [, month, week, weekday, julian, day, at = "2"] = match;
  const time = parseTime(at);
  if (month !== undefined) {
    return { kind: "month", month: Number(month), week: Number(week), day: Number(weekday), time };
  }
  return { kind: julian === "J" ? "julian" : "day", month: 0, week: 0, day: Number(day), time };
}

function posixOffset(zone: PosixZone, time: number): ZoneOffset {
  const { standard, daylight } = zone;
  if (daylight === undefined) return standard;
  const year = new Date((time + standard.seconds) * 1000).getUTCFullYear();
  const start = ruleTime(daylight.start, year) - standard.seconds;
  const end = ruleTime(daylight.end, year) - daylight.seconds;
  const isDst = start < end ? time >= start && time < end : time >= start || time < end;
  return isDst ? daylight : standard;
}

/** When the rule takes effect in `year`, as seconds since 1970 on the local clock. */
function ruleTime(rule: Rule, year: number): number {
  const dayAt = (month: number, day: number) => Date.UTC(year, month, day) / 1000;
  if (rule.kind === "day") return dayAt(0, 1 + rule.day) + rule.time;
  if (rule.kind === "julian") {
    const isLeap = new Date(Date.UTC(year, 1, 29)).getUTCMonth() === 1;
    return dayAt(0, rule.day + (isLeap && rule.day >= 60 ? 1 : 0)) + rule.time;
  }
  const first = new Date(Date.UTC(year, rule.month - 1, 1)).getUTCDay();
  let day = 1 + ((rule.day - first + 7) % 7) + (rule.week - 1) * 7;
  const daysInMonth = new Date(Date.UTC(year, rule.month, 0)).getUTCDate();
  while (day > daysInMonth) day -= 7;
  return dayAt(rule.month - 1, day) + rule.time;
}

/** Reads an IANA name; undefined when the host does not know it or has no `Intl`. */
function namedOffset(name: string, time: number): ZoneOffset | undefined {
  const seconds = intlOffset(name, time);
  if (seconds === undefined) return undefined;
  const year = new Date(time * 1000).getUTCFullYear();
  const winter = intlOffset(name, Date.UTC(year, 0, 1) / 1000) ?? seconds;
  const summer = intlOffset(name, Date.UTC(year, 6, 1) / 1000) ?? seconds;
  const isDst = winter !== summer && seconds === Math.max(winter, summer);
  return { seconds, abbreviation: abbreviationOf(name, time, seconds), isDst };
}

const formats = new Map<string, Intl.DateTimeFormat | undefined>();

function formatFor(locale: string, timeZone: string): Intl.DateTimeFormat | undefined {
  const key = `${locale} ${timeZone}`;
  if (formats.has(key)) return formats.get(key);
  let format: Intl.DateTimeFormat | undefined;
  try {
    format = new Intl.DateTimeFormat(locale, {
      timeZone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
      timeZoneName: "short",
    });
  } catch {
    format = undefined;
  }
  if (formats.size > 64) formats.clear();
  formats.set(key, format);
  return format;
}

function intlOffset(name: string, time: number): number | undefined {
  const format = formatFor("en-US", name);
  if (format === undefined) return undefined;
  const date = new Date(time * 1000);
  if (Number.isNaN(date.getTime())) return undefined;
  const part = new Map(format.formatToParts(date).map(({ type, value }) => [type, Number(value)]));
  const field = (type: Intl.DateTimeFormatPartTypes) => part.get(type) ?? 0;
  const local = Date.UTC(
    field("year"),
    field("month") - 1,
    field("day"),
    field("hour"),
    field("minute"),
    field("second"),
  );
  return local / 1000 - Math.floor(time);
}

/** Each locale names only the zones that its readers know by letters. */
const ABBREVIATION_LOCALES = ["en-US", "en-GB", "en-AU", "en-IN", "en-ZA"];

function abbreviationOf(name: string, time: number, seconds: number): string {
  const date = new Date(time * 1000);
  for (const locale of ABBREVIATION_LOCALES) {
    const parts = formatFor(locale, name)?.formatToParts(date) ?? [];
    const short = parts.find(({ type }) => type === "timeZoneName")?.value ?? "";
    if (/^[A-Z]{2,5}$/u.test(short)) return short;
  }
  const minutes = Math.abs(seconds) / 60;
  const hours = String(Math.floor(minutes / 60)).padStart(2, "0");
  const rest = minutes % 60 === 0 ? "" : String(minutes % 60).padStart(2, "0");
  return `${seconds < 0 ? "-" : "+"}${hours}${rest}`;
}
