// PostgreSQL through Drizzle, for services and for their migrations.
export { openDatabase, type Database, type Schema } from './database.ts';
export { runMigrationCommand } from './command.ts';
export { readJournal, runMigrations, unapplied } from './migrations.ts';
export { newestFirst, Records, stored, type RecordTable, type Told } from './records.ts';
