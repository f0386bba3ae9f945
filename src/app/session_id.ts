/** `YYYYmmdd_HHMMSS_6hex` in UTC: sorts by time, is easy to type, and never the same twice. */
export function newSessionId(now: number): string {
  const digits = new Date(now).toISOString().replace(/\D/g, "");
  const random = crypto.randomUUID().slice(0, 6);
  return `${digits.slice(0, 8)}_${digits.slice(8, 14)}_${random}`;
}
