// Brings the schema up to date.
import { runMigrationCommand } from '@manacore/shared-database';

await runMigrationCommand('picture-backend', new URL('../drizzle', import.meta.url));
