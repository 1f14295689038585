// Database addresses as Supabase gives them: the pooler's on port 6543 with settings that are no parameters of
// PostgreSQL (`pgbouncer=true`, `connection_limit=10`), and the direct one on port 5432.

const POOLER_PORT = '6543';
const DIRECT_PORT = '5432';
const OF_THE_POOLER = ['pgbouncer', 'connection_limit'];

export interface DatabaseAddress {
  url: string;
  /** Connections that one process may hold. */
  connections: number;
}

/** The address without what only the pooler understands; `connection_limit` may lower the number of connections, not raise it. */
export function databaseAddress(url: string, most: number): DatabaseAddress {
  const parsed = new URL(url);
  const limit = Number(parsed.searchParams.get('connection_limit') || most);
  for (const name of OF_THE_POOLER) parsed.searchParams.delete(name);
  return { url: parsed.href, connections: Math.max(1, Math.min(limit, most)) };
}

/** Where sessions last: the pooler shares connections between transactions, so it can hold no lock for a migration. */
export function directAddress(url: string): string {
  const { url: plain } = databaseAddress(url, 1);
  const parsed = new URL(plain);
  if (parsed.port === POOLER_PORT) parsed.port = DIRECT_PORT;
  return parsed.href;
}
