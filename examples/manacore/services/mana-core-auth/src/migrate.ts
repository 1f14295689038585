// Brings the schema of the accounts up to date.
import { runMigrationCommand } from '@manacore/shared-database';

await runMigrationCommand('mana-core-auth', new URL('../drizzle', import.meta.url));
