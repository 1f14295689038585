// Applies a folder of Drizzle migrations, in order and once.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import pg from 'pg';

/** An entry of drizzle-kit's meta/_journal.json; `when` is in milliseconds and orders the migrations. */
export interface JournalEntry {
  tag: string;
  when: number;
}

/** Any number will do, as long as all services of one database agree on it. */
const LOCK = 20_251_127;

export async function readJournal(folder: string): Promise<JournalEntry[]> {
  const text = await readFile(join(folder, 'meta', '_journal.json'), 'utf8');
  return (JSON.parse(text) as { entries: JournalEntry[] }).entries;
}

/** Drizzle's rule: what is newer than the newest applied one is applied. */
export function unapplied(journal: JournalEntry[], newest: number | undefined): string[] {
  return journal.filter((entry) => newest === undefined || entry.when > newest).map((entry) => entry.tag);
}

/** Gives the names of the migrations it applied. Runs that meet wait for each other. */
export async function runMigrations(url: string, folder: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [LOCK]);
    const tags = unapplied(await readJournal(folder), await newestApplied(client));
    await migrate(drizzle(client), { migrationsFolder: folder });
    return tags;
  } finally {
    await client.end();
  }
}

async function newestApplied(client: pg.Client): Promise<number | undefined> {
  const { rows } = await client.query(`select to_regclass('drizzle.__drizzle_migrations') is not null as present`);
  if (!rows[0].present) return undefined;
  const { rows: newest } = await client.query('select max(created_at) as created_at from drizzle.__drizzle_migrations');
  return newest[0].created_at === null ? undefined : Number(newest[0].created_at);
}
