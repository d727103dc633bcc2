import { describe, expect, it } from "vitest";
import { strftime } from "../../../../runtimes/shell/time/strftime.ts";

describe("strftime", () => {
  const time = Date.UTC(2024, 1, 5, 13, 4, 9) / 1000;
  const cases: [format: string, expected: string][] = [
    ["%a %A %b %B %h", "Mon Monday Feb February Feb"],
    [
      "%c|%D|%F|%r|%R|%T",
      "Mon Feb  5 13:04:09 2024|02/05/24|2024-02-05|01:04:09 PM|13:04|13:04:09",
    ],
    ["%C %d %e %g %G %H %I %j", "20 05  5 24 2024 13 01 036"],
    ["%k %l %m %M %p %P %S %s", "13  1 02 04 PM pm 09 1707138249"],
    ["%u %U %V %w %W %y %Y", "1 05 06 1 06 24 2024"],
    ["%z %Z %%%n%t", "+0000 UTC %\n\t"],
    ["%-d %_m %03d %^a %#Z %5Y", "5  2 005 MON utc 02024"],
    ["%Ey %Od %Q", "24 05 %Q"],
  ];
  it.each(cases)("%s", (format, expected) => {
    expect(strftime(format, time, "UTC")).toBe(expected);
  });

  const zones: [zone: string, winter: string, summer: string][] = [
    ["", "12 +0000 UTC", "12 +0000 UTC"],
    ["EST5EDT", "07 -0500 EST", "08 -0400 EDT"],
    ["CET-1CEST,M3.5.0,M10.5.0/3", "13 +0100 CET", "14 +0200 CEST"],
    ["NZST-12NZDT,M9.5.0,M4.1.0/3", "01 +1300 NZDT", "00 +1200 NZST"],
    ["<+0530>-5:30", "17 +0530 +0530", "17 +0530 +0530"],
    ["America/New_York", "07 -0500 EST", "08 -0400 EDT"],
    ["Europe/Berlin", "13 +0100 CET", "14 +0200 CEST"],
    ["No/Such_Zone", "12 +0000 UTC", "12 +0000 UTC"],
  ];
  it.each(zones)("in zone %j", (zone, winter, summer) => {
    expect(strftime("%H %z %Z", Date.UTC(2024, 0, 10, 12) / 1000, zone)).toBe(winter);
    expect(strftime("%H %z %Z", Date.UTC(2024, 6, 10, 12) / 1000, zone)).toBe(summer);
  });
});
