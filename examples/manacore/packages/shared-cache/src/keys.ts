// The keys of the system, and for how many seconds each is kept: the one table of what stands in Redis.

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export interface Key {
  name: string;
  seconds: number;
}

export const KEYS = {
  session: (sessionId: string, seconds: number): Key => ({ name: `session:${sessionId}`, seconds }),
  credits: (userId: string): Key => ({ name: `credits:${userId}`, seconds: 5 * MINUTE }),
  models: (): Key => ({ name: 'models:list', seconds: HOUR }),
  generations: (userId: string, day: string): Key => ({ name: `generations:${userId}:${day}`, seconds: DAY }),
  /** A link never changes, but one that nobody follows for a month need not be kept at hand. */
  link: (code: string): Key => ({ name: `url:${code}`, seconds: 30 * DAY }),
};
