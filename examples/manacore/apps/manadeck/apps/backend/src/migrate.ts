// Brings the schema up to date.
import { runMigrationCommand } from '@manacore/shared-database';

await runMigrationCommand('manadeck-backend', new URL('../drizzle', import.meta.url));
