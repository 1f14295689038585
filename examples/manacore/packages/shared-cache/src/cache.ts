// A cache that may be away: what it should have kept is made again.
import type { Logger } from '@manacore/shared-logger';
import type { Resource } from '@manacore/shared-types';
import type { Key } from './keys.ts';

/** Texts by name, each for some seconds. */
export interface Store extends Omit<Resource, 'name' | 'isNeeded'> {
  get(name: string): Promise<string | null>;
  set(name: string, text: string, seconds: number): Promise<void>;
  /** Sets a text where there is none. */
  add(name: string, text: string, seconds: number): Promise<void>;
  delete(name: string): Promise<void>;
  /** Counts one more, and gives how many that makes. A count ends `seconds` after its first. */
  increment(name: string, seconds: number): Promise<number>;
}

export interface Cache extends Resource {
  /** What is kept under a key, else what `make` gives, which is kept from then on; `undefined` is not kept. */
  remember<T>(key: Key, make: () => Promise<T>): Promise<T>;
  forget(key: Key): Promise<void>;
  /** Counts one more under a key and gives how many that makes; `undefined` when the store is away. */
  count(key: Key): Promise<number | undefined>;
}

/** What stands, for so many seconds, where something was forgotten: it is no JSON. */
const FORGOTTEN = '';
const FORGOTTEN_SECONDS = 60;

export function createCache(store: Store, logger: Logger): Cache {
  const warn = (error: Error) => void logger.warn('The cache failed.', { reason: error.message });
  return {
    name: 'redis',
    isNeeded: false,
    async remember<T>({ name, seconds }: Key, make: () => Promise<T>): Promise<T> {
      const kept = await store.get(name).catch((error: Error) => (warn(error), null));
      if (kept) return JSON.parse(kept) as T;
      const made = await make();
      if (made !== undefined) await store.add(name, JSON.stringify(made), seconds).catch(warn);
      return made;
    },
    // Nothing is added where this stands, so that what somebody began to make before is not kept after.
    forget: ({ name }) => store.set(name, FORGOTTEN, FORGOTTEN_SECONDS).catch(warn),
    count: ({ name, seconds }) => store.increment(name, seconds).catch(warn),
    ping: () => store.ping(),
    close: () => store.close(),
  };
}
