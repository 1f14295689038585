// Brings the schema up to date.
import { runMigrationCommand } from '@manacore/shared-database';

await runMigrationCommand('chat-backend', new URL('../drizzle', import.meta.url));
