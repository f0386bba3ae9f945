/** A moment as people read it on the clock of a zone: `Mon 2026-01-05 09:00`, with seconds where there are any. */
export function timeText(at: number, timezone: string): string {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: timezone,
    weekday: "short",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  }).formatToParts(at);
  const of = (type: Intl.DateTimeFormatPartTypes): string =>
    parts.find((part) => part.type === type)?.value ?? "";
  const clock = [of("hour"), of("minute"), ...(of("second") === "00" ? [] : [of("second")])];
  return `${of("weekday")} ${of("year")}-${of("month")}-${of("day")} ${clock.join(":")}`;
}

/** Moments in one line, with the zone whose clock they are on. */
export function timesText(times: readonly number[], timezone: string): string {
  return `${times.map((at) => timeText(at, timezone)).join(", ")} (${timezone})`;
}
