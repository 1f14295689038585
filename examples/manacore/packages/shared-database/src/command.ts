// The whole of a service's `dist/migrate.js`.
import { fileURLToPath } from 'node:url';
import { createLogger, environmentName } from '@manacore/shared-logger';
import { directAddress } from '@manacore/shared-supabase';
import { readSettings, text } from '@manacore/shared-utils';
import { runMigrations } from './migrations.ts';

/** Poolers that share connections between transactions cannot hold the lock, so the direct address is taken. */
function databaseUrl(): string {
  const { MIGRATION_DATABASE_URL } = process.env;
  return MIGRATION_DATABASE_URL || directAddress(readSettings(process.env, { url: text('DATABASE_URL') }).url);
}

/** Applies the migrations in `folder`, says which, and exits with 1 when that fails. */
export async function runMigrationCommand(service: string, folder: URL): Promise<void> {
  const logger = createLogger({ service, environment: environmentName() });
  try {
    const applied = await runMigrations(databaseUrl(), fileURLToPath(folder));
    for (const migration of applied) logger.info(`Applied ${migration}.`, { migration });
    logger.info(applied.length > 0 ? 'The schema is up to date.' : 'Nothing to migrate.', { applied: applied.length });
  } catch (error) {
    // A refused connection comes as an AggregateError without a message of its own.
    const { message, code, cause } = error as Error & { code?: string };
    logger.error('The migration failed.', { reason: message || code, cause: (cause as Error | undefined)?.message });
    process.exitCode = 1;
  }
}
