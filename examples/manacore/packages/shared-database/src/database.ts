// A service's connection pool.
import type { Logger } from '@manacore/shared-logger';
import { databaseAddress } from '@manacore/shared-supabase';
import type { Resource } from '@manacore/shared-types';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import pg from 'pg';

/** Requests are short, and every replica of every service draws on the same server's connections. */
const POOL_SIZE = 5;

export type Schema = Record<string, unknown>;

export interface Database<Tables extends Schema = Schema> extends Resource {
  readonly orm: NodePgDatabase<Tables>;
  /** How the pool stands now. */
  connections(): { idle: number; active: number; waiting: number; most: number };
  /** Has somebody told how many seconds each query takes, waiting for a connection included. */
  onQuery(listener: (seconds: number) => void): void;
}

/** Opens no connection before the first query. */
export function openDatabase<Tables extends Schema>(url: string, schema: Tables, logger: Logger): Database<Tables> {
  const { url: connectionString, connections: max } = databaseAddress(url, POOL_SIZE);
  const pool = new pg.Pool({ connectionString, max, connectionTimeoutMillis: 3000, query_timeout: 10_000 });
  // Without a listener the loss of an idle connection would end the process.
  pool.on('error', (error) => logger.warn('A database connection was lost.', { reason: error.message }));
  const listeners: ((seconds: number) => void)[] = [];
  timeQueries(pool, (seconds) => listeners.forEach((listener) => listener(seconds)));
  return {
    name: 'database',
    isNeeded: true,
    orm: drizzle(pool, { schema }),
    connections: () => ({ idle: pool.idleCount, active: pool.totalCount - pool.idleCount, waiting: pool.waitingCount, most: max }),
    onQuery: (listener) => void listeners.push(listener),
    ping: async () => void (await pool.query('select 1')),
    close: () => pool.end(),
  };
}

/** pg has no event for a query's end, so the pool's own method is wrapped. */
function timeQueries(pool: pg.Pool, told: (seconds: number) => void): void {
  const query = pool.query.bind(pool) as (...given: unknown[]) => Promise<unknown>;
  const timed = async (...given: unknown[]) => {
    const start = performance.now();
    return query(...given).finally(() => told((performance.now() - start) / 1000));
  };
  pool.query = timed as typeof pool.query;
}
