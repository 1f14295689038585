// A service's connection pool.
import type { Logger } from '@manacore/shared-logger';
import type { Resource } from '@manacore/shared-types';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import pg from 'pg';

/** Requests are short, and every replica of every service draws on the same server's connections. */
const POOL_SIZE = 5;

export interface Database<Schema extends Record<string, unknown>> extends Resource {
  readonly orm: NodePgDatabase<Schema>;
}

/** Opens no connection before the first query. */
export function openDatabase<Schema extends Record<string, unknown>>(url: string, schema: Schema, logger: Logger): Database<Schema> {
  const pool = new pg.Pool({ connectionString: url, max: POOL_SIZE, connectionTimeoutMillis: 3000, query_timeout: 10_000 });
  // Without a listener the loss of an idle connection would end the process.
  pool.on('error', (error) => logger.warn('A database connection was lost.', { reason: error.message }));
  return {
    name: 'database',
    orm: drizzle(pool, { schema }),
    ping: async () => void (await pool.query('select 1')),
    close: () => pool.end(),
  };
}
