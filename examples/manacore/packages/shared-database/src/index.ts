// PostgreSQL through Drizzle, for services and for their migrations.
export { openDatabase, type Database } from './database.ts';
export { runMigrationCommand } from './command.ts';
export { readJournal, runMigrations, unapplied } from './migrations.ts';
