/**
 * strftime(3) in the C locale with the glibc extensions that people use: `%-d`, `%^a`, `%5Y`, `%s`.
 * Pure; behind `printf '%(...)T'`, `\D{...}` in prompts and HISTTIMEFORMAT.
 *
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/functions/strftime.html
 */
import { type ZoneOffset, zoneOffset } from "./zone.ts";

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

/** Formats `time`, seconds since 1970, in the zone that the value of TZ names. */
export function strftime(format: string, time: number, zone: string | undefined): string {
  const seconds = Math.floor(time);
  const offset = zoneOffset(zone, seconds);
  return new Formatter(seconds, offset).format(format, 0);
}

type Padding = "0" | "_" | "-";

class Formatter {
  readonly #time: number;
  readonly #offset: ZoneOffset;
  /** The local clock, read through its UTC accessors. */
  readonly #local: Date;

  constructor(time: number, offset: ZoneOffset) {
    this.#time = time;
    this.#offset = offset;
    this.#local = new Date((time + offset.seconds) * 1000);
  }

  format(format: string, depth: number): string {
    if (depth > 2) return "";
    return format.replace(
      /%([_0^#-]*)(\d*)[EO]?([a-zA-Z%+])/gu,
      (whole, flags: string, width: string, conversion: string) => {
        const text = this.#convert(conversion, flags, depth);
        if (text === undefined) return whole;
        const cased = applyCase(text, flags, conversion);
        const fill = /[_-]/u.test(flags) || !/^[-+]?\d+$/u.test(cased) ? " " : "0";
        return cased.padStart(Math.min(Number(width), 1024), flags.includes("0") ? "0" : fill);
      },
    );
  }

  #convert(conversion: string, flags: string, depth: number): string | undefined {
    const date = this.#local;
    const number = (value: number, width: number, padding: Padding = "0") =>
      pad(value, width, flags, padding);
    const nested = (format: string) => this.format(format, depth + 1);
    const year = date.getUTCFullYear();
    const hour12 = date.getUTCHours() % 12 || 12;
    const weekday = date.getUTCDay();
    switch (conversion) {
      case "a":
        return (DAYS[weekday] ?? "?").slice(0, 3);
      case "A":
        return DAYS[weekday] ?? "?";
      case "b":
      case "h":
        return (MONTHS[date.getUTCMonth()] ?? "?").slice(0, 3);
      case "B":
        return MONTHS[date.getUTCMonth()] ?? "?";
      case "c":
        return nested("%a %b %e %H:%M:%S %Y");
      case "C":
        return number(Math.floor(year / 100), 2);
      case "d":
        return number(date.getUTCDate(), 2);
      case "D":
      case "x":
        return nested("%m/%d/%y");
      case "e":
        return number(date.getUTCDate(), 2, "_");
      case "F":
        return nested("%Y-%m-%d");
      case "g":
        return number(this.#isoWeek().year % 100, 2);
      case "G":
        return number(this.#isoWeek().year, 1);
      case "H":
        return number(date.getUTCHours(), 2);
      case "I":
        return number(hour12, 2);
      case "j":
        return number(this.#dayOfYear() + 1, 3);
      case "k":
        return number(date.getUTCHours(), 2, "_");
      case "l":
        return number(hour12, 2, "_");
      case "m":
        return number(date.getUTCMonth() + 1, 2);
      case "M":
        return number(date.getUTCMinutes(), 2);
      case "n":
        return "\n";
      case "p":
        return date.getUTCHours() < 12 ? "AM" : "PM";
      case "P":
        return date.getUTCHours() < 12 ? "am" : "pm";
      case "r":
        return nested("%I:%M:%S %p");
      case "R":
        return nested("%H:%M");
      case "s":
        return String(this.#time);
      case "S":
        return number(date.getUTCSeconds(), 2);
      case "t":
        return "\t";
      case "T":
      case "X":
        return nested("%H:%M:%S");
      case "u":
        return String(weekday || 7);
      case "U":
        return number(Math.floor((this.#dayOfYear() + 7 - weekday) / 7), 2);
      case "V":
        return number(this.#isoWeek().week, 2);
      case "w":
        return String(weekday);
      case "W":
        return number(Math.floor((this.#dayOfYear() + 7 - ((weekday + 6) % 7)) / 7), 2);
      case "y":
        return number(((year % 100) + 100) % 100, 2);
      case "Y":
        return number(year, 1);
      case "z":
        return this.#numericZone();
      case "Z":
        return this.#offset.abbreviation;
      case "%":
        return "%";
      case "+":
        return nested("%a %b %e %H:%M:%S %Z %Y");
      default:
        return undefined;
    }
  }

  #dayOfYear(): number {
    const start = Date.UTC(this.#local.getUTCFullYear(), 0, 1);
    return Math.floor((this.#local.getTime() - start) / 86_400_000);
  }

  /** ISO 8601: the week belongs to the year that has its Thursday. */
  #isoWeek(): { year: number; week: number } {
    const weekday = (this.#local.getUTCDay() + 6) % 7;
    const thursday = new Date(this.#local.getTime() + (3 - weekday) * 86_400_000);
    const year = thursday.getUTCFullYear();
    const days = Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / 86_400_000);
    return { year, week: Math.floor(days / 7) + 1 };
  }

  #numericZone(): string {
    const minutes = Math.trunc(Math.abs(this.#offset.seconds) / 60);
    const hours = String(Math.floor(minutes / 60)).padStart(2, "0");
    const sign = this.#offset.seconds < 0 ? "-" : "+";
    return `${sign}${hours}${String(minutes % 60).padStart(2, "0")}`;
  }
}

function pad(value: number, width: number, flags: string, padding: Padding): string {
  const chosen = ([...flags].findLast((flag) => /[-_0]/u.test(flag)) ?? padding) as Padding;
  if (chosen === "-") return String(value);
  return String(value).padStart(width, chosen === "_" ? " " : "0");
}

function applyCase(text: string, flags: string, conversion: string): string {
  if (flags.includes("^")) return text.toUpperCase();
  if (!flags.includes("#")) return text;
  return /[pZ]/u.test(conversion) ? text.toLowerCase() : text.toUpperCase();
}
