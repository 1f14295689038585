// Times for people.
import type { Locale } from './locale.ts';

const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const;

/** "3 hours ago", "vor 3 Stunden"; "now" below a minute and for times yet to come. */
export function timeAgo(time: Date, now: Date, locale: Locale = 'en'): string {
  const format = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  const seconds = (now.getTime() - time.getTime()) / 1000;
  const [unit, length] = UNITS.find(([, length]) => seconds >= length) ?? ['second', Infinity];
  return format.format(-Math.max(0, Math.floor(seconds / length)), unit);
}
